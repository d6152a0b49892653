/* SPDX-License-Identifier: MIT */
/*
 * One connection: libcurl makes it (connector.h) and carries its bytes; what
 * is said over it is ours. Each is an easy handle in a multi handle of its
 * own: several in one would be looked through, and those with unread input
 * closed, whenever libcurl makes another.
 */
#ifndef ASR_CONNECTION_H
#define ASR_CONNECTION_H

#include <curl/curl.h>

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 is the oldest that azure.signalr can use"
#endif

#include "net/job.h"
#include "net/origin.h"
#include "net/waker.h"
#include "net/watches.h"

struct asr_connection {
  struct asr_connection *next, *prev; /* in one list: dialled, idle or busy */
  struct asr_origin *origin;
  struct asr_watches *watches;
  CURL *easy;
  CURLM *multi;
  struct asr_waker waker; /* the multi handle's */
  /* While it is being made: */
  double timer; /* when libcurl wants to be called; negative: never */
  double begun;
  bool named;  /* the name has been looked up: a socket was asked for */
  int refused; /* errno of a socket that the system refused, or 0 */
  CURLcode code;
  char error[CURL_ERROR_SIZE];
  /* Afterwards: */
  int fd;          /* -1: it is being made */
  bool tls;        /* to the other end, a proxy's TLS included */
  bool used;       /* it has carried a request */
  double born, at; /* monotonic; when it was made, and last useful */
  asr_job *job;    /* whose bytes it carries, or NULL */
  bool lost;       /* it broke: no end of its bytes is the end of an answer */
  size_t written;
};

enum asr_moved {
  ASR_MOVED, /* all there was to do is done */
  ASR_STUCK, /* it goes on when the socket is ready */
  ASR_ENDED  /* the connection is over */
};

/* Hangs up and frees it. NULL is fine. */
void asr_connection_free(struct asr_connection *c);
/* Whether one that is idle can be used: neither ended nor spoken to. */
bool asr_connection_is_sound(struct asr_connection *c);
/* Gives it a job whose bytes are composed. */
void asr_connection_begin(struct asr_connection *c, asr_job *job);
/* Writes what is left of the job's bytes. */
enum asr_moved asr_connection_write(struct asr_connection *c);
/* Reads what there is of the answer, by way of `scratch` (ASR_SCRATCH bytes);
 * MOVED: the reader has left the state MORE. `surplus`: bytes came that belong
 * to no answer. */
enum { ASR_SCRATCH = 64 * 1024 };
enum asr_moved asr_connection_read(struct asr_connection *c, char *scratch,
                                   bool *surplus);

#endif
