/* SPDX-License-Identifier: MIT */
/* The inside of an outbox, for the files outbox*.c alone. Whoever calls one of
 * these functions holds the lock. */
#ifndef ASR_OUTBOX_PARTS_H
#define ASR_OUTBOX_PARTS_H

#include <pthread.h>

#include "core/chance.h"
#include "net/deadlines.h"
#include "net/forkmark.h"
#include "net/outbox.h"

struct asr_outbox {
  int holders;
  asr_forkmark mark;
  asr_outbox_options options;
  char *agent;
  struct asr_signer signer;

  pthread_mutex_t lock;
  /* Under the lock: */
  bool closed, sleeping, listening, news;
  asr_list ready, again; /* again: those that were tried before */
  asr_list reports;
  asr_deadlines paused; /* the job's deadline is when it may go on */
  asr_lines lines;
  asr_entry *oldest, *newest; /* of those that are queued */
  asr_outbox_counts counts;
  size_t report_bytes, untold;
  struct asr_chance chance; /* for pauses that are not all alike */
};

/* As the newest of those that are queued: false if there is no memory. */
bool asr_outbox_queue(asr_outbox *outbox, asr_entry *entry);
/* The next that may be sent now, or NULL. It is flying then. */
asr_entry *asr_outbox_next(asr_outbox *outbox, double now);
/* It has come back and goes on at that time: false if there is no memory. */
bool asr_outbox_pause(asr_outbox *outbox, asr_entry *entry, double until);
/* Takes a queued one out of wherever it is. */
void asr_outbox_pull_out(asr_outbox *outbox, asr_entry *entry);
/* Its destination is free for the next. */
void asr_outbox_move_up(asr_outbox *outbox, asr_entry *entry);
/* It will not be sent (again): counted, and kept for the report where there
 * is one to make and room for it. Returns what is to be freed, or NULL. */
asr_entry *asr_outbox_give_up(asr_outbox *outbox, asr_entry *entry,
                              asr_end end);

#endif
