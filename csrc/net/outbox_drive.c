/* SPDX-License-Identifier: MIT */
/* The driver's side of an outbox: what goes to the engine, and what becomes of
 * it when it comes back. */
#include "net/outbox_parts.h"

static const double NEVER = 1e6; /* seconds: ask again by then */

static void send(asr_outbox *o, asr_engine *engine, asr_entry *entry) {
  asr_entry_begin(entry, asr_monotonic());
  if (asr_entry_sign(entry, &o->signer, o->options.lifetime) &&
      asr_engine_add(engine, entry->job))
    return;
  asr_entry_fail(entry, ASR_CONNECT, "not enough memory for the request");
  asr_outbox_done(o, entry->job);
}

static bool is_busy(const asr_outbox *o) {
  return o->counts.in_flight >= o->options.abreast;
}

/* When there may be something to send without the engine's doing: if all are
 * busy it is one of those that come back. */
static double due_in(const asr_outbox *o) {
  const asr_job *first = asr_deadlines_first(&o->paused);
  double left;
  if (is_busy(o))
    return NEVER;
  if (o->ready.first || o->again.first)
    return 0;
  left = first ? first->deadline - asr_monotonic() : NEVER;
  return left < 0 ? 0 : left < NEVER ? left : NEVER;
}

double asr_outbox_due(asr_outbox *o) {
  double due;
  if (!o)
    return NEVER;
  pthread_mutex_lock(&o->lock);
  due = due_in(o);
  pthread_mutex_unlock(&o->lock);
  return due;
}

double asr_outbox_feed(asr_outbox *o, asr_engine *engine) {
  if (!o)
    return NEVER;
  for (;;) {
    double now = asr_monotonic(), due = 0;
    asr_entry *entry;
    pthread_mutex_lock(&o->lock);
    o->sleeping = false;
    entry = asr_outbox_next(o, now);
    if (!entry) {
      o->sleeping = !is_busy(o); /* who puts in a message then wakes us */
      due = due_in(o);
    }
    pthread_mutex_unlock(&o->lock);
    if (!entry)
      return due;
    send(o, engine, entry);
  }
}

/* One that failed waits to be sent again, or is given up. Returns what is to
 * be freed. */
static asr_entry *settle(asr_outbox *o, asr_entry *entry) {
  double now = asr_monotonic(),
         pause = asr_entry_pause(entry, now, asr_chance_next(&o->chance));
  asr_end end = entry->job->kind == ASR_CLOSED ? ASR_LOST : ASR_FAILED;
  if (pause >= 0 && asr_outbox_pause(o, entry, now + pause))
    return NULL;
  asr_outbox_move_up(o, entry);
  return asr_outbox_give_up(o, entry, end);
}

void asr_outbox_done(asr_outbox *o, asr_job *job) {
  asr_entry *entry = job->entry;
  bool delivered = asr_entry_delivered(entry);
  pthread_mutex_lock(&o->lock);
  o->counts.in_flight--;
  if (delivered) {
    o->counts.delivered++;
    o->counts.bytes -= entry->size;
    asr_outbox_move_up(o, entry);
  } else {
    entry = settle(o, entry);
  }
  if (o->listening)
    o->news = true;
  pthread_mutex_unlock(&o->lock);
  asr_entry_free(entry);
}

bool asr_outbox_news(asr_outbox *o) {
  bool news;
  if (!o)
    return false;
  pthread_mutex_lock(&o->lock);
  news = o->news;
  o->news = false;
  pthread_mutex_unlock(&o->lock);
  return news;
}
