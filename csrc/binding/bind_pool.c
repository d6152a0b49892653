/* SPDX-License-Identifier: MIT */
/*
 * curl.pool: the pool of csrc/net as a userdata. A request's strings are
 * copied into its ticket at submit; nothing refers to Lua's strings later.
 * Nothing here is called by libcurl, so nothing calls Lua out of turn.
 *
 * A closed pool answers quietly (no tickets, kind "closed"): whoever still
 * waits on one of its tickets must get an answer, not an error.
 */
#include "binding/bind_pool.h"

#include <string.h>

#include "core/jwt.h"
#include "core/mem.h"

static const char gone[] = "the client was closed";

static asr_pool_box *box_of(lua_State *L) {
  return asr_check_object(L, 1, ASR_POOL_CLASS);
}

static asr_ticket ticket_arg(lua_State *L) {
  return asr_check_whole(L, 2, "ticket", 1, INT64_C(1) << 53);
}

static double timeout_arg(lua_State *L, int arg) {
  double timeout = asr_opt_number(L, arg, "timeout", 0);
  return timeout > 1e6 ? 1e6 : timeout;
}

/* ---- curl.pool(options) ---- */

static size_t count_option(lua_State *L, const char *key, size_t fallback,
                           size_t most) {
  int64_t n = asr_field_count(L, 1, "options", key, (int64_t)fallback);
  if (n < 1 || n > (int64_t)most) {
    lua_pushfstring(L, "options.%s", key);
    asr_range_error(L, lua_tostring(L, -1), 1, (int64_t)most);
  }
  return (size_t)n;
}

static const char *text_option(lua_State *L, const char *key) {
  size_t len = 0;
  const char *text = asr_field_string(L, 1, "options", key, &len);
  if (text != NULL && (len == 0 || strlen(text) != len))
    luaL_error(L, "options.%s must not be empty or contain NUL", key);
  return text;
}

/* The texts stay on the stack. */
static void read_options(lua_State *L, asr_options *o) {
  memset(o, 0, sizeof *o);
  o->max_connections = count_option(
      L, "max_connections", ASR_DEFAULT_CONNECTIONS, ASR_MAX_CONNECTIONS);
  o->max_in_flight = count_option(L, "max_in_flight", ASR_DEFAULT_IN_FLIGHT,
                                  ASR_MAX_IN_FLIGHT);
  o->max_response =
      count_option(L, "max_response", ASR_DEFAULT_RESPONSE, ASR_MAX_RESPONSE);
  o->connect_timeout = asr_field_number(L, 1, "options", "connect_timeout",
                                        ASR_DEFAULT_CONNECT_TIMEOUT);
  if (o->connect_timeout <= 0 || o->connect_timeout > ASR_TIMEOUT_MAX)
    luaL_error(L, "options.connect_timeout must be above 0 and at most %d",
               ASR_TIMEOUT_MAX);
  o->max_connection_age = asr_field_number(
      L, 1, "options", "max_connection_age", ASR_DEFAULT_CONNECTION_AGE);
  o->insecure = !asr_field_boolean(L, 1, "options", "verify", 1);
  o->io_thread = asr_field_boolean(L, 1, "options", "io_thread", 0);
  o->ca_file = text_option(L, "ca_file");
  o->ca_path = text_option(L, "ca_path");
  o->ca_pem = text_option(L, "ca_pem");
  o->proxy = text_option(L, "proxy");
  o->unix_socket = text_option(L, "unix_socket");
}

int asr_pool_open(lua_State *L) {
  asr_options options;
  asr_pool_box *box;
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  asr_check_table(L, 1, "options");
  read_options(L, &options);
  box = asr_new_object(L, sizeof *box, ASR_POOL_CLASS);
  box->max_response = options.max_response;
  asr_buf_init(&box->line, ASR_TOKEN_MAX);
  box->pool = asr_pool_new(&options);
  if (box->pool == NULL)
    return luaL_error(L, "not enough memory for a pool");
  return 1;
}

/* pool:close(); again does nothing. Also __gc and __close. */
static int pool_close(lua_State *L) {
  asr_pool_box *box = box_of(L);
  asr_pool *pool = box->pool;
  box->pool = NULL;
  asr_pool_free(pool);
  asr_wipe(box->line.data, box->line.cap);
  memset(&box->line, 0, sizeof box->line);
  return 0;
}

static int pool_tostring(lua_State *L) {
  const asr_pool_box *box = box_of(L);
  if (box->pool == NULL)
    lua_pushfstring(L, "%s (closed)", ASR_POOL_CLASS);
  else
    lua_pushfstring(L, "%s: %p (%d in flight)", ASR_POOL_CLASS,
                    (const void *)box, (int)asr_pool_in_flight(box->pool));
  return 1;
}

/* ---- tickets ---- */

/* pool:submit(request, untold) -> ticket | nil, kind, message. untold: who
 * submits it waits for it, and poll_finished is to give it to nobody else. */
static int pool_submit(lua_State *L) {
  asr_pool_box *box = box_of(L);
  asr_request request;
  asr_refusal why = {ASR_CLOSED, gone};
  asr_ticket ticket = 0;
  int untold = lua_toboolean(L, 3);
  lua_settop(L, 2);
  asr_read_request(L, 2, box->max_response, &request);
  request.untold = untold;
  if (box->pool != NULL)
    ticket = asr_pool_submit(box->pool, &request, &why);
  if (ticket != 0) {
    lua_pushinteger(L, (lua_Integer)ticket);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, asr_kind_name(why.kind));
  lua_pushstring(L, why.note);
  return 3;
}

