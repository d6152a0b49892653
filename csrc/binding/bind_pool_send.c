/* SPDX-License-Identifier: MIT */
/*
 * The pool's short way: a draft goes out and its answer comes back, each in
 * one crossing, with no table for a plain success.
 *
 * With an answer that was no success comes its request, which can be sent
 * again as it is.
 */
#include <string.h>

#include "binding/bind_place.h"
#include "binding/bind_pool.h"

static const double LONG = 3600; /* a ticket's own deadline ends it earlier */

/* Arguments of send, exchange and again, from 2 on; the draft or the ticket is
 * at 3. */
enum { PLACE = 2, DRAFT = 3, TIMEOUT, CREDENTIAL, QUERY, MOST };

static asr_pool_box *box_of(lua_State *L) {
  return asr_check_object(L, 1, ASR_POOL_CLASS);
}

static asr_ticket ticket_arg(lua_State *L, int arg) {
  return asr_check_whole(L, arg, "ticket", 1, INT64_C(1) << 53);
}

static int refuse(lua_State *L, const char *kind, const char *note) {
  lua_pushnil(L);
  lua_pushstring(L, kind);
  lua_pushstring(L, note);
  return 3;
}

static int refuse_closed(lua_State *L) {
  return refuse(L, asr_kind_name(ASR_CLOSED), asr_kind_text(ASR_CLOSED));
}

/* ---- what goes out ---- */

/* Reads the arguments. Returns 0, or how many values say why not. */
static int read_errand(lua_State *L, asr_pool_box *box,
                       struct asr_errand *errand) {
  size_t n = 0;
  memset(errand, 0, sizeof *errand);
  errand->place = asr_check_object(L, PLACE, ASR_PLACE_CLASS);
  errand->timeout = asr_check_number(L, TIMEOUT, "timeout");
  errand->query.p = asr_opt_string(L, QUERY, "query", &n);
  errand->query.n = n;
  errand->max_response = lua_isnoneornil(L, MOST)
                             ? box->max_response
                             : (size_t)asr_check_whole(L, MOST, "max_response",
                                                       1, INT64_C(1) << 31);
  if (box->pool == NULL) {
    return refuse_closed(L);
  }
  if (lua_isnoneornil(L, CREDENTIAL)) {
    return 0;
  }
  asr_buf_reset(&box->line, ASR_TOKEN_MAX);
  if (!asr_authorize(L, CREDENTIAL, errand->place, &box->line)) {
    return refuse_closed(L);
  }
  errand->authorization = asr_buf_span(&box->line);
  return 0;
}

static int hand_over(lua_State *L, asr_pool_box *box,
                     struct asr_draft_box *draft, int untold,
                     asr_ticket *ticket) {
  asr_refusal why = {ASR_CLOSED, NULL};
  struct asr_errand errand;
  int refused = read_errand(L, box, &errand);
  if (refused) {
    return refused;
  }
  size_t body = asr_draft_body(&draft->draft).n;
  struct asr_sizes more = {errand.query.n, errand.authorization.n};
  refused = asr_refuse_large(L, errand.place, body, more);
  if (refused) {
    return refused;
  }
  errand.has_body = body > 0 || errand.place->has_body;
  errand.untold = untold;
  *ticket = asr_pool_send(box->pool, &draft->draft, &errand, &why);
  return *ticket != 0 ? 0 : refuse(L, asr_kind_name(why.kind), why.note);
}

/* Sends the draft, which is gone then. Returns 0 and the ticket, or how many
 * values say why not. */
static int send(lua_State *L, asr_pool_box *box, int untold,
                asr_ticket *ticket) {
  struct asr_draft_box *draft = asr_check_object(L, DRAFT, ASR_DRAFT_CLASS);
  if (!draft->busy) {
    return luaL_error(L, "the draft has been taken");
  }
  int refused = hand_over(L, box, draft, untold, ticket);
  asr_draft_close(&draft->draft);
  draft->busy = 0;
  return refused;
}

/* pool:send(place, draft, timeout, credential, query, max_response)
 *   -> ticket | nil, kind, message or size */
int asr_pool_send_draft(lua_State *L) {
  asr_ticket ticket = 0;
  int refused = send(L, box_of(L), 0, &ticket);
  if (refused) {
    return refused;
  }
  lua_pushinteger(L, (lua_Integer)ticket);
  return 1;
}

/* ---- what comes back ---- */

