/* SPDX-License-Identifier: MIT */
#include "net/pool.h"

#include <string.h>

#include "core/mem.h"
#include "net/forkgate.h"
#include "net/forkmark.h"
#include "net/io_thread.h"

struct asr_pool {
  asr_options options;
  asr_option_texts texts;
  asr_engine *engine; /* one of these, or none yet */
  asr_io *io;
  asr_outbox *outbox; /* or NULL */
  asr_forkmark mark;
  struct asr_slots slots;
  size_t in_flight;
  asr_list finished; /* not told yet */
};

/* A ticket has come to its end. */
static void finish(asr_pool *pool, asr_job *job) {
  pool->in_flight--;
  pool->slots.all[job->slot].stage = job->untold ? ASR_TOLD : ASR_FINISHED;
  if (!job->untold)
    asr_list_push(&pool->finished, job);
}

/* A job has come back; the engine calls this itself. */
static void on_done(void *arg, asr_job *job) {
  asr_pool *pool = arg;
  if (job->entry)
    asr_outbox_done(pool->outbox, job);
  else
    finish(pool, job);
}

/* ---- life ---- */

asr_pool *asr_pool_new(const asr_options *options) {
  asr_pool *pool = asr_zeroed(sizeof *pool);
  if (!pool)
    return NULL;
  pool->options = *options;
  asr_slots_init(&pool->slots);
  asr_forkmark_init(&pool->mark);
  if (asr_options_keep(&pool->options, &pool->texts))
    return pool;
  asr_pool_free(pool);
  return NULL;
}

/* In a fork's child: a job that was in flight is replaced by one that failed.
 * The old one may be half written, by a thread that is not here. */
static void fail_flight(asr_pool *pool, struct asr_slot *slot) {
  static const char note[] = "the process forked while this was in flight";
  static const asr_request nothing;
  asr_job *job = asr_job_new(&nothing, asr_monotonic());
  if (!job) {
    pool->in_flight--;
    slot->stage = ASR_TOLD; /* without a job: take gives none */
    slot->job = NULL;
    return;
  }
  job->slot = slot->job->slot;
  job->untold = slot->job->untold;
  job->sent = true;
  asr_job_fail(job, ASR_CLOSED, note);
  slot->job = job;
  finish(pool, job);
}

/* In a fork's child. The engine's memory is left alone: giving it back would
 * mean to call libcurl, and libcurl would write to the parent's connections. */
static void abandon(asr_pool *pool) {
  size_t i;
  asr_engine_abandon(pool->engine);
  asr_io_abandon(pool->io);
  asr_outbox_abandon(pool->outbox);
  pool->engine = NULL;
  pool->io = NULL;
  asr_forkmark_renew(&pool->mark);
  for (i = 0; i < pool->slots.count; i++) {
    struct asr_slot *slot = &pool->slots.all[i];
    if (slot->stage == ASR_IN_FLIGHT)
      fail_flight(pool, slot);
    else if (slot->job)
      slot->job->holders = 1; /* the thread that held it is not here */
  }
}

static void look_for_fork(asr_pool *pool) {
  if (asr_forkmark_crossed(&pool->mark))
    abandon(pool);
}

void asr_pool_free(asr_pool *pool) {
  size_t i;
  if (!pool)
    return;
  look_for_fork(pool);
  asr_engine_free(pool->engine);
  asr_io_free(pool->io);
  asr_outbox_close(pool->outbox);
  asr_outbox_release(pool->outbox);
  for (i = 0; i < pool->slots.count; i++)
    asr_job_release(pool->slots.all[i].job);
  asr_slots_free(&pool->slots);
  asr_options_free(&pool->options, &pool->texts);
  asr_forkmark_free(&pool->mark);
  asr_free(pool);
}

/* ---- requests in ---- */

static bool start_engine(asr_pool *pool) {
  if (pool->engine || pool->io)
    return true;
  if (pool->options.io_thread)
    pool->io = asr_io_new(&pool->options, pool->outbox);
  else
    pool->engine = asr_engine_new(&pool->options, on_done, pool);
  return pool->engine || pool->io;
}

static bool hand_over(asr_pool *pool, asr_job *job) {
  if (!pool->io)
    return asr_engine_add(pool->engine, job);
  asr_io_submit(pool->io, job);
  return true;
}

static const char no_pool[] = "no memory or descriptors for a pool";

static asr_ticket refuse(asr_refusal *why, asr_kind kind, const char *note) {
  why->kind = kind;
  why->note = note;
  return 0;
}

static const char no_memory[] = "not enough memory for the request";

