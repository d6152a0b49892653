/* SPDX-License-Identifier: MIT */
#include "net/engine.h"

#include <errno.h>
#include <pthread.h>

#include "core/pin.h"
#include "core/mem.h"
#include "net/deadlines.h"
#include "net/readiness.h"
#include "net/sockets.h"
#include "net/transfer.h"

enum { EVENTS = 64 };

struct asr_engine {
  CURLM *multi;
  CURLSH *share;       /* TLS sessions, so that a new connection resumes */
  int set;             /* of the descriptors to wait for, or -1 */
  int watched;         /* somebody else's descriptor, or -1 */
  double timer;        /* when libcurl wants to be called; negative: never */
  asr_list waiting;    /* in order of arrival */
  asr_deadlines times; /* of all jobs that are in */
  size_t idle_count, handles;
  asr_sockets sockets;
  asr_wiring wiring;
  const asr_options *options;
  asr_done *done;
  void *arg;
  uint64_t opened, reused, finished;
  asr_transfer *idle[]; /* a stack of max_connections; `handles` were made */
};

/* ---- libcurl's callbacks: they note, and call nothing ---- */

static int on_timer(CURLM *multi, long ms, void *arg) {
  asr_engine *e = arg;
  (void)multi;
  e->timer = ms < 0 ? -1 : asr_monotonic() + (double)ms / 1000;
  return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *known) {
  asr_engine *e = arg;
  int wanted = (what & CURL_POLL_IN ? ASR_READABLE : 0) |
               (what & CURL_POLL_OUT ? ASR_WRITABLE : 0);
  (void)easy;
  if (what == CURL_POLL_REMOVE) {
    asr_readiness_forget(e->set, fd);
    return 0;
  }
  if (!known)
    curl_multi_assign(e->multi, fd, e);
  asr_readiness_want(e->set, fd, wanted, known);
  return 0;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose,
                             struct curl_sockaddr *to) {
  asr_engine *e = arg;
  (void)purpose;
  return asr_sockets_open(&e->sockets, to->family, to->socktype, to->protocol);
}

/* A child of a fork may keep the socket open, and then closing it here does
 * not take it out of the set. */
static int on_close(void *arg, curl_socket_t fd) {
  asr_engine *e = arg;
  asr_readiness_forget(e->set, fd);
  asr_sockets_close(&e->sockets, fd);
  return 0;
}

/* ---- making and unmaking ---- */

static pthread_once_t global_once = PTHREAD_ONCE_INIT;
static void global_init(void) {
  asr_pin();
  curl_global_init(CURL_GLOBAL_DEFAULT);
}

static bool wire_multi(asr_engine *e) {
  long most = (long)e->options->max_connections;
  CURLM *m = e->multi;
  return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_SOCKETDATA, e) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_TIMERDATA, e) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_MAX_TOTAL_CONNECTIONS, most) ==
             CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_MAXCONNECTS, most) == CURLM_OK &&
         curl_share_setopt(e->share, CURLSHOPT_SHARE,
                           CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK;
}

asr_engine *asr_engine_new(const asr_options *options, asr_done *done,
                           void *arg) {
  size_t stack = options->max_connections * sizeof(void *);
  asr_engine *e = asr_zeroed(sizeof *e + stack);
  if (!e)
    return NULL;
  pthread_once(&global_once, global_init);
  e->options = options;
  e->done = done;
  e->arg = arg;
  e->timer = -1;
  e->watched = -1;
  e->set = asr_readiness_open();
  e->multi = curl_multi_init();
  e->share = curl_share_init();
  /* Two address families may be tried at a time for each connection. */
  if (e->set >= 0 && e->multi && e->share &&
      asr_sockets_init(&e->sockets, options->max_connections * 4 + 16) &&
      wire_multi(e)) {
    e->wiring = (asr_wiring){options, e->share, on_open, on_close, e};
    return e;
  }
  asr_engine_free(e);
  return NULL;
}

