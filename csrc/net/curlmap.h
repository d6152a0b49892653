/* SPDX-License-Identifier: MIT */
/* The kinds of failure of a request, and what libcurl's codes mean in them. */
#ifndef ASR_CURLMAP_H
#define ASR_CURLMAP_H

#include <stdbool.h>

typedef enum asr_kind {
  ASR_FINE = 0,
  ASR_CONNECT,
  ASR_DNS,
  ASR_TLS,
  ASR_PROXY,
  ASR_TIMEOUT,
  ASR_RESET,
  ASR_PROTOCOL,
  ASR_TOO_LARGE,
  ASR_CANCELLED,
  ASR_CLOSED,
  ASR_QUEUE_FULL
} asr_kind;

/* How far a connection had come when it failed. */
typedef struct asr_phase {
  bool connected; /* to the service, or to a proxy before it */
  bool through;   /* the proxy, if there is one, has let it through */
  bool secure;    /* over TLS */
  bool proxied;   /* it goes to or through a proxy */
} asr_phase;

/* The name that Lua sees; a constant. */
const char *asr_kind_name(asr_kind kind);

/* A plain sentence for failures without words of their own; a constant. */
const char *asr_kind_text(asr_kind kind);

/* The kind of a CURLcode with which a connection could not be made (passed as
 * int, so that curl.h stays out). Codes differ between versions of libcurl:
 * how far the connection had come decides, and the code where that leaves a
 * choice. */
asr_kind asr_curl_kind(int code, asr_phase phase);

#endif