/* The place for one more request; NULL, and why not. */
static struct asr_slot *place_for_one(asr_pool *pool, asr_refusal *why) {
  size_t most = pool->options.max_in_flight;
  struct asr_slot *slot = NULL;
  look_for_fork(pool);
  if (pool->slots.used >= most) {
    refuse(why, ASR_QUEUE_FULL, asr_kind_text(ASR_QUEUE_FULL));
  } else if (!start_engine(pool)) {
    refuse(why, ASR_CONNECT, no_pool);
  } else if ((slot = asr_slots_next(&pool->slots, most)) == NULL) {
    refuse(why, ASR_CONNECT, no_memory);
  }
  return slot;
}

/* Takes a job, if there is one; 0: it is the caller's still. */
static asr_ticket take_in(asr_pool *pool, struct asr_slot *slot, asr_job *job,
                          asr_refusal *why) {
  if (job == NULL || !hand_over(pool, job)) {
    return refuse(why, ASR_CONNECT, no_memory);
  }
  pool->in_flight++;
  return asr_slots_use(&pool->slots, slot, job);
}

static asr_ticket take_new(asr_pool *pool, struct asr_slot *slot, asr_job *job,
                           asr_refusal *why) {
  asr_ticket ticket = take_in(pool, slot, job, why);
  if (ticket == 0) {
    asr_job_free(job);
  }
  return ticket;
}

asr_ticket asr_pool_submit(asr_pool *pool, const asr_request *request,
                           asr_refusal *why) {
  struct asr_slot *slot = place_for_one(pool, why);
  if (slot == NULL) {
    return 0;
  }
  return take_new(pool, slot, asr_job_new(request, asr_monotonic()), why);
}

asr_ticket asr_pool_send(asr_pool *pool, struct asr_draft *draft,
                         const struct asr_errand *errand, asr_refusal *why) {
  struct asr_slot *slot = place_for_one(pool, why);
  if (slot == NULL) {
    return 0;
  }
  struct asr_errand all = asr_errand_by(&pool->options.forward, errand);
  return take_new(pool, slot, asr_job_draft(draft, &all, asr_monotonic()), why);
}

asr_ticket asr_pool_send_again(asr_pool *pool, asr_job *job,
                               const struct asr_errand *errand,
                               asr_refusal *why) {
  if (job->stopping || job->body == NULL) {
    return refuse(why, ASR_CLOSED, asr_kind_text(ASR_CLOSED));
  }
  struct asr_slot *slot = place_for_one(pool, why);
  if (slot == NULL) {
    return 0;
  }
  struct asr_errand all = asr_errand_by(&pool->options.forward, errand);
  bool ready = asr_job_again(job, &all, asr_monotonic());
  return take_in(pool, slot, ready ? job : NULL, why);
}

bool asr_pool_attach(asr_pool *pool, asr_outbox *outbox) {
  look_for_fork(pool);
  if (pool->outbox || pool->engine || pool->io)
    return false;
  pool->outbox = asr_outbox_share(outbox);
  return true;
}

bool asr_pool_enqueue(asr_pool *pool, const asr_message *message,
                      asr_refusal *why) {
  bool wake;
  look_for_fork(pool);
  if (!start_engine(pool)) {
    refuse(why, ASR_CONNECT, no_pool);
    return false;
  }
  if (!asr_outbox_put(pool->outbox, message, why, &wake))
    return false;
  if (wake && pool->io)
    asr_io_wake(pool->io);
  return true;
}

bool asr_pool_cancel(asr_pool *pool, asr_ticket ticket) {
  struct asr_slot *slot;
  look_for_fork(pool);
  slot = asr_slots_find(&pool->slots, ticket);
  if (!slot || slot->stage != ASR_IN_FLIGHT)
    return false;
  if (!pool->io) {
    asr_forkgate_enter();
    asr_engine_stop(pool->engine, slot->job, ASR_CANCELLED);
    asr_forkgate_leave();
  } else if (!slot->job->stopping) { /* asking once is enough */
    slot->job->stopping = true;
    asr_io_stop(pool->io, slot->job, ASR_CANCELLED);
  }
  return true;
}

/* ---- answers out ---- */

static void take_back(asr_pool *pool) {
  asr_list back = {NULL, NULL, 0};
  asr_job *job;
  asr_io_take(pool->io, &back);
  while ((job = asr_list_pop(&back)))
    on_done(pool, job);
}

bool asr_pool_is_moving(const asr_pool *pool) {
  return pool->in_flight > 0 || asr_outbox_pending(pool->outbox) > 0;
}

/* Whether there is news since `over` was asked: see asr_outbox_listen. */
static bool has_news(asr_pool *pool, const uint64_t *over) {
  return over && asr_outbox_listen(pool->outbox, true) != *over;
}

/* One round of a pool with a thread. Lower, look, then wait: what comes after
 * the look raises the flag again. */
