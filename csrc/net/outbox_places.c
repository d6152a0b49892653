/* SPDX-License-Identifier: MIT */
/* Where each message is. */
#include "net/outbox_parts.h"

/* ---- by age ---- */

static void add_newest(asr_outbox *o, asr_entry *entry) {
  entry->newer = NULL;
  entry->older = o->newest;
  if (o->newest)
    o->newest->newer = entry;
  else
    o->oldest = entry;
  o->newest = entry;
  o->counts.queued++;
}

/* Back from the wire: it is as old as any that waits. */
static void add_oldest(asr_outbox *o, asr_entry *entry) {
  entry->older = NULL;
  entry->newer = o->oldest;
  if (o->oldest)
    o->oldest->older = entry;
  else
    o->newest = entry;
  o->oldest = entry;
  o->counts.queued++;
}

static void remove_age(asr_outbox *o, asr_entry *entry) {
  if (entry->older)
    entry->older->newer = entry->newer;
  else
    o->oldest = entry->newer;
  if (entry->newer)
    entry->newer->older = entry->older;
  else
    o->newest = entry->older;
  o->counts.queued--;
}

/* ---- by turn ---- */

/* Those that were tried before go first: their time is running. */
static asr_list *turn_of(asr_outbox *o, const asr_entry *entry) {
  return entry->attempts > 0 ? &o->again : &o->ready;
}

static void make_ready(asr_outbox *o, asr_entry *entry) {
  entry->place = ASR_READY;
  asr_list_push(turn_of(o, entry), entry->job);
}

void asr_outbox_move_up(asr_outbox *o, asr_entry *entry) {
  asr_line *line = entry->line;
  asr_job *next;
  if (!line)
    return;
  entry->line = NULL;
  next = asr_list_pop(&line->behind);
  if (next)
    make_ready(o, next->entry);
  else
    asr_lines_close(&o->lines, line);
}

static bool join_line(asr_outbox *o, asr_entry *entry) {
  entry->line = asr_lines_find(&o->lines, entry->audience);
  if (entry->line) {
    entry->place = ASR_BEHIND;
    asr_list_push(&entry->line->behind, entry->job);
    return true;
  }
  entry->line = asr_lines_open(&o->lines, entry->audience);
  if (!entry->line)
    return false;
  make_ready(o, entry);
  return true;
}

bool asr_outbox_queue(asr_outbox *o, asr_entry *entry) {
  if (!o->options.ordered)
    make_ready(o, entry);
  else if (!join_line(o, entry))
    return false;
  add_newest(o, entry);
  return true;
}

asr_entry *asr_outbox_next(asr_outbox *o, double now) {
  asr_job *job;
  asr_entry *entry;
  while ((job = asr_deadlines_first(&o->paused)) && job->deadline <= now) {
    asr_deadlines_remove(&o->paused, job);
    make_ready(o, job->entry);
  }
  if (o->counts.in_flight >= o->options.abreast)
    return NULL;
  job = asr_list_pop(o->again.first ? &o->again : &o->ready);
  if (!job)
    return NULL;
  entry = job->entry;
  remove_age(o, entry);
  entry->place = ASR_FLYING;
  o->counts.in_flight++;
  return entry;
}

bool asr_outbox_pause(asr_outbox *o, asr_entry *entry, double until) {
  entry->job->deadline = until;
  if (!asr_deadlines_add(&o->paused, entry->job))
    return false;
  entry->place = ASR_PAUSED;
  add_oldest(o, entry);
  return true;
}

void asr_outbox_pull_out(asr_outbox *o, asr_entry *entry) {
  remove_age(o, entry);
  if (entry->place == ASR_BEHIND) {
    asr_list_remove(&entry->line->behind, entry->job);
    entry->line = NULL;
    return;
  }
  if (entry->place == ASR_READY)
    asr_list_remove(turn_of(o, entry), entry->job);
  else
    asr_deadlines_remove(&o->paused, entry->job);
  asr_outbox_move_up(o, entry);
}

/* ---- the end ---- */

/* What was lost at the end is kept whatever it takes: it is no more than was
 * queued. */
static bool has_room(const asr_outbox *o, const asr_entry *entry, asr_end end) {
  return end == ASR_LOST || (o->reports.count < o->options.limit &&
                             o->report_bytes + entry->size <= o->options.bytes);
}

asr_entry *asr_outbox_give_up(asr_outbox *o, asr_entry *entry, asr_end end) {
  uint64_t *counts[] = {&o->counts.failed, &o->counts.dropped, &o->counts.lost};
  ++*counts[end];
  o->counts.bytes -= entry->size;
  if (!o->options.report)
    return entry;
  o->news = true;
  if (!has_room(o, entry, end)) {
    o->untold++;
    return entry;
  }
  entry->place = ASR_OVER;
  entry->end = end;
  o->report_bytes += entry->size;
  asr_list_push(&o->reports, entry->job);
  return NULL;
}
