/* SPDX-License-Identifier: MIT */
/*
 * Messages that nobody waits for: a bounded queue between a host, who puts
 * them in and hears of those that failed, and whoever drives the engine, who
 * signs and sends them and sends again what may be sent again. The two may be
 * two threads; what they share is under one lock, which is held for moments.
 *
 * Nothing disappears: at any time
 *   accepted = delivered + failed + dropped + lost + queued + in_flight,
 * and each that was failed, dropped or lost is reported once, with what was
 * in it; or, when the reports would need more room than the queue itself,
 * as one more of a number.
 */
#ifndef ASR_OUTBOX_H
#define ASR_OUTBOX_H

#include "core/jwt.h"
#include "net/engine.h"
#include "net/outbox_entry.h"

typedef struct asr_outbox asr_outbox;

typedef struct asr_outbox_options {
  size_t limit, bytes;   /* what may be queued and in flight, and its size */
  size_t abreast;        /* how many may be in flight at a time */
  bool ordered;          /* one at a time for each destination, in order */
  bool drop_oldest;      /* make room for new messages; else refuse them */
  bool report;           /* keep what failed until the host asks for it */
  int64_t lifetime;      /* of tokens, in seconds */
  struct asr_span agent; /* a header line */
} asr_outbox_options;

typedef struct asr_outbox_counts {
  uint64_t accepted, delivered, failed, dropped, lost, refused; /* so far */
  size_t queued, in_flight, bytes, reports;                     /* now */
} asr_outbox_counts;

/* ---- the host's side ---- */

/* Copies the options; the signer is copied too. NULL: no memory. */
asr_outbox *asr_outbox_new(const asr_outbox_options *options,
                           const struct asr_signer *signer);
/* One more, or one fewer, who holds it: the host and its pool. The last to
 * let go frees it; NULL is fine. Only the host's thread does this. */
asr_outbox *asr_outbox_share(asr_outbox *outbox);
void asr_outbox_release(asr_outbox *outbox);

/* Copies and takes a message; *wake is then whether the driver sleeps and
 * must be told. False: not taken, and why. */
bool asr_outbox_put(asr_outbox *outbox, const asr_message *message,
                    asr_refusal *why, bool *wake);
/* The report that was kept for the longest time, which is the caller's from
 * now on (asr_entry_free), or NULL. */
asr_entry *asr_outbox_take_report(asr_outbox *outbox);
/* How many more failed of which nothing was kept, since this was asked. */
size_t asr_outbox_untold(asr_outbox *outbox);
void asr_outbox_counts_of(asr_outbox *outbox, asr_outbox_counts *counts);
/* How many are queued or in flight; 0 for NULL, as in all that follow. */
size_t asr_outbox_pending(asr_outbox *outbox);
/* Seconds until feed has something to do, whatever the engine does. */
double asr_outbox_due(asr_outbox *outbox);
/* Whether reports wait for the host. */
bool asr_outbox_has_reports(asr_outbox *outbox);
/* Whether the host waits for anything to come to its end; returns how many
 * have so far. */
uint64_t asr_outbox_listen(asr_outbox *outbox, bool listening);

/* ---- the driver's side ---- */

/* Gives the engine what may be sent now. Returns the seconds until there may
 * be more without anybody's doing, at most a million. */
double asr_outbox_feed(asr_outbox *outbox, asr_engine *engine);
/* One of the outbox's jobs (job->entry) has come back from the engine. */
void asr_outbox_done(asr_outbox *outbox, asr_job *job);
/* Whether the host ought to look, since this was asked. */
bool asr_outbox_news(asr_outbox *outbox);

/* ---- the end ---- */

/* Nothing is driven any more: what is queued is lost. */
void asr_outbox_close(asr_outbox *outbox);
/* In a fork's child: everything belongs to the parent, who will send it and
 * tell of it. The memory is left as it is, for it may be in any state. */
void asr_outbox_abandon(asr_outbox *outbox);

#endif
