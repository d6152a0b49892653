/* SPDX-License-Identifier: MIT */
#ifndef ASR_BIND_POOL_H
#define ASR_BIND_POOL_H

#include "binding/support.h"
#include "core/span.h"
#include "net/pool.h"

#define ASR_POOL_CLASS "azure.signalr.pool"

/* The userdata. All zero is closed. */
typedef struct asr_pool_box {
  asr_pool *pool;
  struct asr_span *headers; /* for the request being read */
  size_t header_room;
  size_t max_response; /* of a request that does not say */
} asr_pool_box;

/* Registers the class. */
void asr_pool_class(lua_State *L);
/* curl.pool(options). */
int asr_pool_open(lua_State *L);
/* bind_pool_clock.c: curl.thread_cpu_time() and curl.poll(fds, seconds). */
int asr_thread_cpu_time(lua_State *L);
int asr_poll(lua_State *L);

/* bind_pool_request.c: reads the request table at `t`. Its spans point into
 * strings that the table keeps, so they hold until the table is changed.
 * Throws, naming what is wrong. */
void asr_read_request(lua_State *L, int t, asr_pool_box *box,
                      asr_request *request);
/* bind_pool_reply.c: pushes the reply, or nil and the failure, of a finished
 * job; returns how many values. */
int asr_push_outcome(lua_State *L, const asr_job *job);
int asr_push_failure(lua_State *L, asr_kind kind, const char *note, int sent);

#endif
