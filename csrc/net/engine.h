/* SPDX-License-Identifier: MIT */
/*
 * The engine moves jobs over the wire: it speaks HTTP/1.1 itself on
 * connections that libcurl makes and carries, and waits with one set of
 * descriptors. Jobs beyond the limit of connections wait their turn. It
 * belongs to one thread at a time: the caller's, or an io_thread. Stop and
 * drive are called behind the gate of net/forkgate.h, new and free before it.
 */
#ifndef ASR_ENGINE_H
#define ASR_ENGINE_H

#include "net/job.h"
#include "net/options.h"

typedef struct asr_engine asr_engine;

/* A job has its answer or its failure: it goes back to whom it came from.
 * Must not call the engine. */
typedef void asr_done(void *arg, asr_job *job);

typedef struct asr_counts {
  size_t waiting, active; /* now */
  size_t sockets;         /* open now */
  size_t handles;         /* connections, those being made included */
  uint64_t opened;        /* connections made */
  uint64_t reused;        /* requests that found a connection open */
  uint64_t finished;      /* jobs handed back */
} asr_counts;

/* `options` must outlive the engine. NULL: no memory, or no descriptors. */
asr_engine *asr_engine_new(const asr_options *options, asr_done *done,
                           void *arg);
/* Every job that is still in comes back through `done` as ASR_CLOSED. */
void asr_engine_free(asr_engine *engine);
/* In a fork's child: closes the descriptors and forgets the rest. Jobs that
 * were in are not handed back, for the memory may be in any state. */
void asr_engine_abandon(asr_engine *engine);

/* Takes a job over. False: no memory; the job stays with the caller. */
bool asr_engine_add(asr_engine *engine, asr_job *job);
/* Gives up a job that is in; it comes back at once. */
void asr_engine_stop(asr_engine *engine, asr_job *job, asr_kind kind);
/* Moves what can be moved, waiting up to `timeout` seconds (0: not at all)
 * for the first thing to happen. Making connections takes a budget of its
 * time, so that a step without a wait stays short. It waits before the gate.
 * False if a signal cut the waiting short. */
bool asr_engine_drive(asr_engine *engine, double timeout);

/* The version of libcurl that runs: "7.88.1". */
const char *asr_engine_version(void);

/* Readable when there is something to drive. */
int asr_engine_fd(const asr_engine *engine);
/* Seconds until drive has something to do whatever the descriptor says;
 * negative: never. */
double asr_engine_timeout(const asr_engine *engine);
void asr_engine_counts(const asr_engine *engine, asr_counts *counts);
/* Has drive return each time that `fd`, a wakeup's, is raised. */
bool asr_engine_watch(asr_engine *engine, int fd);

#endif
