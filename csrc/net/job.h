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

#include "core/draft.h"
#include "core/http1.h"
#include "net/curlmap.h"
#include "net/forward.h"

/* What a caller asks for. Everything is copied by asr_job_new. */
typedef struct asr_request {
  struct asr_span method, url, body;
  bool has_body;
  const struct asr_span *headers; /* "Name: value" */
  size_t header_count;
  size_t authorization; /* bytes to leave for a line that comes later */
  double timeout;       /* seconds, waiting in the queue included */
  size_t max_response;  /* bytes of body */
  bool repeatable;      /* going out twice does no harm */
  bool untold;          /* whoever submitted it waits for it: poll is silent */
} asr_request;

typedef struct asr_job asr_job;
typedef struct asr_list {
  asr_job *first, *last;
  size_t count;
} asr_list;

struct asr_job {
  asr_job *next, *prev;

  /* What was asked. The texts lie in this block; before the body there is
   * room for the head, which is written when the bytes are about to go. */
  struct asr_http1_request head;
  const char *origin; /* "https://host:8443" */
  char *body;
  size_t room;
  bool repeatable, untold, get;
  bool composed; /* `wire` holds all of it: `head` must not be looked at */
  double started, deadline; /* on the monotonic clock */

  /* The answer, as far as it has come. */
  struct asr_http1 in;
  bool reused;    /* the connection had carried a request before */
  bool truncated; /* the status is an answer, the body stops short */
  double elapsed;

  /* The failure; kind is ASR_FINE for an answer. */
  asr_kind kind;
  bool sent; /* something of the request may have been written */
  char *note;

  /* The engine's: */
  size_t heap_at; /* place among the deadlines, from 1; 0: not in */
  struct asr_origin *to;
  struct asr_connection *connection; /* on the wire */
  char *wire; /* the bytes to write: in this block, or `copy` */
  size_t wire_len;
  char *copy; /* of its own, where the room did not do */
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

/* One sending of a draft. */
struct asr_errand {
  const struct asr_place *place;
  struct asr_span query;         /* more of it, beginning with "&", or none */
  struct asr_span authorization; /* a line with its CRLF, or none */
  struct asr_span base, more;    /* for a proxy that forwards, or none */
  bool has_body;
  bool untold;         /* whoever sends it waits for it: poll is silent */
  double timeout;      /* seconds, waiting in the queue included */
  size_t max_response; /* bytes of body */
};
/* The same by way of a proxy that forwards, where there is one: it wants the
 * whole URL, and to know who asks. */
struct asr_errand asr_errand_by(const struct asr_forward *forward,
                                const struct asr_errand *errand);
/* Makes the draft's block a job, whose bytes are laid out at once: neither
 * place nor errand is looked at later. NULL: no memory; the draft stays. */
asr_job *asr_job_draft(struct asr_draft *draft, const struct asr_errand *errand,
                       double now);
/* Readies a job of a draft that has ended to be sent once more. False: no
 * memory. */
bool asr_job_again(asr_job *job, const struct asr_errand *errand, double now);
void asr_job_free(asr_job *job);
/* One more who may look at it, in another thread even, and one fewer: the last
 * to let go frees it. A new job has one. NULL is fine for release. */
void asr_job_hold(asr_job *job);
void asr_job_release(asr_job *job);

/* Notes a failure; `note` is copied and may be NULL or "". */
void asr_job_fail(asr_job *job, asr_kind kind, const char *note);
/* The words for the failure; valid as long as the job. */
const char *asr_job_note(const asr_job *job);

/* Lays out the bytes to write; the head may have changed since the last
 * attempt. False: no memory. */
bool asr_job_compose(asr_job *job);
/* Forgets what has come of an answer. */
void asr_job_rewind(asr_job *job);
/* The answer's status; 0: none has come. */
int asr_job_status(const asr_job *job);
struct asr_span asr_job_data(const asr_job *job);

typedef struct asr_field {
  struct asr_span name, value;
} asr_field;
/* The header at `*at` (0 first), moving it on; the name as it came. False at
 * the end. */
bool asr_job_field(const asr_job *job, size_t *at, asr_field *field);

/* Lists: each O(1). */
void asr_list_push(asr_list *list, asr_job *job);
void asr_list_push_front(asr_list *list, asr_job *job);
asr_job *asr_list_pop(asr_list *list);
void asr_list_remove(asr_list *list, asr_job *job);
/* Appends all of `from` and leaves it empty. */
void asr_list_move(asr_list *list, asr_list *from);

/* Zeroed memory, or NULL; freed with asr_free. */
void *asr_zeroed(size_t size);

/* Seconds on the monotonic clock. */
double asr_monotonic(void);

#endif
