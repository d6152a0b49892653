/* SPDX-License-Identifier: MIT */
/* What the parts of the engine share: engine.c drives, dispatch.c gives jobs
 * connections, exchange.c carries one request and its answer. */
#ifndef ASR_ENGINE_STATE_H
#define ASR_ENGINE_STATE_H

#include "net/connector.h"
#include "net/deadlines.h"
#include "net/engine.h"

struct asr_engine {
  const asr_options *options;
  asr_done *done;
  void *arg;
  struct asr_watches watches;
  struct asr_connector connector;
  struct asr_origin *origins;
  struct asr_connections dials, busy;
  size_t open;         /* connections, those being made included */
  size_t waiting;      /* jobs that have no connection */
  asr_deadlines times; /* of all jobs that are in */
  bool eager;          /* there may be a job that could begin */
  uint64_t opened, reused, finished;
  char *scratch; /* where what comes is put first */
};

/* ---- dispatch.c ---- */

/* Gives connections to jobs that wait, and begins to make some, until `until`
 * (monotonic) at most. */
void asr_dispatch(asr_engine *e, double until);
/* A dial has moved on. */
void asr_dispatch_dial(asr_engine *e, struct asr_connection *c,
                       enum asr_moved moved);
/* Puts a job to those that wait, in front of them or behind. */
void asr_dispatch_queue(asr_engine *e, asr_job *job, bool front);
/* Ends a connection that carries no job any more. */
void asr_dispatch_drop(asr_engine *e, struct asr_connection *c);

/* ---- exchange.c ---- */

/* Sends a job over a connection that is idle, in no list. */
void asr_exchange_begin(asr_engine *e, struct asr_connection *c, asr_job *job);
/* The socket of a connection has something. */
void asr_exchange_event(asr_engine *e, struct asr_connection *c, int what);
/* Takes a job off its connection, which ends. */
void asr_exchange_stop(asr_engine *e, asr_job *job, asr_kind kind,
                       const char *note);

/* ---- engine.c ---- */

void asr_engine_hand_back(asr_engine *e, asr_job *job);

#endif
