/* SPDX-License-Identifier: MIT */
/* A message of the outbox: the job that carries it, and what is known of it
 * beside. */
#ifndef ASR_OUTBOX_ENTRY_H
#define ASR_OUTBOX_ENTRY_H

#include "core/jwt.h"
#include "net/job.h"
#include "net/outbox_lines.h"
#include "net/outbox_retry.h"

/* What a host puts in. Everything is copied. */
typedef struct asr_message {
  struct asr_span method, url, content_type, body;
  struct asr_span audience; /* what it is signed for; also its destination */
  struct asr_span label;    /* the host's own words, for the report */
  double timeout;      /* seconds for all attempts, from the first one on */
  size_t max_response; /* bytes */
  asr_retry retry;
} asr_message;

typedef enum asr_entry_state {
  ASR_BEHIND, /* in its line, behind another */
  ASR_READY,  /* next, as soon as one may be sent */
  ASR_FLYING, /* the engine's */
  ASR_PAUSED, /* until it may be sent again */
  ASR_OVER    /* to be reported */
} asr_entry_state;

typedef enum asr_end { ASR_FAILED, ASR_DROPPED, ASR_LOST } asr_end;

typedef struct asr_entry asr_entry;
struct asr_entry {
  asr_job *job;
  asr_line *line;           /* NULL: it may overtake */
  asr_entry *older, *newer; /* of those that are not flying, by age */
  asr_entry_state place;
  asr_end end;
  asr_retry retry;
  int attempts;
  double timeout, until; /* seconds; when to give up, once it was tried */
  int64_t signed_at;     /* Unix seconds, of the last attempt */
  size_t size;           /* what it counts for */
  struct asr_buf bearer; /* a header line, of the last attempt */
  struct asr_span audience, label; /* in this block */
};

/* NULL: no memory. */
asr_entry *asr_entry_new(const asr_message *message, struct asr_span agent);
void asr_entry_free(asr_entry *entry);
/* What a message counts for. */
size_t asr_message_size(const asr_message *message);

/* Readies it for its next attempt, which begins now. */
void asr_entry_begin(asr_entry *entry, double now);
/* Signs it at the time that it is. False: no memory. */
bool asr_entry_sign(asr_entry *entry, const struct asr_signer *signer,
                    int64_t lifetime);
/* It failed on this side, and nothing was written. */
void asr_entry_fail(asr_entry *entry, asr_kind kind, const char *note);
/* Whether the answer says that the service took it. */
bool asr_entry_delivered(const asr_entry *entry);
/* Seconds until it may be sent again; negative: not any more. */
double asr_entry_pause(const asr_entry *entry, double now, double chance);

#endif
