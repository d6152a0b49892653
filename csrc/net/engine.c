/* SPDX-License-Identifier: MIT */
#include "net/engine.h"

#include <errno.h>
#include <pthread.h>

#include "core/mem.h"
#include "core/pin.h"
#include "net/engine_state.h"
#include "net/forkgate.h"

enum { EVENTS = 64 };

/* Seconds of a drive that go into making connections, one piece of libcurl's
 * work more at most: a TLS handshake has pieces of a millisecond. */
static const double budget = 0.001;

/* ---- making and unmaking ---- */

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static void global_init(void) {
  asr_pin();
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool open_parts(asr_engine *e) {
  asr_forkgate_enter();
  pthread_once(&global_once, global_init);
  e->scratch = asr_realloc(NULL, ASR_SCRATCH);
  bool watches = asr_watches_open(&e->watches);
  bool connector = asr_connector_open(&e->connector, e->options, &e->watches);
  asr_forkgate_leave();
  return e->scratch != NULL && watches && connector;
}

asr_engine *asr_engine_new(const asr_options *options, asr_done *done,
                           void *arg) {
  asr_engine *e = asr_zeroed(sizeof *e);
  if (e == NULL) {
    return NULL;
  }
  e->options = options;
  e->done = done;
  e->arg = arg;
  if (open_parts(e)) {
    return e;
  }
  asr_engine_free(e);
  return NULL;
}

void asr_engine_hand_back(asr_engine *e, asr_job *job) {
  asr_deadlines_remove(&e->times, job);
  job->elapsed = asr_monotonic() - job->started;
  e->finished++;
  e->done(e->arg, job);
}

static void hang_up(struct asr_connections *list) {
  while (list->first != NULL) {
    struct asr_connection *c = list->first;
    asr_connections_remove(list, c);
    asr_connection_free(c);
  }
}

void asr_engine_free(asr_engine *e) {
  asr_job *job;
  if (e == NULL) {
    return;
  }
  asr_forkgate_enter();
  while ((job = asr_deadlines_first(&e->times)) != NULL) {
    asr_engine_stop(e, job, ASR_CLOSED);
  }
  hang_up(&e->dials);
  for (struct asr_origin *o = e->origins; o != NULL; o = o->next) {
    hang_up(&o->idle);
  }
  asr_origin_free_all(&e->origins);
  asr_connector_close(&e->connector);
  asr_watches_close(&e->watches);
  asr_deadlines_free(&e->times);
  asr_free(e->scratch);
  asr_free(e);
  asr_forkgate_leave();
}

void asr_engine_abandon(asr_engine *e) {
  if (e != NULL) {
    asr_watches_abandon(&e->watches);
  }
}

/* ---- jobs in and out ---- */

bool asr_engine_add(asr_engine *e, asr_job *job) {
  struct asr_origin *first = e->origins;
  job->to = asr_origin_find(&e->origins, job->origin);
  if (job->to == NULL || !asr_deadlines_add(&e->times, job)) {
    return false;
  }
  if (e->origins != first) {
    asr_origin_prune(&e->origins);
  }
  asr_dispatch_queue(e, job, false);
  return true;
}

static const char *phase_of(const asr_engine *e, const asr_job *job,
                            asr_kind kind) {
  if (kind != ASR_TIMEOUT) {
    return NULL;
  }
  if (job->connection == NULL) {
    return e->open < e->options->max_connections || job->to->dialing > 0
               ? "the time allowed has passed before there was a connection"
               : "the time allowed has passed while others had all connections";
  }
  return job->in.head_done ? "the time allowed has passed within the answer"
                           : "the time allowed has passed without an answer";
}

/* A peer that kept silent on a kept connection may be gone for all of them:
 * those that have not been of use since would cost a full time-out each. */
static void doubt_idle(asr_engine *e, struct asr_origin *o, double since) {
  struct asr_connection *c = o->idle.first;
  while (c != NULL) {
    struct asr_connection *next = c->next;
    if (c->at < since) {
      asr_connections_remove(&o->idle, c);
      asr_dispatch_drop(e, c);
    }
    c = next;
  }
}

void asr_engine_stop(asr_engine *e, asr_job *job, asr_kind kind) {
  const char *note = phase_of(e, job, kind);
  if (job->connection != NULL) {
    bool silent =
        kind == ASR_TIMEOUT && job->reused && !asr_http1_began(&job->in);
    struct asr_origin *o = job->to;
    double since = job->started;
    asr_exchange_stop(e, job, kind, note);
    if (silent) {
      doubt_idle(e, o, since);
    }
    return;
  }
  asr_list_remove(&job->to->waiting, job);
  e->waiting--;
  asr_job_fail(job, kind, note);
  asr_engine_hand_back(e, job);
}

static void expire(asr_engine *e, double now) {
  asr_job *job;
  while ((job = asr_deadlines_first(&e->times)) != NULL &&
         job->deadline <= now) {
    asr_engine_stop(e, job, ASR_TIMEOUT);
  }
}

/* ---- driving ---- */

static void serve_timers(asr_engine *e, double until) {
  struct asr_connection *c = e->dials.first;
  while (c != NULL) {
    struct asr_connection *next = c->next;
    double now = asr_monotonic();
    if (now > until) {
      return;
    }
    if (c->timer >= 0 && c->timer <= now) {
      asr_dispatch_dial(e, c, asr_connector_move(c, -1, 0));
    }
    c = next;
  }
}

static double soonest(double a, double b) {
  if (a < 0) {
    return b;
  }
  return b < 0 || a < b ? a : b;
}

double asr_engine_timeout(const asr_engine *e) {
  const asr_job *job = asr_deadlines_first(&e->times);
  double at = job != NULL ? job->deadline : -1;
  if (e->eager && e->waiting > 0) {
    return 0;
  }
  for (const struct asr_connection *c = e->dials.first; c; c = c->next) {
    at = soonest(at, c->timer);
  }
  if (at < 0) {
    return -1;
  }
  double left = at - asr_monotonic();
  return left > 0 ? left : 0;
}

static int milliseconds(double seconds) {
  if (seconds <= 0) {
    return 0;
  }
  return seconds > 1e6 ? 1000000000 : (int)(seconds * 1000 + 0.999);
}

/* What is left of the dials' events is told again: the set is level-triggered.
 * An owner is looked up when its turn comes; see watches.h. */
static void serve_event(asr_engine *e, const asr_ready *ready, double until) {
  struct asr_connection *c = asr_watches_owner(&e->watches, ready->fd);
  if (c == NULL) {
    return;
  }
  if (c->fd >= 0) {
    asr_exchange_event(e, c, ready->what);
  } else if (until == 0 || asr_monotonic() <= until) {
    asr_dispatch_dial(e, c, asr_connector_move(c, ready->fd, ready->what));
  }
}

/* Returns how many descriptors had something, or -1 if a signal came. */
static int serve_sockets(asr_engine *e, double timeout) {
  asr_ready ready[EVENTS];
  double own = asr_engine_timeout(e);
  double wait = own >= 0 && own < timeout ? own : timeout;
  asr_forkgate_leave();
  int n = asr_readiness_wait(e->watches.set, ready, EVENTS, milliseconds(wait));
  asr_forkgate_enter();
  double until = e->dials.count > 0 ? asr_monotonic() + budget : 0;
  for (int i = 0; i < n; i++) {
    serve_event(e, &ready[i], until);
  }
  return n < 0 && errno != EINTR ? 0 : n;
}

bool asr_engine_drive(asr_engine *e, double timeout) {
  uint64_t before = e->finished;
  double now = asr_monotonic();
  expire(e, now); /* first: what is late never starts */
  asr_dispatch(e, now + budget);
  serve_timers(e, now + budget);
  int n = serve_sockets(e, e->finished != before ? 0 : timeout);
  now = asr_monotonic();
  expire(e, now);
  serve_timers(e, now + budget);
  asr_dispatch(e, now + budget);
  return n >= 0;
}

const char *asr_engine_version(void) {
  return curl_version_info(CURLVERSION_NOW)->version;
}

int asr_engine_fd(const asr_engine *e) {
  return e->watches.set;
}

bool asr_engine_watch(asr_engine *e, int fd) {
  return asr_readiness_watch(e->watches.set, fd);
}

void asr_engine_counts(const asr_engine *e, asr_counts *counts) {
  counts->waiting = e->waiting;
  counts->active = e->busy.count;
  counts->sockets = e->watches.count;
  counts->handles = e->open;
  counts->opened = e->opened;
  counts->reused = e->reused;
  counts->finished = e->finished;
}