static void hand_back(asr_engine *e, asr_job *job) {
  asr_deadlines_remove(&e->times, job);
  e->finished++;
  e->done(e->arg, job);
}

static void stop_all(asr_engine *e) {
  asr_job *job;
  while ((job = asr_deadlines_first(&e->times)))
    asr_engine_stop(e, job, ASR_CLOSED);
}

void asr_engine_free(asr_engine *e) {
  if (!e)
    return;
  stop_all(e);
  while (e->idle_count > 0)
    asr_transfer_free(e->idle[--e->idle_count]);
  if (e->multi)
    curl_multi_cleanup(e->multi);
  if (e->share)
    curl_share_cleanup(e->share);
  asr_sockets_free(&e->sockets);
  asr_deadlines_free(&e->times);
  if (e->set >= 0)
    asr_readiness_close(e->set);
  asr_free(e);
}

void asr_engine_abandon(asr_engine *e) {
  if (!e)
    return;
  asr_sockets_abandon(&e->sockets);
  asr_readiness_abandon(e->set);
}

/* ---- jobs in and out ---- */

static asr_transfer *idle_transfer(asr_engine *e) {
  asr_transfer *t;
  if (e->idle_count > 0)
    return e->idle[--e->idle_count];
  t = asr_transfer_new(&e->wiring);
  if (t)
    e->handles++;
  return t;
}

static void start(asr_engine *e, asr_job *job) {
  asr_transfer *t = idle_transfer(e);
  if (!t) {
    asr_job_fail(job, ASR_CONNECT, "not enough memory for a connection");
    hand_back(e, job);
    return;
  }
  if (asr_transfer_begin(t, job)) {
    if (curl_multi_add_handle(e->multi, t->easy) == CURLM_OK)
      return;
    asr_transfer_stop(t, ASR_CONNECT, "not enough memory for a connection");
  }
  e->idle[e->idle_count++] = t;
  hand_back(e, job);
}

static bool can_start(const asr_engine *e) {
  size_t active = e->handles - e->idle_count;
  return e->waiting.count > 0 && active < e->options->max_connections;
}

static void start_waiting(asr_engine *e) {
  while (can_start(e))
    start(e, asr_list_pop(&e->waiting));
}

bool asr_engine_add(asr_engine *e, asr_job *job) {
  if (!asr_deadlines_add(&e->times, job))
    return false;
  asr_list_push(&e->waiting, job);
  return true;
}

/* Takes the transfer off the wire. An unfinished one takes its connection
 * (or, in HTTP/2, its stream) with it: nobody meets the rest of an answer. */
static void retire(asr_engine *e, asr_transfer *t) {
  curl_multi_remove_handle(e->multi, t->easy);
  e->idle[e->idle_count++] = t;
}

/* Where the time went; NULL for failures of another kind. */
static const char *phase_of(const asr_job *job, asr_kind kind) {
  const asr_transfer *t = job->transfer;
  if (kind != ASR_TIMEOUT)
    return NULL;
  if (!t)
    return "the time allowed has passed while others had all connections";
  if (!t->asked)
    return "the time allowed has passed before there was a connection";
  return job->head_done ? "the time allowed has passed within the answer"
                        : "the time allowed has passed without an answer";
}

void asr_engine_stop(asr_engine *e, asr_job *job, asr_kind kind) {
  const char *note = phase_of(job, kind);
  asr_transfer *t = job->transfer;
  if (t) {
    asr_transfer_stop(t, kind, note);
    retire(e, t);
  } else {
    asr_list_remove(&e->waiting, job);
    asr_job_fail(job, kind, note);
    job->elapsed = asr_monotonic() - job->started;
  }
  hand_back(e, job);
}

static void count_connection(asr_engine *e, const asr_transfer *t) {
  long made = 0;
  curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &made);
  e->opened += (uint64_t)made;
  if (made == 0 && t->asked)
    e->reused++;
}

