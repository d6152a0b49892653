/* SPDX-License-Identifier: MIT */
/*
 * The pool of connections as its user sees it: a request in flight is a
 * ticket. Nothing here knows Lua, and nothing is called back: what has
 * finished waits until it is asked for.
 *
 * A pool belongs to one thread. It starts nothing before the first request.
 * After a fork the child's copy notices at its next call: it closes what it
 * inherited without a word to the other side, fails the tickets that were in
 * flight as ASR_CLOSED, and starts afresh.
 */
#ifndef ASR_POOL_H
#define ASR_POOL_H

#include "net/engine.h"
#include "net/outbox.h"
#include "net/slots.h"

typedef struct asr_pool asr_pool;

/* Copies the options. NULL: no memory. */
asr_pool *asr_pool_new(const asr_options *options);
/* Ends what is in flight without waiting for it. NULL is fine. */
void asr_pool_free(asr_pool *pool);

/* A ticket, or 0 and the reason. The request is copied. */
asr_ticket asr_pool_submit(asr_pool *pool, const asr_request *request,
                           asr_refusal *why);
/* The same with a draft, whose block becomes the request's. 0: the draft is
 * the caller's still, unless memory ran out. */
asr_ticket asr_pool_send(asr_pool *pool, struct asr_draft *draft,
                         const struct asr_errand *errand, asr_refusal *why);
/* Sends a draft's job, which was taken, once more. 0: it is the caller's
 * still. */
asr_ticket asr_pool_send_again(asr_pool *pool, asr_job *job,
                               const struct asr_errand *errand,
                               asr_refusal *why);
/* Gives the pool an outbox to move, which it shares, before its first
 * request; once. False: it is too late. */
bool asr_pool_attach(asr_pool *pool, asr_outbox *outbox);
/* Puts a message into the outbox. False: it was not taken, and why. */
bool asr_pool_enqueue(asr_pool *pool, const asr_message *message,
                      asr_refusal *why);
/* Moves what can be moved, waiting up to `timeout` seconds for something to
 * finish, a message of the outbox too; returns how many tickets are in
 * flight. */
size_t asr_pool_step(asr_pool *pool, double timeout);
/* Steps until the ticket has finished, the time has passed or a signal has
 * come. True if it has finished, or is unknown: then collect says so. */
bool asr_pool_wait(asr_pool *pool, asr_ticket ticket, double timeout);
/* The next finished ticket that this was not told of before, or 0. Of those
 * that were submitted as `untold` it never speaks. */
asr_ticket asr_pool_poll(asr_pool *pool);
/* A finished job, to be looked at; NULL if it is in flight or unknown. */
const asr_job *asr_pool_look(asr_pool *pool, asr_ticket ticket);
/* The finished job, which is the caller's from now on (asr_job_release), or
 * NULL if it is in flight or unknown. */
asr_job *asr_pool_take(asr_pool *pool, asr_ticket ticket);
/* Asks for the ticket to finish as ASR_CANCELLED; false if it is not in
 * flight. It still has to be collected. */
bool asr_pool_cancel(asr_pool *pool, asr_ticket ticket);
bool asr_pool_knows(asr_pool *pool, asr_ticket ticket);

size_t asr_pool_in_flight(asr_pool *pool);
/* Whether step could bring anything: a ticket or a message is under way. */
bool asr_pool_is_moving(const asr_pool *pool);
void asr_pool_counts(asr_pool *pool, asr_counts *counts);
/* A descriptor that is readable when step has something to do, or -1. */
int asr_pool_fd(asr_pool *pool);
/* Seconds after which step wants to be called anyway; negative: never. */
double asr_pool_timeout(asr_pool *pool);

#endif
