/* SPDX-License-Identifier: MIT */
/* What a pool is made with. */
#ifndef ASR_OPTIONS_H
#define ASR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "net/forward.h"

typedef struct asr_options {
  size_t max_connections;    /* requests on the wire at a time */
  size_t max_in_flight;      /* tickets that were not collected yet */
  size_t max_response;       /* bytes of body, unless the request says */
  double connect_timeout;    /* seconds: name, connect, proxy and TLS */
  double max_connection_age; /* seconds; 0: no limit */
  bool insecure, io_thread;
  /* NULL: libcurl's own, no proxy, no socket. Copied by the pool. */
  const char *ca_file, *ca_path, *ca_pem, *proxy, *unix_socket;
  struct asr_forward forward; /* made of the proxy by asr_options_keep */
} asr_options;

/* Who owns a copy of the strings. All zero: there are none. */
typedef struct asr_option_texts {
  char *ca_file, *ca_path, *ca_pem, *proxy, *unix_socket;
} asr_option_texts;

/* Has the options point to copies of their strings. False: no memory; what
 * was copied is to be freed all the same. */
bool asr_options_keep(asr_options *options, asr_option_texts *texts);
void asr_options_free(asr_options *options, asr_option_texts *texts);

#endif
