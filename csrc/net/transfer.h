/* SPDX-License-Identifier: MIT */
/*
 * One easy handle's life: it is made once, then given one job after another.
 * Only this file and engine.c know libcurl's handles.
 */
#ifndef ASR_TRANSFER_H
#define ASR_TRANSFER_H

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 is the oldest that azure.signalr can use"
#endif

#include "net/job.h"
#include "net/options.h"

#if defined(LIBCURL_VERSION_NUM) && LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or later is needed (CURLOPT_QUICK_EXIT)"
#endif

typedef struct asr_transfer {
  CURL *easy;
  asr_job *job; /* NULL while idle */
  struct curl_slist *lines;
  size_t line_room;
  bool proxied;
  bool tunnelled; /* this job goes over TLS */
  bool asked;     /* libcurl had a connection and began to write */
  bool wrote;     /* a byte may have reached a connection that then broke */
  bool overflow;  /* a callback turned the answer away */
  long base;      /* CURLINFO_REQUEST_SIZE when writing began */
  char error[CURL_ERROR_SIZE];
} asr_transfer;

/* What the handles of one engine have in common. */
typedef struct asr_wiring {
  const asr_options *options;
  CURLSH *share;
  curl_opensocket_callback open;
  curl_closesocket_callback close;
  void *owner; /* the argument of both callbacks */
} asr_wiring;

/* NULL if libcurl has no memory. */
asr_transfer *asr_transfer_new(const asr_wiring *wiring);
/* The handle must not be in a multi handle. */
void asr_transfer_free(asr_transfer *transfer);
/* Takes up a job. False: no memory, or libcurl refused what it was given;
 * the job has its failure and the transfer is idle. */
bool asr_transfer_begin(asr_transfer *transfer, asr_job *job);
/* Ends it with libcurl's verdict: the job gets its answer or its failure. */
void asr_transfer_end(asr_transfer *transfer, CURLcode code);
/* Ends it from our side, with our verdict. */
void asr_transfer_stop(asr_transfer *transfer, asr_kind kind, const char *note);

#endif