/* pool:step(timeout) -> number of tickets in flight */
static int pool_step(lua_State *L) {
  asr_pool_box *box = box_of(L);
  double timeout = timeout_arg(L, 2);
  size_t left = box->pool ? asr_pool_step(box->pool, timeout) : 0;
  lua_pushinteger(L, (lua_Integer)left);
  return 1;
}

/* pool:wait(ticket, timeout) -> whether it has finished */
static int pool_wait(lua_State *L) {
  asr_pool_box *box = box_of(L);
  asr_ticket ticket = ticket_arg(L);
  double timeout = timeout_arg(L, 3);
  lua_pushboolean(L, box->pool == NULL ||
                         asr_pool_wait(box->pool, ticket, timeout));
  return 1;
}

/* pool:poll_finished() -> ticket | nil */
static int pool_poll(lua_State *L) {
  asr_pool_box *box = box_of(L);
  asr_ticket ticket = box->pool ? asr_pool_poll(box->pool) : 0;
  if (ticket == 0)
    return 0;
  lua_pushinteger(L, (lua_Integer)ticket);
  return 1;
}

/* pool:collect(ticket) -> reply | nil, failure */
static int pool_collect(lua_State *L) {
  asr_pool_box *box = box_of(L);
  asr_ticket ticket = ticket_arg(L);
  struct asr_taken *taken = asr_new_taken(L);
  int n;
  if (box->pool == NULL)
    return asr_push_failure(L, ASR_CLOSED, gone, 1);
  taken->job = asr_pool_take(box->pool, ticket);
  if (taken->job == NULL)
    return luaL_error(L, asr_pool_knows(box->pool, ticket)
                             ? "the ticket is still in flight"
                             : "no such ticket, or it was collected");
  n = asr_push_outcome(L, taken->job);
  asr_free_taken(taken);
  return n;
}

/* pool:cancel(ticket) -> true, or false if it was not in flight. The ticket
 * finishes with kind "cancelled" and has to be collected like any other. */
static int pool_cancel(lua_State *L) {
  asr_pool_box *box = box_of(L);
  asr_ticket ticket = ticket_arg(L);
  lua_pushboolean(L, box->pool != NULL && asr_pool_cancel(box->pool, ticket));
  return 1;
}

/* ---- what a host's loop asks ---- */

static int pool_in_flight(lua_State *L) {
  asr_pool_box *box = box_of(L);
  size_t n = box->pool ? asr_pool_in_flight(box->pool) : 0;
  lua_pushinteger(L, (lua_Integer)n);
  return 1;
}

/* pool:moving() -> whether step has anything to wait for */
static int pool_moving(lua_State *L) {
  const asr_pool_box *box = box_of(L);
  lua_pushboolean(L, box->pool != NULL && asr_pool_is_moving(box->pool));
  return 1;
}

/* pool:fd() -> a descriptor that is readable when step has work | nil */
static int pool_fd(lua_State *L) {
  asr_pool_box *box = box_of(L);
  int fd = box->pool ? asr_pool_fd(box->pool) : -1;
  if (fd < 0)
    return 0;
  lua_pushinteger(L, fd);
  return 1;
}

/* pool:events() -> "r": what to poll the descriptor for | nil */
static int pool_events(lua_State *L) {
  const asr_pool_box *box = box_of(L);
  if (box->pool == NULL)
    return 0;
  lua_pushliteral(L, "r");
  return 1;
}

/* pool:timeout() -> seconds after which to step anyway | nil */
static int pool_timeout(lua_State *L) {
  asr_pool_box *box = box_of(L);
  double timeout = box->pool ? asr_pool_timeout(box->pool) : -1;
  if (timeout < 0)
    return 0;
  lua_pushnumber(L, timeout);
  return 1;
}

/* pool:stats() -> { opened, reused, finished; in_flight, waiting, active,
 * sockets, handles }: since the pool was made; and now */
static int pool_stats(lua_State *L) {
  asr_pool_box *box = box_of(L);
  asr_counts counts;
  memset(&counts, 0, sizeof counts);
  if (box->pool != NULL)
    asr_pool_counts(box->pool, &counts);
  lua_createtable(L, 0, 8);
  asr_put_count(L, "opened", counts.opened);
  asr_put_count(L, "reused", counts.reused);
  asr_put_count(L, "finished", counts.finished);
  asr_put_count(L, "in_flight", box->pool ? asr_pool_in_flight(box->pool) : 0);
  asr_put_count(L, "waiting", counts.waiting);
  asr_put_count(L, "active", counts.active);
  asr_put_count(L, "sockets", counts.sockets);
  asr_put_count(L, "handles", counts.handles);
  return 1;
}

static const luaL_Reg methods[] = {{"submit", pool_submit},
                                   {"send", asr_pool_send_draft},
                                   {"exchange", asr_pool_exchange},
                                   {"exchange_again", asr_pool_exchange_again},
                                   {"again", asr_pool_again},
                                   {"take", asr_pool_take_short},
                                   {"step", pool_step},
                                   {"wait", pool_wait},
                                   {"poll_finished", pool_poll},
                                   {"collect", pool_collect},
                                   {"cancel", pool_cancel},
                                   {"in_flight", pool_in_flight},
                                   {"moving", pool_moving},
                                   {"attach", asr_pool_attach_outbox},
                                   {"enqueue", asr_pool_enqueue_message},
                                   {"stats", pool_stats},
                                   {"fd", pool_fd},
                                   {"events", pool_events},
                                   {"timeout", pool_timeout},
                                   {"close", pool_close},
                                   {NULL, NULL}};

static const luaL_Reg meta[] = {{"__gc", pool_close},
                                {"__close", pool_close},
                                {"__tostring", pool_tostring},
                                {NULL, NULL}};

void asr_pool_class(lua_State *L) {
  asr_new_class(L, ASR_POOL_CLASS, methods, meta);
}