/* A success that says nothing more: no string and no table is made of it. */
static int is_plain(const asr_job *job) {
  int status = asr_job_status(job);
  return job->kind == ASR_FINE && status >= 200 && status < 300 &&
         !job->truncated && (status == 204 || asr_job_data(job).n == 0);
}

/* Pushes what came of a job that was taken, and the request where it was no
 * success. [-0, +2..3] */
static void push_taken(lua_State *L, struct asr_taken *taken) {
  const asr_job *job = taken->job;
  int at = lua_gettop(L), status = asr_job_status(job);
  int fine = job->kind == ASR_FINE;
  if (fine) {
    lua_pushinteger(L, status);
  }
  asr_push_outcome(L, job);
  if (fine && status >= 200 && status < 300) {
    asr_free_taken(taken);
  } else {
    lua_pushvalue(L, at);
  }
}

/* Takes the ticket's job. Pushes status | status, reply, request | nil,
 * failure, request. */
static int take(lua_State *L, asr_ticket ticket) {
  asr_pool_box *box = box_of(L);
  const asr_job *job = asr_pool_look(box->pool, ticket);
  if (job == NULL) {
    return luaL_error(L, asr_pool_knows(box->pool, ticket)
                             ? "the ticket is still in flight"
                             : "no such ticket, or it was collected");
  }
  int status = asr_job_status(job);
  if (is_plain(
          job)) { /* nothing of Lua's is made: no finalizer comes between */
    asr_job_release(asr_pool_take(box->pool, ticket));
    lua_pushinteger(L, status);
    return 1;
  }
  struct asr_taken *taken = asr_new_taken(L);
  int at = lua_gettop(L);
  taken->job = box->pool != NULL ? asr_pool_take(box->pool, ticket) : NULL;
  if (taken->job == NULL) { /* a finalizer closed the pool, or took it */
    return asr_push_failure(L, ASR_CLOSED, asr_kind_text(ASR_CLOSED), 1);
  }
  push_taken(L, taken);
  return lua_gettop(L) - at;
}

/* pool:take(ticket) -> status, reply (nil for a plain success), request (nil
 * for a success) | nil, failure, request */
int asr_pool_take_short(lua_State *L) {
  asr_ticket ticket = ticket_arg(L, 2);
  if (box_of(L)->pool == NULL) {
    return asr_push_failure(L, ASR_CLOSED, asr_kind_text(ASR_CLOSED), 1);
  }
  return take(L, ticket);
}

static int again(lua_State *L, int untold, asr_ticket *ticket) {
  asr_pool_box *box = box_of(L);
  struct asr_taken *taken = asr_check_taken(L, DRAFT);
  asr_refusal why = {ASR_CLOSED, NULL};
  struct asr_errand errand;
  int refused = read_errand(L, box, &errand);
  if (refused) {
    return refused;
  }
  if (taken->job == NULL) {
    return luaL_error(L, "the request has been sent already");
  }
  asr_job *job = taken->job;
  errand.has_body = job->head.body > 0 || errand.place->has_body;
  errand.untold = untold;
  *ticket = asr_pool_send_again(box->pool, job, &errand, &why);
  if (*ticket == 0) {
    return refuse(L, asr_kind_name(why.kind), why.note);
  }
  taken->job = NULL;
  return 0;
}

/* pool:again(place, request, timeout, credential, query, max_response)
 *   -> ticket | nil, kind, message */
int asr_pool_again(lua_State *L) {
  asr_ticket ticket = 0;
  int refused = again(L, 0, &ticket);
  if (refused) {
    return refused;
  }
  lua_pushinteger(L, (lua_Integer)ticket);
  return 1;
}

static int await(lua_State *L, asr_ticket ticket) {
  lua_pushinteger(L, (lua_Integer)ticket);
  if (!asr_pool_wait(box_of(L)->pool, ticket, LONG)) {
    return 1;
  }
  return 1 + take(L, ticket);
}

/* pool:exchange(place, draft, timeout, credential, query, max_response)
 *   -> ticket, then as take; or nil, kind, message or size as send
 *   A signal ends the waiting: then the ticket comes alone, still in flight. */
int asr_pool_exchange(lua_State *L) {
  asr_ticket ticket = 0;
  int refused = send(L, box_of(L), 1, &ticket);
  return refused ? refused : await(L, ticket);
}

/* pool:exchange_again(place, request, ...): the same with a request */
int asr_pool_exchange_again(lua_State *L) {
  asr_ticket ticket = 0;
  int refused = again(L, 1, &ticket);
  return refused ? refused : await(L, ticket);
}
