/* SPDX-License-Identifier: MIT */
/* core.http_reader: the reader of core/http1, for transports of bytes alone. */
#include "binding/core.h"
#include "core/http1.h"

#define CLASS "azure.signalr.http_reader"

enum { NAME_MAX_BYTES = 128 };

struct reader {
  struct asr_http1 in;
  int surplus; /* bytes came behind the answer */
};

static struct reader *self(lua_State *L) {
  return asr_check_object(L, 1, CLASS);
}

/***
Reads one answer.
@function http_reader
@bool headless whether the request was a HEAD: no body follows
@int max_response bytes of body
@return reader, with the methods feed, ended, began, reply, keeps and close
*/
static int new_reader(lua_State *L) {
  int headless = lua_toboolean(L, 1);
  int64_t most = asr_check_whole(L, 2, "max_response", 1, INT64_C(1) << 31);
  struct reader *r = asr_new_object(L, sizeof *r, CLASS);
  asr_http1_start(&r->in, headless, (size_t)most);
  return 1;
}

/* true: the answer is whole; false: it goes on; nil, kind, why. */
static int push_state(lua_State *L, const struct asr_http1 *in) {
  if (in->state == ASR_HTTP1_NOMEM) {
    return luaL_error(L, "not enough memory");
  }
  if (in->state <= ASR_HTTP1_WHOLE) {
    lua_pushboolean(L, in->state == ASR_HTTP1_WHOLE);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, in->state == ASR_HTTP1_BAD ? "protocol" : "too_large");
  if (in->state == ASR_HTTP1_BAD) {
    lua_pushfstring(L, "the answer is not valid HTTP: %s", in->problem);
  } else {
    lua_pushstring(L, in->problem);
  }
  return 3;
}

/***
Reads bytes, in pieces of any size.
@function reader:feed
@string bytes
@treturn boolean|nil true: the answer is whole; false: it goes on
@treturn string the kind of failure ("protocol", "too_large")
@treturn string a sentence
@raise when there is no memory for it
*/
static int feed(lua_State *L) {
  struct reader *r = self(L);
  size_t n = 0, used = 0;
  const char *p = asr_check_string(L, 2, "bytes", &n);
  (void)asr_http1_feed(&r->in, p, n, &used);
  r->surplus = r->surplus || used < n;
  return push_state(L, &r->in);
}

/***
The connection has ended.
@function reader:ended
@treturn boolean|nil true: that was the answer's end; false: it was cut off
*/
static int ended(lua_State *L) {
  struct reader *r = self(L);
  (void)asr_http1_end(&r->in);
  return push_state(L, &r->in);
}

/***
Whether anything at all has come, and whether the head is whole.
@function reader:began
@treturn boolean
@treturn boolean
*/
static int began(lua_State *L) {
  const struct asr_http1 *in = &self(L)->in;
  lua_pushboolean(L, asr_http1_began(in));
  lua_pushboolean(L, in->head_done);
  return 2;
}

/***
The answer, as far as it has come; its head must be whole.
@function reader:reply
@treturn int status
@treturn string body
*/
static int reply(lua_State *L) {
  const struct asr_http1 *in = &self(L)->in;
  struct asr_span body = asr_buf_span(&in->body);
  lua_pushinteger(L, in->status);
  lua_pushlstring(L, body.p, body.n);
  return 2;
}

/* A longer name is nobody's: it stays as it came. */
static void put_header(lua_State *L, struct asr_span name,
                       struct asr_span value) {
  char small[NAME_MAX_BYTES];
  for (size_t i = 0; i < name.n && name.n <= sizeof small; i++) {
    small[i] = asr_lower(name.p[i]);
  }
  if (name.n <= sizeof small) {
    name.p = small;
  }
  asr_put_header(L, name, value);
}

/***
Puts the headers into a table: lower-case name -> value; values of repeated
names are joined by ", ".
@function reader:headers
@tparam table into
@treturn table the same
*/
static int headers(lua_State *L) {
  const struct asr_http1 *in = &self(L)->in;
  struct asr_span name, value;
  size_t at = 0;
  asr_check_table(L, 2, "into");
  lua_settop(L, 2);
  while (in->head_done &&
         asr_http1_header(asr_buf_span(&in->head), &at, &name, &value)) {
    put_header(L, name, value);
  }
  return 1;
}

/***
Of a whole answer: whether its connection may carry another request.
@function reader:keeps
@treturn boolean
@treturn boolean whether bytes came behind the answer
*/
static int keeps(lua_State *L) {
  const struct reader *r = self(L);
  lua_pushboolean(L, !r->surplus && asr_http1_keeps(&r->in));
  lua_pushboolean(L, r->surplus);
  return 2;
}

static int reader_close(lua_State *L) {
  asr_http1_close(&self(L)->in);
  return 0;
}

void asr_open_http_reader(lua_State *L) {
  static const luaL_Reg methods[] = {{"feed", feed},          {"ended", ended},
                                     {"began", began},        {"reply", reply},
                                     {"headers", headers},    {"keeps", keeps},
                                     {"close", reader_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", reader_close}, {NULL, NULL}};
  asr_new_class(L, CLASS, methods, meta);
  lua_pushcfunction(L, new_reader);
  lua_setfield(L, -2, "http_reader");
}
