/* SPDX-License-Identifier: MIT */
/*
 * Tickets: a ticket is the place of its job, and how often that place was
 * given out, so that an old ticket never reaches another's job.
 */
#ifndef ASR_SLOTS_H
#define ASR_SLOTS_H

#include "net/job.h"

typedef int64_t asr_ticket; /* above 0, below 2^53 */

enum asr_stage { ASR_SLOT_FREE, ASR_IN_FLIGHT, ASR_FINISHED, ASR_TOLD };

struct asr_slot {
  asr_job *job;
  uint32_t turn;
  int32_t next_free;
  enum asr_stage stage;
};

struct asr_slots {
  struct asr_slot *all;
  size_t count, used;
  int32_t first_free;
};

void asr_slots_init(struct asr_slots *slots);
/* Frees the table, not the jobs. */
void asr_slots_free(struct asr_slots *slots);
/* A free place, which stays free until asr_slots_use; NULL: no memory, or there
 * are `most` already. */
struct asr_slot *asr_slots_next(struct asr_slots *slots, size_t most);
/* Puts a job in flight into the place that asr_slots_next gave. */
asr_ticket asr_slots_use(struct asr_slots *slots, struct asr_slot *slot,
                         asr_job *job);
/* The place of a ticket that is given out, or NULL. */
struct asr_slot *asr_slots_find(const struct asr_slots *slots,
                                asr_ticket ticket);
asr_ticket asr_slots_ticket(const struct asr_slots *slots, size_t place);
/* Gives the place back; the job is the caller's. */
asr_job *asr_slots_give_up(struct asr_slots *slots, struct asr_slot *slot);

#endif
