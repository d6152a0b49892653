/* SPDX-License-Identifier: MIT */
#include "net/io_thread.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "core/mem.h"
#include "net/forkgate.h"
#include "net/wakeup.h"

struct asr_io {
  pthread_t thread;
  asr_wakeup wake;  /* tells the thread that there is work */
  asr_wakeup ready; /* tells the owner that something has come back */

  pthread_mutex_t lock;
  /* Under the lock: */
  asr_list in, out;
  asr_job *stops; /* through stop_next, the latest first */
  bool quit;
  bool woken; /* since the thread last looked */
  bool told;  /* since the owner last looked */
  asr_counts counts;

  /* The thread's own, until it has been joined: */
  asr_engine *engine;
  asr_outbox *outbox;
  asr_list done;
};

/* ---- the thread ---- */

static void on_done(void *arg, asr_job *job) {
  asr_io *io = arg;
  if (job->entry)
    asr_outbox_done(io->outbox, job);
  else
    asr_list_push(&io->done, job);
}

static void add(asr_io *io, asr_job *job) {
  if (asr_engine_add(io->engine, job))
    return;
  asr_job_fail(job, ASR_CONNECT, "not enough memory for the request");
  on_done(io, job);
}

static void stop_one(asr_io *io, asr_job *job) {
  if (job->heap_at != 0) /* else it has finished meanwhile */
    asr_engine_stop(io->engine, job, job->stop_kind);
  asr_job_release(job);
}

/* Takes in what the owner wants. False: the end. A job is always taken in
 * before it is stopped, because it was handed over before. */
static bool take_in(asr_io *io) {
  asr_list in = {NULL, NULL, 0};
  asr_job *job, *stops;
  bool quit;
  asr_wakeup_seen(&io->wake);
  pthread_mutex_lock(&io->lock);
  asr_list_move(&in, &io->in);
  stops = io->stops;
  io->stops = NULL;
  io->woken = false;
  quit = io->quit;
  pthread_mutex_unlock(&io->lock);
  while ((job = asr_list_pop(&in)))
    add(io, job);
  while (stops) {
    job = stops;
    stops = job->stop_next;
    stop_one(io, job);
  }
  return !quit;
}

static void publish(asr_io *io) {
  asr_counts counts;
  bool news = asr_outbox_news(io->outbox) || io->done.count > 0;
  asr_engine_counts(io->engine, &counts);
  pthread_mutex_lock(&io->lock);
  io->counts = counts;
  asr_list_move(&io->out, &io->done);
  if (news && !io->told)
    asr_wakeup_raise(&io->ready); /* under the lock: take lowers it there */
  io->told = io->told || news;
  pthread_mutex_unlock(&io->lock);
}

static void *run(void *arg) {
  asr_io *io = arg;
  asr_forkgate_take();
  while (take_in(io)) {
    double due = asr_outbox_feed(io->outbox, io->engine);
    publish(io); /* what a stop has brought back */
    asr_engine_drive(io->engine, due);
    publish(io);
  }
  asr_forkgate_leave();
  return NULL;
}

/* ---- the owner ---- */

/* The host's signals are the host's: the thread takes none. */
static bool start_thread(asr_io *io) {
  sigset_t all, before;
  int failed;
  sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
    return false;
  asr_forkgate_lend();
  failed = pthread_create(&io->thread, NULL, run, io);
  if (failed)
    asr_forkgate_give_back();
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed == 0;
}

static void free_parts(asr_io *io) {
  asr_engine_free(io->engine);
  pthread_mutex_destroy(&io->lock);
  asr_wakeup_close(&io->wake);
  asr_wakeup_close(&io->ready);
  asr_free(io);
}

asr_io *asr_io_new(const asr_options *options, asr_outbox *outbox) {
  asr_io *io = asr_zeroed(sizeof *io);
  bool flags;
  if (!io)
    return NULL;
  if (pthread_mutex_init(&io->lock, NULL) != 0) {
    asr_free(io);
    return NULL;
  }
  io->outbox = outbox;
  flags = asr_wakeup_open(&io->wake);
  flags = asr_wakeup_open(&io->ready) && flags;
  io->engine = asr_engine_new(options, on_done, io);
  if (flags && io->engine && asr_engine_watch(io->engine, io->wake.fd) &&
      start_thread(io))
    return io;
  free_parts(io);
  return NULL;
}

/* Tells the thread, once for all that it has not looked at yet. The lock is
 * held on entry and released here. Nobody lowers this flag: the engine watches
 * for its being raised. */
static void wake_and_unlock(asr_io *io) {
  bool tell = !io->woken;
  io->woken = true;
  pthread_mutex_unlock(&io->lock);
  if (tell)
    asr_wakeup_raise(&io->wake);
}

void asr_io_submit(asr_io *io, asr_job *job) {
  pthread_mutex_lock(&io->lock);
  asr_list_push(&io->in, job);
  wake_and_unlock(io);
}

void asr_io_wake(asr_io *io) {
  pthread_mutex_lock(&io->lock);
  wake_and_unlock(io);
}

void asr_io_stop(asr_io *io, asr_job *job, asr_kind kind) {
  asr_job_hold(job);
  pthread_mutex_lock(&io->lock);
  job->stop_kind = kind;
  job->stop_next = io->stops;
  io->stops = job;
  wake_and_unlock(io);
}

void asr_io_take(asr_io *io, asr_list *out) {
  pthread_mutex_lock(&io->lock);
  asr_list_move(out, &io->out);
  if (io->told) {
    io->told = false;
    asr_wakeup_lower(&io->ready);
  }
  pthread_mutex_unlock(&io->lock);
}

bool asr_io_wait(asr_io *io, double timeout) {
  struct pollfd ready = {io->ready.fd, POLLIN, 0};
  int ms = timeout > 1e6 ? 1000000000 : (int)(timeout * 1000 + 0.999);
  return poll(&ready, 1, ms) >= 0 || errno != EINTR;
}

void asr_io_free(asr_io *io) {
  if (!io)
    return;
  pthread_mutex_lock(&io->lock);
  io->quit = true;
  wake_and_unlock(io);
  pthread_join(io->thread, NULL);
  free_parts(io);
}

void asr_io_abandon(asr_io *io) {
  if (!io)
    return;
  asr_engine_abandon(io->engine);
  asr_wakeup_close(&io->wake);
  asr_wakeup_close(&io->ready);
}

int asr_io_fd(const asr_io *io) {
  return io->ready.fd;
}

void asr_io_counts(asr_io *io, asr_counts *counts) {
  pthread_mutex_lock(&io->lock);
  *counts = io->counts;
  pthread_mutex_unlock(&io->lock);
}
