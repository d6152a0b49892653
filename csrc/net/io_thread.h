/* SPDX-License-Identifier: MIT */
/*
 * An engine with a thread of its own. Jobs go in and come out through two
 * lists under one lock; how many there can be is bounded by the pool that
 * hands them in. The thread touches jobs and libcurl, and nothing else.
 *
 * All functions but the thread's own belong to one thread, the owner's.
 */
#ifndef ASR_IO_THREAD_H
#define ASR_IO_THREAD_H

#include "net/engine.h"
#include "net/outbox.h"

typedef struct asr_io asr_io;

/* Starts the thread. It moves `outbox` too, unless that is NULL; both must
 * outlive it. NULL: no memory, descriptors or thread. */
asr_io *asr_io_new(const asr_options *options, asr_outbox *outbox);
/* Ends the thread. The jobs that were handed in stay with the owner, who may
 * free them then. Waits for nothing but the thread's present step, and a step
 * never blocks. */
void asr_io_free(asr_io *io);
/* In a fork's child, where there is no such thread and the lock may be held
 * for ever: closes the descriptors and forgets the rest. */
void asr_io_abandon(asr_io *io);

/* Hands a job over; it comes back through asr_io_take. */
void asr_io_submit(asr_io *io, asr_job *job);
/* There is something in the outbox. */
void asr_io_wake(asr_io *io);
/* Asks for a job to be given up. It comes back when the thread has done so,
 * or had finished it before; the thread holds it (asr_job_hold) as long as it
 * may look at it. */
void asr_io_stop(asr_io *io, asr_job *job, asr_kind kind);
/* Moves what has come back to `out`; never waits. */
void asr_io_take(asr_io *io, asr_list *out);
/* Waits up to `timeout` seconds for something to come back. False if a
 * signal cut the waiting short. */
bool asr_io_wait(asr_io *io, double timeout);

/* Readable as long as something waits to be taken, or the outbox has news. */
int asr_io_fd(const asr_io *io);
void asr_io_counts(asr_io *io, asr_counts *counts);

#endif
