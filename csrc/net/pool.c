/* SPDX-License-Identifier: MIT */
#include "net/pool.h"

#include <string.h>

#include "core/mem.h"
#include "net/forkmark.h"
#include "net/io_thread.h"

/* A ticket is the place of its job, and how often the place was given out:
 * an old ticket never reaches another's job. */
enum { PLACE_BITS = 20, NO_PLACE = -1 };

typedef enum asr_stage { FREE, FLYING, FINISHED, TOLD } asr_stage;

typedef struct asr_slot {
  asr_job *job;
  uint32_t turn;
  int32_t next_free;
  asr_stage stage;
} asr_slot;

struct asr_pool {
  asr_options options;
  asr_option_texts texts;
  asr_engine *engine; /* one of these, or none yet */
  asr_io *io;
  asr_outbox *outbox; /* or NULL */
  asr_forkmark mark;
  asr_slot *slots;
  size_t slot_count, used, in_flight;
  int32_t free_slot;
  asr_list finished; /* not told yet */
};

/* ---- tickets ---- */

static asr_ticket ticket_of(const asr_pool *pool, uint32_t place) {
  return (asr_ticket)((uint64_t)pool->slots[place].turn << PLACE_BITS | place);
}

static asr_slot *slot_of(asr_pool *pool, asr_ticket ticket) {
  uint64_t bits = (uint64_t)ticket;
  size_t place = (size_t)(bits & ((1U << PLACE_BITS) - 1));
  asr_slot *slot;
  if (ticket <= 0 || place >= pool->slot_count)
    return NULL;
  slot = &pool->slots[place];
  if (slot->stage == FREE || slot->turn != bits >> PLACE_BITS)
    return NULL;
  return slot;
}

static bool more_slots(asr_pool *pool) {
  size_t i, count = pool->slot_count ? pool->slot_count * 2 : 64;
  asr_slot *grown;
  if (count > pool->options.max_in_flight)
    count = pool->options.max_in_flight;
  grown = asr_realloc(pool->slots, count * sizeof *grown);
  if (!grown)
    return false;
  pool->slots = grown;
  for (i = count; i-- > pool->slot_count;) {
    grown[i] = (asr_slot){NULL, 0, pool->free_slot, FREE};
    pool->free_slot = (int32_t)i;
  }
  pool->slot_count = count;
  return true;
}

static void free_slot(asr_pool *pool, asr_slot *slot) {
  slot->job = NULL;
  slot->stage = FREE;
  slot->next_free = pool->free_slot;
  pool->free_slot = (int32_t)(slot - pool->slots);
  pool->used--;
}

/* A ticket has come to its end. */
static void finish(asr_pool *pool, asr_job *job) {
  pool->in_flight--;
  pool->slots[job->slot].stage = job->untold ? TOLD : FINISHED;
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
  pool->free_slot = NO_PLACE;
  asr_forkmark_init(&pool->mark);
  if (asr_options_keep(&pool->options, &pool->texts))
    return pool;
  asr_pool_free(pool);
  return NULL;
}

/* In a fork's child: a job that was in flight is replaced by one that failed.
 * The old one may be half written, by a thread that is not here. */
