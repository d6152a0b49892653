/* SPDX-License-Identifier: MIT */
/* Which job goes over which connection, and when one is made. */
#include "net/descriptors.h"
#include "net/engine_state.h"

/* To one origin at a time: later ones resume the TLS of earlier ones. */
enum { DIALS = 6 };

static const double idle_most = 110; /* seconds; servers hang up at 120 */

void asr_dispatch_drop(asr_engine *e, struct asr_connection *c) {
  e->open--;
  e->eager = true; /* there is room for another */
  asr_connection_free(c);
}

void asr_dispatch_queue(asr_engine *e, asr_job *job, bool front) {
  asr_list *waiting = &job->to->waiting;
  if (front) {
    asr_list_push_front(waiting, job);
  } else {
    asr_list_push(waiting, job);
  }
  e->waiting++;
  e->eager = true;
}

static asr_job *next_job(asr_engine *e, struct asr_origin *o) {
  asr_job *job = asr_list_pop(&o->waiting);
  e->waiting -= job != NULL;
  return job;
}

/* ---- connections that wait for a job ---- */

static bool is_fresh(const asr_engine *e, const struct asr_connection *c) {
  double now = asr_monotonic(), age = e->options->max_connection_age;
  return now - c->at < idle_most && (age <= 0 || now - c->born < age);
}

static struct asr_connection *take_idle(asr_engine *e, struct asr_origin *o) {
  struct asr_connection *c;
  while ((c = o->idle.first) != NULL) {
    asr_connections_remove(&o->idle, c);
    /* made for another job, which did not wait for it */
    c->used = c->used || c->at < o->waiting.first->started;
    if (is_fresh(e, c) && (!c->used || asr_connection_is_sound(c))) {
      return c;
    }
    asr_dispatch_drop(e, c);
  }
  return NULL;
}

static bool has_none(const struct asr_origin *o) {
  return o->dialing == 0 && o->busy == 0 && o->idle.count == 0;
}

/* Whether the turn is another origin's, which has waited longer and cannot
 * have a connection while those that have all of them keep them. */
static bool owes(const asr_engine *e, const struct asr_origin *o) {
  if (e->open < e->options->max_connections) {
    return false;
  }
  for (const struct asr_origin *x = e->origins; x != NULL; x = x->next) {
    if (x != o && x->waiting.count > 0 && has_none(x) &&
        x->waiting.first->started <= o->waiting.first->started) {
      return true;
    }
  }
  return false;
}

static void serve(asr_engine *e, struct asr_origin *o) {
  struct asr_connection *c;
  while (o->waiting.count > 0 && !owes(e, o) && (c = take_idle(e, o)) != NULL) {
    asr_exchange_begin(e, c, next_job(e, o));
  }
}

/* ---- connections that are made ---- */

/* One look-up at a time for each name: each is a thread of libcurl's. */
static bool is_looking_up(const asr_engine *e, const struct asr_origin *o) {
  const struct asr_connection *c;
  for (c = e->dials.first; c != NULL; c = c->next) {
    if (c->origin == o && !c->named) {
      return true;
    }
  }
  return false;
}

static bool make_room(asr_engine *e, const struct asr_origin *o) {
  struct asr_origin *other;
  if (e->open < e->options->max_connections) {
    return true;
  }
  for (other = e->origins; other != NULL; other = other->next) {
    if (other != o && other->idle.count > 0) {
      struct asr_connection *c = other->idle.last;
      asr_connections_remove(&other->idle, c);
      asr_dispatch_drop(e, c);
      return true;
    }
  }
  return false;
}

static bool wants_dial(asr_engine *e, struct asr_origin *o) {
  return o->waiting.count > o->dialing && o->dialing < DIALS &&
         !(o->failing && o->dialing > 0) && !is_looking_up(e, o) &&
         make_room(e, o);
}

static void fail_first(asr_engine *e, struct asr_origin *o, asr_kind kind,
                       const char *note) {
  asr_job *job = next_job(e, o);
  asr_job_fail(job, job->sent ? ASR_RESET : kind, note);
  asr_engine_hand_back(e, job);
}

/* Each dial that fails fails a job, as if it had been the job's own. The last
 * way to an origin that is cut fails all that waited for it: they would
 * otherwise wait for the same failure again, one after the other. */
static void fail_waiting(asr_engine *e, struct asr_connection *c) {
  struct asr_origin *o = c->origin;
  const char *note = NULL;
  asr_kind kind = asr_connector_blame(&e->connector, c, &note);
  bool all = has_none(o);
  while (o->waiting.first != NULL && o->waiting.first->started <= c->begun) {
    fail_first(e, o, kind, note);
    if (!all) {
      return;
    }
  }
}

void asr_dispatch_dial(asr_engine *e, struct asr_connection *c,
                       enum asr_moved moved) {
  if (moved == ASR_STUCK) {
    /* once the name is known, there may be further ones */
    e->eager =
        e->eager || (c->named && c->origin->waiting.count > c->origin->dialing);
    return;
  }
  asr_connections_remove(&e->dials, c);
  c->origin->dialing--;
  e->eager = true;
  if (moved == ASR_MOVED) {
    e->opened++;
    c->origin->failing = false;
    asr_connections_push(&c->origin->idle, c);
    return;
  }
  c->origin->failing = true; /* what is under way decides about the rest */
  fail_waiting(e, c);
  asr_dispatch_drop(e, c);
}

static void dial(asr_engine *e, struct asr_origin *o) {
  struct asr_connection *c =
      asr_connector_dial(&e->connector, o, asr_monotonic());
  if (c == NULL) {
    char note[ASR_DESCRIPTORS_NOTE] = "not enough memory for a connection";
    if (asr_descriptors_lack(e->watches.set)) {
      asr_descriptors_note(e->options->max_connections, note, sizeof note);
    }
    fail_first(e, o, ASR_CONNECT, note);
    return;
  }
  asr_connections_push(&e->dials, c);
  o->dialing++;
  e->open++;
  asr_dispatch_dial(e, c, asr_connector_move(c, -1, 0));
}

/* False: it is late. */
static bool dial_for(asr_engine *e, struct asr_origin *o, double until) {
  while (wants_dial(e, o)) {
    dial(e, o);
    if (asr_monotonic() > until) {
      e->eager = true;
      return false;
    }
  }
  return true;
}

void asr_dispatch(asr_engine *e, double until) {
  struct asr_origin *o;
  bool early = true;
  if (!e->eager) {
    return;
  }
  e->eager = false;
  for (o = e->origins; o != NULL; o = o->next) {
    serve(e, o);
  }
  for (o = e->origins; early && o != NULL; o = o->next) {
    early = !has_none(o) || dial_for(e, o, until);
  }
  for (o = e->origins; early && o != NULL; o = o->next) {
    early = dial_for(e, o, until);
  }
}
