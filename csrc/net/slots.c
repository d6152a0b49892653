/* SPDX-License-Identifier: MIT */
#include "net/slots.h"

#include "core/mem.h"

enum { PLACE_BITS = 20, NO_PLACE = -1 };

void asr_slots_init(struct asr_slots *slots) {
  *slots = (struct asr_slots){NULL, 0, 0, NO_PLACE};
}

void asr_slots_free(struct asr_slots *slots) {
  asr_free(slots->all);
  asr_slots_init(slots);
}

static bool more(struct asr_slots *slots, size_t most) {
  size_t i, count = slots->count ? slots->count * 2 : 64;
  struct asr_slot *grown;
  if (count > most) {
    count = most;
  }
  grown = asr_realloc(slots->all, count * sizeof *grown);
  if (!grown) {
    return false;
  }
  slots->all = grown;
  for (i = count; i-- > slots->count;) {
    grown[i] = (struct asr_slot){NULL, 0, slots->first_free, ASR_SLOT_FREE};
    slots->first_free = (int32_t)i;
  }
  slots->count = count;
  return true;
}

struct asr_slot *asr_slots_next(struct asr_slots *slots, size_t most) {
  if (slots->used >= most) {
    return NULL;
  }
  if (slots->first_free == NO_PLACE && !more(slots, most)) {
    return NULL;
  }
  return &slots->all[slots->first_free];
}

asr_ticket asr_slots_use(struct asr_slots *slots, struct asr_slot *slot,
                         asr_job *job) {
  slots->first_free = slot->next_free;
  slots->used++;
  slot->job = job;
  slot->turn = slot->turn == UINT32_MAX ? 1 : slot->turn + 1;
  slot->stage = ASR_IN_FLIGHT;
  job->slot = (uint32_t)(slot - slots->all);
  return asr_slots_ticket(slots, job->slot);
}

struct asr_slot *asr_slots_find(const struct asr_slots *slots,
                                asr_ticket ticket) {
  uint64_t bits = (uint64_t)ticket;
  size_t place = (size_t)(bits & ((1U << PLACE_BITS) - 1));
  struct asr_slot *slot;
  if (ticket <= 0 || place >= slots->count) {
    return NULL;
  }
  slot = &slots->all[place];
  return slot->stage == ASR_SLOT_FREE || slot->turn != bits >> PLACE_BITS
             ? NULL
             : slot;
}

asr_ticket asr_slots_ticket(const struct asr_slots *slots, size_t place) {
  return (asr_ticket)((uint64_t)slots->all[place].turn << PLACE_BITS | place);
}

asr_job *asr_slots_give_up(struct asr_slots *slots, struct asr_slot *slot) {
  asr_job *job = slot->job;
  slot->job = NULL;
  slot->stage = ASR_SLOT_FREE;
  slot->next_free = slots->first_free;
  slots->first_free = (int32_t)(slot - slots->all);
  slots->used--;
  return job;
}