static bool drive_io(asr_pool *pool, double timeout, const uint64_t *over) {
  size_t before = pool->in_flight;
  bool fine = true;
  take_back(pool); /* lowers it */
  if (pool->in_flight == before && timeout > 0 && !has_news(pool, over)) {
    fine = asr_io_wait(pool->io, timeout);
    take_back(pool);
  }
  return fine;
}

/* One round; false if a signal came. With `over`, news of the outbox end it
 * too. */
static bool drive(asr_pool *pool, double timeout, const uint64_t *over) {
  double due;
  bool fine;
  if (!asr_pool_is_moving(pool))
    return true;
  if (pool->io)
    return drive_io(pool, timeout, over);
  asr_forkgate_enter();
  due = asr_outbox_feed(pool->outbox, pool->engine);
  if (has_news(pool, over))
    timeout = 0;
  fine = asr_engine_drive(pool->engine, due < timeout ? due : timeout);
  asr_forkgate_leave();
  return fine;
}

size_t asr_pool_step(asr_pool *pool, double timeout) {
  double until = timeout > 0 ? asr_monotonic() + timeout : 0;
  uint64_t over;
  size_t before;
  look_for_fork(pool);
  before = pool->finished.count;
  over = asr_outbox_listen(pool->outbox, timeout > 0);
  while (asr_pool_is_moving(pool)) {
    double left = until > 0 ? until - asr_monotonic() : 0;
    if (!drive(pool, left, left > 0 ? &over : NULL) || left <= 0 ||
        pool->finished.count > before || has_news(pool, &over))
      break;
  }
  asr_outbox_listen(pool->outbox, false);
  return pool->in_flight;
}

static bool is_in_flight(const asr_pool *pool, asr_ticket ticket) {
  const struct asr_slot *slot = asr_slots_find(&pool->slots, ticket);
  return slot && slot->stage == ASR_IN_FLIGHT;
}

bool asr_pool_wait(asr_pool *pool, asr_ticket ticket, double timeout) {
  double until = timeout > 0 ? asr_monotonic() + timeout : 0;
  look_for_fork(pool);
  while (is_in_flight(pool, ticket)) {
    double left = until > 0 ? until - asr_monotonic() : 0;
    if (!drive(pool, left, NULL) || left <= 0)
      return !is_in_flight(pool, ticket);
  }
  return true;
}

asr_ticket asr_pool_poll(asr_pool *pool) {
  asr_job *job;
  look_for_fork(pool);
  job = asr_list_pop(&pool->finished);
  if (!job)
    return 0;
  pool->slots.all[job->slot].stage = ASR_TOLD;
  return asr_slots_ticket(&pool->slots, job->slot);
}

const asr_job *asr_pool_look(asr_pool *pool, asr_ticket ticket) {
  look_for_fork(pool);
  const struct asr_slot *slot = asr_slots_find(&pool->slots, ticket);
  return slot != NULL && slot->stage != ASR_IN_FLIGHT ? slot->job : NULL;
}

asr_job *asr_pool_take(asr_pool *pool, asr_ticket ticket) {
  struct asr_slot *slot;
  look_for_fork(pool);
  slot = asr_slots_find(&pool->slots, ticket);
  if (!slot || slot->stage == ASR_IN_FLIGHT || !slot->job)
    return NULL;
  if (slot->stage == ASR_FINISHED)
    asr_list_remove(&pool->finished, slot->job);
  return asr_slots_give_up(&pool->slots, slot);
}

bool asr_pool_knows(asr_pool *pool, asr_ticket ticket) {
  return asr_slots_find(&pool->slots, ticket) != NULL;
}

/* ---- what a host's loop asks ---- */

size_t asr_pool_in_flight(asr_pool *pool) {
  look_for_fork(pool);
  return pool->in_flight;
}

void asr_pool_counts(asr_pool *pool, asr_counts *counts) {
  look_for_fork(pool);
  memset(counts, 0, sizeof *counts);
  if (pool->engine)
    asr_engine_counts(pool->engine, counts);
  else if (pool->io)
    asr_io_counts(pool->io, counts);
}

int asr_pool_fd(asr_pool *pool) {
  look_for_fork(pool);
  if (!start_engine(pool))
    return -1;
  return pool->io ? asr_io_fd(pool->io) : asr_engine_fd(pool->engine);
}

double asr_pool_timeout(asr_pool *pool) {
  double due, wait;
  look_for_fork(pool);
  if (pool->finished.count > 0 || asr_outbox_has_reports(pool->outbox))
    return 0;
  if (pool->io || !asr_pool_is_moving(pool))
    return -1; /* a thread tells by its descriptor */
  due = asr_outbox_due(pool->outbox);
  wait = asr_engine_timeout(pool->engine);
  return wait < 0 || due < wait ? due : wait;
}
