/* SPDX-License-Identifier: MIT */
#include "net/deadlines.h"

#include "core/mem.h"

static void put(asr_deadlines *d, size_t at, asr_job *job) {
  d->heap[at] = job;
  job->heap_at = at;
}

static void rise(asr_deadlines *d, size_t at, asr_job *job) {
  while (at > 1 && d->heap[at / 2]->deadline > job->deadline) {
    put(d, at, d->heap[at / 2]);
    at /= 2;
  }
  put(d, at, job);
}

static void sink(asr_deadlines *d, size_t at, asr_job *job) {
  for (;;) {
    size_t child = at * 2;
    if (child > d->count)
      break;
    if (child < d->count &&
        d->heap[child + 1]->deadline < d->heap[child]->deadline)
      child++;
    if (d->heap[child]->deadline >= job->deadline)
      break;
    put(d, at, d->heap[child]);
    at = child;
  }
  put(d, at, job);
}

bool asr_deadlines_add(asr_deadlines *d, asr_job *job) {
  if (d->count + 1 >= d->room) {
    size_t room = d->room ? d->room * 2 : 64;
    asr_job **grown = asr_realloc(d->heap, room * sizeof(void *));
    if (!grown)
      return false;
    d->heap = grown;
    d->room = room;
  }
  d->count++;
  rise(d, d->count, job);
  return true;
}

void asr_deadlines_remove(asr_deadlines *d, asr_job *job) {
  size_t at = job->heap_at;
  asr_job *last;
  if (at == 0)
    return;
  job->heap_at = 0;
  last = d->heap[d->count--];
  if (last == job)
    return;
  if (at > 1 && d->heap[at / 2]->deadline > last->deadline)
    rise(d, at, last);
  else
    sink(d, at, last);
}

asr_job *asr_deadlines_first(const asr_deadlines *d) {
  return d->count ? d->heap[1] : NULL;
}

void asr_deadlines_free(asr_deadlines *d) {
  asr_free(d->heap);
  d->heap = NULL;
  d->count = d->room = 0;
}
