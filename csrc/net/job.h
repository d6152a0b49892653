/* SPDX-License-Identifier: MIT */
/*
 * A job is one request and, later, its answer: one block of memory for what
 * was asked, two buffers for what came back. It belongs to whoever holds the
 * pointer; lists are threaded through it, so that moving it allocates nothing.
 */
#ifndef ASR_JOB_H
#define ASR_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"
#include "net/curlmap.h"

/* What a caller asks for. Everything is copied by asr_job_new. */
typedef struct asr_request {
  struct asr_span method, url, body;
  bool has_body;
  const struct asr_span *headers; /* "Name: value" */
  size_t header_count;
  double timeout;      /* seconds, waiting in the queue included */
  size_t max_response; /* bytes of body */
  bool repeatable;     /* going out twice does no harm */
  bool untold;         /* whoever submitted it waits for it: poll is silent */
} asr_request;

typedef struct asr_job asr_job;
typedef struct asr_list {
  asr_job *first, *last;
  size_t count;
} asr_list;

enum { ASR_HEAD_LIMIT = 64 * 1024 }; /* bytes of all header lines */

struct asr_job {
  asr_job *next, *prev;

  /* What was asked: constant from asr_job_new on, pointing into this block. */
  const char *method, *url, *body;
  char **headers;
  size_t header_count, body_len, max_response;
  bool has_body, repeatable, untold;
  double started, deadline; /* on the monotonic clock */

  /* The answer. `head` holds name NUL value NUL, names in lower case. */
  struct asr_buf head, data;
  int status;
  bool head_done, reused;
  bool malformed; /* what came is no head of HTTP */
  bool truncated; /* the status is an answer, the body stops short */
  double elapsed;

  /* The failure; kind is ASR_FINE for an answer. */
  asr_kind kind;
  bool sent; /* something of the request may have been written */
  char *note;

  /* The engine's: */
  size_t heap_at; /* place among the deadlines, from 1; 0: not in */
  void *transfer; /* on the wire */
  /* The pool's: */
  uint32_t slot;
  bool stopping; /* an io_thread was asked to stop it */
  int holders;   /* see asr_job_release */
  /* The io_thread's, under its lock: */
  asr_job *stop_next;
  asr_kind stop_kind;
  /* The outbox's: what it keeps of the message; NULL: a ticket's job. */
  void *entry;
};

/* Why a request or a message was not taken. */
typedef struct asr_refusal {
  asr_kind kind;    /* ASR_QUEUE_FULL, ASR_CLOSED or ASR_CONNECT */
  const char *note; /* a constant */
} asr_refusal;

/* Copies the request. NULL if there is no memory. */
asr_job *asr_job_new(const asr_request *request, double now);
void asr_job_free(asr_job *job);
/* One more who may look at it, in another thread even, and one fewer: the last
 * to let go frees it. A new job has one. NULL is fine for release. */
void asr_job_hold(asr_job *job);
void asr_job_release(asr_job *job);

/* Notes a failure; `note` is copied and may be NULL or "". */
void asr_job_fail(asr_job *job, asr_kind kind, const char *note);
/* The words for the failure; valid as long as the job. */
const char *asr_job_note(const asr_job *job);

/* One line of the answer's head, as libcurl passes it. False: too large. */
bool asr_job_head(asr_job *job, const char *line, size_t len);
/* Some bytes of the answer's body. False: too large, or no memory. */
bool asr_job_data(asr_job *job, const char *bytes, size_t len);
/* Forgets what has come of an answer. */
void asr_job_rewind(asr_job *job);

/* Calls back for each header; for readers outside this file. */
typedef struct asr_field {
  struct asr_span name, value;
} asr_field;
/* The header at `*at` (0 first), moving it on. False at the end. */
bool asr_job_field(const asr_job *job, size_t *at, asr_field *field);

/* Lists: each O(1). */
void asr_list_push(asr_list *list, asr_job *job);
asr_job *asr_list_pop(asr_list *list);
void asr_list_remove(asr_list *list, asr_job *job);
/* Appends all of `from` and leaves it empty. */
void asr_list_move(asr_list *list, asr_list *from);

/* Zeroed memory, or NULL; freed with asr_free. */
void *asr_zeroed(size_t size);

/* Seconds on the monotonic clock. */
double asr_monotonic(void);

#endif