static bool reap(asr_engine *e) {
  CURLMsg *message;
  int left;
  bool any = false;
  while ((message = curl_multi_info_read(e->multi, &left))) {
    asr_transfer *t = NULL;
    asr_job *job;
    CURLcode code = message->data.result; /* gone after the removal */
    if (message->msg != CURLMSG_DONE)
      continue;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
    job = t->job;
    count_connection(e, t);
    asr_transfer_end(t, code);
    retire(e, t);
    hand_back(e, job);
    any = true;
  }
  return any;
}

static bool expire(asr_engine *e, double now) {
  asr_job *job;
  bool any = false;
  while ((job = asr_deadlines_first(&e->times)) && job->deadline <= now) {
    asr_engine_stop(e, job, ASR_TIMEOUT);
    any = true;
  }
  return any;
}

/* ---- driving ---- */

static void act(asr_engine *e, curl_socket_t fd, int what) {
  int running;
  curl_multi_socket_action(e->multi, fd, what, &running);
}

/* libcurl may set the timer anew, and to now, while it is being served. */
static void serve_timer(asr_engine *e) {
  int rounds;
  for (rounds = 0; rounds < 4; rounds++) {
    if (e->timer < 0 || e->timer > asr_monotonic())
      return;
    e->timer = -1;
    act(e, CURL_SOCKET_TIMEOUT, 0);
  }
}

static double soonest(double a, double b) {
  if (a < 0)
    return b;
  return b < 0 || a < b ? a : b;
}

double asr_engine_timeout(const asr_engine *e) {
  const asr_job *first = asr_deadlines_first(&e->times);
  double at, left;
  if (can_start(e))
    return 0;
  at = soonest(e->timer, first ? first->deadline : -1);
  if (at < 0)
    return -1;
  left = at - asr_monotonic();
  return left > 0 ? left : 0;
}

static int milliseconds(double seconds) {
  if (seconds <= 0)
    return 0;
  return seconds > 1e6 ? 1000000000 : (int)(seconds * 1000 + 0.999);
}

static int for_curl(int what) {
  return (what & ASR_READABLE ? CURL_CSELECT_IN : 0) |
         (what & ASR_WRITABLE ? CURL_CSELECT_OUT : 0) |
         (what & ASR_ERROR ? CURL_CSELECT_ERR : 0);
}

/* Returns how many descriptors had something, or -1 if a signal came. */
static int serve_sockets(asr_engine *e, double timeout) {
  asr_ready ready[EVENTS];
  double own = asr_engine_timeout(e);
  double wait = own >= 0 && own < timeout ? own : timeout;
  int i, n = asr_readiness_wait(e->set, ready, EVENTS, milliseconds(wait));
  for (i = 0; i < n; i++)
    if (ready[i].fd != e->watched)
      act(e, ready[i].fd, for_curl(ready[i].what));
  return n < 0 && errno != EINTR ? 0 : n;
}

bool asr_engine_drive(asr_engine *e, double timeout) {
  bool any = expire(e, asr_monotonic()); /* first: what is late never starts */
  int n;
  start_waiting(e);
  serve_timer(e);
  if (reap(e) || any)
    timeout = 0;
  n = serve_sockets(e, timeout);
  serve_timer(e);
  reap(e);
  expire(e, asr_monotonic());
  if (can_start(e)) {
    start_waiting(e);
    serve_timer(e);
  }
  return n >= 0;
}

const char *asr_engine_version(void) {
  return curl_version_info(CURLVERSION_NOW)->version;
}

int asr_engine_fd(const asr_engine *e) {
  return e->set;
}

bool asr_engine_watch(asr_engine *e, int fd) {
  e->watched = fd;
  return asr_readiness_watch(e->set, fd);
}

void asr_engine_counts(const asr_engine *e, asr_counts *counts) {
  counts->waiting = e->waiting.count;
  counts->active = e->handles - e->idle_count;
  counts->sockets = e->sockets.open;
  counts->handles = e->handles;
  counts->opened = e->opened;
  counts->reused = e->reused;
  counts->finished = e->finished;
}