static void fail_flight(asr_pool *pool, asr_slot *slot) {
  static const char note[] =
      "the process forked while the request was in flight";
  static const asr_request nothing;
  asr_job *job = asr_job_new(&nothing, asr_monotonic());
  if (!job) {
    pool->in_flight--;
    slot->stage = TOLD; /* without a job: take gives none */
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
  for (i = 0; i < pool->slot_count; i++) {
    asr_slot *slot = &pool->slots[i];
    if (slot->stage == FLYING)
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
  for (i = 0; i < pool->slot_count; i++)
    asr_job_release(pool->slots[i].job);
  asr_free(pool->slots);
  asr_options_free(&pool->texts);
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

static asr_ticket take(asr_pool *pool, asr_job *job) {
  asr_slot *slot = &pool->slots[pool->free_slot];
  int32_t next = slot->next_free;
  job->slot = (uint32_t)pool->free_slot;
  if (!hand_over(pool, job))
    return 0;
  pool->free_slot = next;
  slot->job = job;
  slot->turn = slot->turn == UINT32_MAX ? 1 : slot->turn + 1;
  slot->stage = FLYING;
  pool->used++;
  pool->in_flight++;
  return ticket_of(pool, (uint32_t)(slot - pool->slots));
}

asr_ticket asr_pool_submit(asr_pool *pool, const asr_request *request,
                           asr_refusal *why) {
  static const char no_memory[] = "not enough memory for the request";
  asr_ticket ticket = 0;
  asr_job *job;
  look_for_fork(pool);
  if (pool->used >= pool->options.max_in_flight)
    return refuse(why, ASR_QUEUE_FULL, asr_kind_text(ASR_QUEUE_FULL));
  if (!start_engine(pool))
    return refuse(why, ASR_CONNECT, no_pool);
  if (pool->free_slot == NO_PLACE && !more_slots(pool))
    return refuse(why, ASR_CONNECT, no_memory);
  job = asr_job_new(request, asr_monotonic());
  if (job)
    ticket = take(pool, job);
  if (ticket)
    return ticket;
  asr_job_free(job);
  return refuse(why, ASR_CONNECT, no_memory);
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
  asr_slot *slot;
  look_for_fork(pool);
  slot = slot_of(pool, ticket);
  if (!slot || slot->stage != FLYING)
    return false;
  if (!pool->io) {
    asr_engine_stop(pool->engine, slot->job, ASR_CANCELLED);
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

/* One round; false if a signal came. */
static bool drive(asr_pool *pool, double timeout) {
  size_t before = pool->in_flight;
  bool fine = true;
  if (!asr_pool_is_moving(pool))
    return true;
  if (!pool->io) {
    double due = asr_outbox_feed(pool->outbox, pool->engine);
    return asr_engine_drive(pool->engine, due < timeout ? due : timeout);
  }
  take_back(pool);
  if (pool->in_flight == before && timeout > 0) {
    fine = asr_io_wait(pool->io, timeout);
    take_back(pool);
  }
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
    if (!drive(pool, left) || left <= 0 || pool->finished.count > before ||
        asr_outbox_listen(pool->outbox, true) != over)
      break;
  }
  asr_outbox_listen(pool->outbox, false);
  return pool->in_flight;
}

bool asr_pool_wait(asr_pool *pool, asr_ticket ticket, double timeout) {
  double until = timeout > 0 ? asr_monotonic() + timeout : 0;
  look_for_fork(pool);
  for (;;) {
    const asr_slot *slot = slot_of(pool, ticket);
    double left = until > 0 ? until - asr_monotonic() : 0;
    if (!slot || slot->stage != FLYING)
      return true;
    if (!drive(pool, left) || left <= 0) {
      slot = slot_of(pool, ticket);
      return !slot || slot->stage != FLYING;
    }
  }
}

asr_ticket asr_pool_poll(asr_pool *pool) {
  asr_job *job;
  look_for_fork(pool);
  job = asr_list_pop(&pool->finished);
  if (!job)
    return 0;
  pool->slots[job->slot].stage = TOLD;
  return ticket_of(pool, job->slot);
}

asr_job *asr_pool_take(asr_pool *pool, asr_ticket ticket) {
  asr_slot *slot;
  asr_job *job;
  look_for_fork(pool);
  slot = slot_of(pool, ticket);
  if (!slot || slot->stage == FLYING || !slot->job)
    return NULL;
  job = slot->job;
  if (slot->stage == FINISHED)
    asr_list_remove(&pool->finished, job);
  free_slot(pool, slot);
  return job;
}

bool asr_pool_knows(asr_pool *pool, asr_ticket ticket) {
  return slot_of(pool, ticket) != NULL;
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
