/* SPDX-License-Identifier: MIT */
/* One request and its answer over one connection. */
#include "net/engine_state.h"

#include <stdio.h>

/* ---- the job leaves its connection ---- */

static asr_job *leave(asr_engine *e, struct asr_connection *c) {
  asr_job *job = c->job;
  c->job = NULL;
  job->connection = NULL;
  asr_connections_remove(&e->busy, c);
  c->origin->busy--;
  e->eager = true;
  return job;
}

static bool is_young(const asr_engine *e, const struct asr_connection *c) {
  double age = e->options->max_connection_age;
  return age <= 0 || c->at - c->born < age;
}

/* The connection waits for another job, or ends. */
static void let_go(asr_engine *e, struct asr_connection *c, bool keep) {
  c->at = asr_monotonic();
  if (keep && is_young(e, c)) {
    asr_connections_push(&c->origin->idle, c);
  } else {
    asr_dispatch_drop(e, c);
  }
}

static void finish(asr_engine *e, struct asr_connection *c, bool surplus) {
  bool keep = !surplus && asr_http1_keeps(&c->job->in) &&
              c->written == c->job->wire_len;
  asr_job *job = leave(e, c);
  let_go(e, c, keep);
  asr_engine_hand_back(e, job);
}

static void fail(asr_engine *e, struct asr_connection *c, asr_kind kind,
                 const char *note) {
  asr_job *job = leave(e, c);
  asr_dispatch_drop(e, c);
  asr_job_fail(job, kind, note);
  asr_engine_hand_back(e, job);
}

void asr_exchange_stop(asr_engine *e, asr_job *job, asr_kind kind,
                       const char *note) {
  fail(e, job->connection, kind, note);
}

/* ---- how an answer ends ---- */

/* An answer whose connection then broke. For a GET the body is the answer;
 * for all else the status says what became of the request. */
static bool is_good_enough(const asr_job *job) {
  return job->in.head_done && (job->in.status >= 300 || !job->get);
}

/* A kept connection had died, and the request with it: it goes out again if
 * nothing of it can have been read, or a second time does no harm. */
static bool may_move(const struct asr_connection *c) {
  const asr_job *job = c->job;
  return job->reused && !asr_http1_began(&job->in) &&
         (!job->sent || job->repeatable);
}

static void move_elsewhere(asr_engine *e, struct asr_connection *c) {
  asr_job *job = leave(e, c);
  asr_dispatch_drop(e, c);
  asr_job_rewind(job);
  asr_dispatch_queue(e, job, true);
}

/* After a write that failed, too, a socket reads as if it had ended well. */
static void broken(asr_engine *e, struct asr_connection *c) {
  if (!c->lost && asr_http1_end(&c->job->in) == ASR_HTTP1_WHOLE) {
    finish(e, c, true);
  } else if (may_move(c)) {
    move_elsewhere(e, c);
  } else if (is_good_enough(c->job)) {
    c->job->truncated = true;
    finish(e, c, true);
  } else {
    fail(e, c, ASR_RESET, NULL);
  }
}

static void refuse(asr_engine *e, struct asr_connection *c) {
  const struct asr_http1 *in = &c->job->in;
  char note[160];
  switch (in->state) {
  case ASR_HTTP1_LARGE:
    fail(e, c, ASR_TOO_LARGE, in->problem);
    break;
  case ASR_HTTP1_NOMEM:
    fail(e, c, ASR_CONNECT, in->problem);
    break;
  default:
    snprintf(note, sizeof note, "%s: %s", asr_kind_text(ASR_PROTOCOL),
             in->problem);
    fail(e, c, ASR_PROTOCOL, note);
  }
}

/* Whether the exchange goes on; if not, the connection may be gone. */
static bool read_answer(asr_engine *e, struct asr_connection *c) {
  bool surplus = false;
  switch (asr_connection_read(c, e->scratch, &surplus)) {
  case ASR_STUCK:
    return true;
  case ASR_ENDED:
    broken(e, c);
    return false;
  case ASR_MOVED:
    break;
  }
  if (c->job->in.state == ASR_HTTP1_WHOLE) {
    finish(e, c, surplus);
  } else {
    refuse(e, c);
  }
  return false;
}

/* A write that fails may do so because the answer came early. */
static void write_request(asr_engine *e, struct asr_connection *c) {
  if (asr_connection_write(c) == ASR_ENDED && read_answer(e, c)) {
    broken(e, c);
  }
}

/* ---- from outside ---- */

static bool compose(const asr_engine *e, const struct asr_connection *c,
                    asr_job *job) {
  if (job->composed) { /* never with a proxy: the pool sees to that */
    return true;
  }
  bool forwards = asr_connector_forwards(&e->connector, c->origin);
  job->head.base = asr_span_of(forwards ? job->origin : NULL);
  job->head.more = asr_span_of(forwards ? e->options->forward.line : NULL);
  return asr_job_compose(job);
}

void asr_exchange_begin(asr_engine *e, struct asr_connection *c, asr_job *job) {
  asr_connections_push(&e->busy, c);
  c->origin->busy++;
  asr_connection_begin(c, job);
  if (!compose(e, c, job)) {
    fail(e, c, ASR_CONNECT, "not enough memory for the request");
    return;
  }
  e->reused += job->reused;
  write_request(e, c);
}

/* The other end of an idle connection spoke, or hung up. */
static void look_at_idle(asr_engine *e, struct asr_connection *c) {
  if (!asr_connection_is_sound(c)) {
    asr_connections_remove(&c->origin->idle, c);
    asr_dispatch_drop(e, c);
  }
}

void asr_exchange_event(asr_engine *e, struct asr_connection *c, int what) {
  if (c->job == NULL) {
    look_at_idle(e, c);
    return;
  }
  bool heard = (what & (ASR_READABLE | ASR_ERROR)) != 0;
  if (heard && !read_answer(e, c)) {
    return;
  }
  if ((what & ASR_WRITABLE) != 0) {
    write_request(e, c);
  }
}
