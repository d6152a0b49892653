/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/mem.h"
#include "net/outbox_parts.h"

/* ---- making and unmaking ---- */

static bool keep_options(asr_outbox *o, const asr_outbox_options *options) {
  o->options = *options;
  o->agent = asr_realloc(NULL, options->agent.n + 1);
  if (!o->agent)
    return false;
  memcpy(o->agent, options->agent.p, options->agent.n);
  o->options.agent = asr_span(o->agent, options->agent.n);
  return true;
}

asr_outbox *asr_outbox_new(const asr_outbox_options *options,
                           const struct asr_signer *signer) {
  asr_outbox *o = asr_zeroed(sizeof *o);
  if (!o)
    return NULL;
  o->holders = 1;
  asr_chance_seed(&o->chance, (uint64_t)(asr_monotonic() * 1e9));
  if (pthread_mutex_init(&o->lock, NULL) != 0) {
    asr_free(o);
    return NULL;
  }
  asr_forkmark_init(&o->mark);
  if (keep_options(o, options) && asr_signer_copy(&o->signer, signer) == ASR_OK)
    return o;
  asr_outbox_release(o);
  return NULL;
}

asr_outbox *asr_outbox_share(asr_outbox *o) {
  o->holders++;
  return o;
}

static void free_reports(asr_outbox *o) {
  asr_job *job;
  while ((job = asr_list_pop(&o->reports)))
    asr_entry_free(job->entry);
}

void asr_outbox_release(asr_outbox *o) {
  if (!o || --o->holders > 0)
    return;
  asr_outbox_close(o);
  free_reports(o);
  asr_deadlines_free(&o->paused);
  asr_lines_free(&o->lines);
  asr_signer_close(&o->signer);
  asr_free(o->agent);
  asr_forkmark_free(&o->mark);
  pthread_mutex_destroy(&o->lock);
  asr_free(o);
}

void asr_outbox_abandon(asr_outbox *o) {
  if (!o || !asr_forkmark_crossed(&o->mark))
    return;
  asr_forkmark_renew(&o->mark);
  pthread_mutex_init(&o->lock, NULL); /* a thread that is not here held it */
  o->sleeping = o->listening = o->news = false;
  o->ready = o->again = o->reports = (asr_list){NULL, NULL, 0};
  memset(&o->paused, 0, sizeof o->paused);
  memset(&o->lines, 0, sizeof o->lines);
  o->oldest = o->newest = NULL;
  memset(&o->counts, 0, sizeof o->counts);
  o->report_bytes = o->untold = 0;
}

/* The host's door: false if there is no outbox. */
static bool enter(asr_outbox *o) {
  if (!o)
    return false;
  asr_outbox_abandon(o);
  pthread_mutex_lock(&o->lock);
  return true;
}

static void leave(asr_outbox *o) {
  pthread_mutex_unlock(&o->lock);
}

/* ---- in ---- */

static bool has_room(const asr_outbox *o, size_t size) {
  size_t pending = o->counts.queued + o->counts.in_flight;
  return pending < o->options.limit &&
         o->counts.bytes + size <= o->options.bytes;
}

static bool make_room(asr_outbox *o, size_t size) {
  static const char note[] = "the queue was full, and newer messages came";
  while (!has_room(o, size)) {
    asr_entry *entry = o->oldest;
    if (!o->options.drop_oldest || size > o->options.bytes || !entry)
      return false;
    asr_outbox_pull_out(o, entry);
    asr_entry_fail(entry, ASR_QUEUE_FULL, note);
    asr_entry_free(asr_outbox_give_up(o, entry, ASR_DROPPED));
  }
  return true;
}

static bool take_in(asr_outbox *o, asr_entry *entry, asr_refusal *why) {
  *why = (asr_refusal){ASR_CLOSED, "the client was closed"};
  if (o->closed)
    return false;
  *why = (asr_refusal){ASR_QUEUE_FULL, "the queue of messages is full"};
  if (!make_room(o, entry->size))
    return false;
  *why = (asr_refusal){ASR_QUEUE_FULL, "not enough memory for the message"};
  if (!asr_outbox_queue(o, entry))
    return false;
  o->counts.accepted++;
  o->counts.bytes += entry->size;
  return true;
}

bool asr_outbox_put(asr_outbox *o, const asr_message *message, asr_refusal *why,
                    bool *wake) {
  asr_entry *entry = asr_entry_new(message, o->options.agent);
  bool taken = false;
  *why = (asr_refusal){ASR_QUEUE_FULL, "not enough memory for the message"};
  *wake = false;
  enter(o);
  if (entry)
    taken = take_in(o, entry, why);
  if (!taken)
    o->counts.refused++;
  if (taken && o->sleeping && entry->place == ASR_READY) {
    o->sleeping = false;
    *wake = true;
  }
  leave(o);
  if (!taken)
    asr_entry_free(entry);
  return taken;
}

/* ---- reports and counts ---- */

asr_entry *asr_outbox_take_report(asr_outbox *o) {
  asr_entry *entry = NULL;
  asr_job *job;
  if (!enter(o))
    return NULL;
  job = asr_list_pop(&o->reports);
  if (job) {
    entry = job->entry;
    o->report_bytes -= entry->size;
  }
  leave(o);
  return entry;
}

size_t asr_outbox_untold(asr_outbox *o) {
  size_t untold;
  if (!enter(o))
    return 0;
  untold = o->untold;
  o->untold = 0;
  leave(o);
  return untold;
}

void asr_outbox_counts_of(asr_outbox *o, asr_outbox_counts *counts) {
  memset(counts, 0, sizeof *counts);
  if (!enter(o))
    return;
  *counts = o->counts;
  counts->reports = o->reports.count + o->untold;
  leave(o);
}

size_t asr_outbox_pending(asr_outbox *o) {
  size_t pending;
  if (!enter(o))
    return 0;
  pending = o->counts.queued + o->counts.in_flight;
  leave(o);
  return pending;
}

bool asr_outbox_has_reports(asr_outbox *o) {
  bool any;
  if (!enter(o))
    return false;
  any = o->reports.count + o->untold > 0;
  leave(o);
  return any;
}

uint64_t asr_outbox_listen(asr_outbox *o, bool listening) {
  uint64_t over;
  if (!enter(o))
    return 0;
  o->listening = listening;
  over = o->counts.delivered + o->counts.failed + o->counts.dropped;
  leave(o);
  return over;
}

/* ---- the end ---- */

void asr_outbox_close(asr_outbox *o) {
  static const char note[] = "the client was closed before this was sent";
  asr_entry *entry;
  if (!enter(o))
    return;
  o->closed = true;
  while ((entry = o->oldest)) {
    asr_outbox_pull_out(o, entry);
    asr_entry_fail(entry, ASR_CLOSED, note);
    asr_entry_free(asr_outbox_give_up(o, entry, ASR_LOST));
  }
  leave(o);
}
