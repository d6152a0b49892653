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

/* Where a transfer was when it failed; decides what a general code means. */
typedef struct asr_phase {
  bool connected; /* to the service, or to a proxy before it */
  bool through;   /* the proxy, if there is one, has let it through */
  bool secure;    /* over TLS */
  bool asked;     /* libcurl had a usable connection and began to write */
  bool wrote;     /* a byte of the request may have reached the connection */
  bool proxied;   /* the connection goes to or through a proxy */
} asr_phase;

/* The name that Lua sees; a constant. */
const char *asr_kind_name(asr_kind kind);

/* A plain sentence for failures without words of their own; a constant. */
const char *asr_kind_text(asr_kind kind);

/* The kind of a CURLcode (passed as int, so that curl.h stays out). Codes
 * differ between versions of libcurl: how far the request had come decides,
 * and the code where that leaves a choice. */
asr_kind asr_curl_kind(int code, asr_phase phase);

/* True for codes that mean: the connection broke after it had been used. */
bool asr_curl_broke(int code);

#endif
