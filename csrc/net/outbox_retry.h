/* SPDX-License-Identifier: MIT */
/*
 * Whether a message that failed is sent again, and after how long. The rule is
 * the one of lua/azure/signalr/retry.lua for operations that repeat "undone";
 * here it is spelled a second time, because a queue that a thread moves has no
 * Lua to ask. spec/unit/enqueue_retry_spec.lua compares the two.
 */
#ifndef ASR_OUTBOX_RETRY_H
#define ASR_OUTBOX_RETRY_H

#include "net/job.h"

typedef struct asr_retry {
  int max;          /* repetitions; 0: none */
  double base, cap; /* seconds */
} asr_retry;

/* What came of an attempt. */
typedef struct asr_outcome {
  asr_kind kind;      /* ASR_FINE: there is a status */
  bool sent;          /* something may have been written */
  bool refused;       /* the answer says that it was not taken up, for now */
  double retry_after; /* seconds; negative: the service did not say */
} asr_outcome;

/* Seconds until the next attempt; negative: there is none to make. `attempts`
 * were made, `chance` is from 0 to 1. */
double asr_retry_pause(const asr_retry *retry, const asr_outcome *outcome,
                       int attempts, double chance);
/* What the answer's Retry-After asks for, in seconds, or -1: the longest, if it
 * says several. A date counts from the answer's own Date, or else from
 * `sent_at` (Unix seconds). */
double asr_retry_after(const asr_job *job, double sent_at);
/* Whether the answer says that the request was not taken up, for now: a 429,
 * or a 503 that the service has signed, by a code or a Retry-After. An answer
 * that was cut off says nothing. */
bool asr_answer_refuses(const asr_job *job);

#endif
