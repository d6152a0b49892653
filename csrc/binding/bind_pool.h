/* SPDX-License-Identifier: MIT */
#ifndef ASR_BIND_POOL_H
#define ASR_BIND_POOL_H

#include "binding/support.h"
#include "core/limits.h"
#include "core/span.h"
#include "net/pool.h"

#define ASR_POOL_CLASS "azure.signalr.pool"

/* The userdata. All zero is closed, and a finalizer may close it whenever Lua
 * allocates or throws: `pool` is asked for after the last such call. */
typedef struct asr_pool_box {
  asr_pool *pool;
  size_t max_response; /* of a request that does not say */
  int has_outbox;
  struct asr_buf line; /* the authorization of the request being sent */
} asr_pool_box;

/* Registers the class. */
void asr_pool_class(lua_State *L);
/* curl.pool(options). */
int asr_pool_open(lua_State *L);
/* bind_pool_clock.c: curl.thread_cpu_time() and curl.poll(fds, seconds). */
int asr_thread_cpu_time(lua_State *L);
int asr_poll(lua_State *L);

/* bind_pool_request.c: reads the request table at `t`, and leaves on the stack
 * what its spans point into. Throws, naming what is wrong. [-0, +n] */
void asr_read_request(lua_State *L, int t, size_t max_response,
                      asr_request *request);
/* A line for a header: no line's end in it, nor another control character. */
int asr_is_line(struct asr_span text);
/* Throws unless it is an http or https URL of printable characters. */
void asr_check_url(lua_State *L, struct asr_span url, const char *name);
/* bind_pool_outbox.c: curl.outbox(signer, options), the class, two methods of
 * the pool, and curl.retry_pause(outcome). */
int asr_outbox_open(lua_State *L);
void asr_outbox_class(lua_State *L);
int asr_pool_attach_outbox(lua_State *L);
int asr_pool_enqueue_message(lua_State *L);
int asr_retry_rule(lua_State *L);
/* bind_pool_send.c: the pool's methods for drafts. */
int asr_pool_send_draft(lua_State *L);
int asr_pool_exchange(lua_State *L);
int asr_pool_exchange_again(lua_State *L);
int asr_pool_again(lua_State *L);
int asr_pool_take_short(lua_State *L);
/* bind_pool_reply.c: pushes the reply, or nil and the failure, of a finished
 * job; returns how many values. */
int asr_push_outcome(lua_State *L, const asr_job *job);
int asr_push_failure(lua_State *L, asr_kind kind, const char *note, int sent);

/* What was taken out of a pool or an outbox and is being pushed: a userdata
 * that frees it whatever happens meanwhile. Made first, filled then. */
struct asr_taken {
  asr_job *job;
  asr_entry *entry;
};
void asr_taken_class(lua_State *L);
struct asr_taken *asr_new_taken(lua_State *L); /* [-0, +1] */
struct asr_taken *asr_check_taken(lua_State *L, int arg);
void asr_free_taken(struct asr_taken *taken);

#endif
