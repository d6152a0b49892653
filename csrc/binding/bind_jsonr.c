/* SPDX-License-Identifier: MIT */
/* core.json_decode and core.json_check. */
#include "binding/bind_json.h"

#include <string.h>

#include "core/jsonnum.h"

struct decoder {
  lua_State *L;
  struct asr_jsonr reader;
  int big_strings; /* integers that Lua has no number for become strings */
};

void asr_push_json_error(lua_State *L, const struct asr_jsonr *r) {
  lua_pushfstring(L, "JSON: %s at byte %d", r->why != NULL ? r->why : "too big",
                  (int)asr_jsonr_at(r) + 1);
}

static enum asr_status decode_value(struct decoder *d,
                                    const struct asr_json_event *e);

/* Whether Lua's own numbers hold the integer. */
static int is_native(const struct asr_number *number) {
#if ASR_LUAJIT
  return number->kind == ASR_NUMBER_INT && number->i >= -ASR_EXACT &&
         number->i <= ASR_EXACT;
#else
  return number->kind == ASR_NUMBER_INT;
#endif
}

/* Whether the text has neither fraction nor exponent. */
static int is_integral(struct asr_span text) {
  for (size_t i = 0; i < text.n; i++) {
    if (strchr(".eE", text.p[i]) != NULL) {
      return 0;
    }
  }
  return 1;
}

/* [-0, +1] */
static void push_number(struct decoder *d, struct asr_span text) {
  struct asr_number number = asr_json_number(text);
  if (number.kind == ASR_NUMBER_FLOAT) {
    lua_pushnumber(d->L, number.d);
  } else if (d->big_strings && !is_native(&number) && is_integral(text)) {
    lua_pushlstring(d->L, text.p, text.n);
  } else if (number.kind == ASR_NUMBER_INT) {
    asr_push_int64(d->L, number.i);
  } else if (number.kind == ASR_NUMBER_UINT) {
    asr_push_uint64(d->L, number.u);
  } else {
    asr_push_text(d->L, ASR_NUMBER, text);
  }
}

/* [-0, +1] */
static enum asr_status decode_object(struct decoder *d) {
  struct asr_json_event e;
  enum asr_status status;
  lua_newtable(d->L);
  while ((status = asr_jsonr_next(&d->reader, &e)) == ASR_OK &&
         e.type == ASR_JSON_KEY) {
    lua_pushlstring(d->L, e.text.p, e.text.n);
    status = asr_jsonr_next(&d->reader, &e);
    if (status == ASR_OK) {
      status = decode_value(d, &e);
    }
    if (status != ASR_OK) {
      return status;
    }
    lua_rawset(d->L, -3);
  }
  return status;
}

/* [-0, +1] */
static enum asr_status decode_array(struct decoder *d) {
  struct asr_json_event e;
  enum asr_status status;
  int n = 0;
  lua_newtable(d->L);
  while ((status = asr_jsonr_next(&d->reader, &e)) == ASR_OK &&
         e.type != ASR_JSON_ARRAY_END) {
    status = decode_value(d, &e);
    if (status != ASR_OK) {
      return status;
    }
    lua_rawseti(d->L, -2, ++n);
  }
  lua_pushvalue(d->L, lua_upvalueindex(ASR_UP_ARRAY));
  lua_setmetatable(d->L, -2);
  return status;
}

/* Pushes the value that begins with event `e`; on failure it may leave more
 * on the stack. The depth limit of the reader bounds the recursion. */
static enum asr_status decode_value(struct decoder *d,
                                    const struct asr_json_event *e) {
  lua_State *L = d->L;
  luaL_checkstack(L, 8, "JSON");
  switch (e->type) {
  case ASR_JSON_OBJECT:
    return decode_object(d);
  case ASR_JSON_ARRAY:
    return decode_array(d);
  case ASR_JSON_STRING:
    lua_pushlstring(L, e->text.p, e->text.n);
    return ASR_OK;
  case ASR_JSON_NUMBER:
    push_number(d, e->text);
    return ASR_OK;
  case ASR_JSON_TRUE:
  case ASR_JSON_FALSE:
    lua_pushboolean(L, e->type == ASR_JSON_TRUE);
    return ASR_OK;
  default:
    lua_pushlightuserdata(L, NULL);
    return ASR_OK;
  }
}

/***
Reads one JSON value, without losing a digit or a kind.
@function json_decode
@string text
@string[opt] big "string": an integer that Lua has no number for becomes a
  string of its digits
@return the value: objects are tables, arrays tables marked by array(), null
  is null. Integers are integers on Lua 5.4 and numbers within 2^53 on LuaJIT,
  int64_t beyond; uint64 where only that holds them. What fits no number at
  all (more than 64 bits, 1e999) is a userdata whose tostring is its text and
  which is written as it was read. Or nil and a message.
*/
int asr_json_decode(lua_State *L) {
  struct decoder d;
  struct asr_json_event e;
  size_t n = 0;
  const char *p = asr_check_string(L, 1, "text", &n);
  const char *big = asr_opt_string(L, 2, "big", NULL);
  if (big != NULL && strcmp(big, "string") != 0) {
    return luaL_error(L, "big must be \"string\" or nil");
  }
  lua_settop(L, 2);
  d.L = L;
  d.big_strings = big != NULL;
  struct asr_buf *scratch = asr_new_buffer(L, n);
  asr_jsonr_init(&d.reader, asr_span(p, n), scratch);
  enum asr_status status = asr_jsonr_next(&d.reader, &e);
  if (status == ASR_OK) {
    status = decode_value(&d, &e);
  }
  if (status == ASR_OK) {
    status = asr_jsonr_next(&d.reader, &e); /* the end, or too much */
  }
  asr_buf_close(scratch);
  if (status == ASR_NOMEM) {
    asr_check_status(L, status, "json_decode");
  }
  if (status != ASR_OK) {
    lua_pushnil(L);
    asr_push_json_error(L, &d.reader);
    return 2;
  }
  return 1;
}

/***
Checks that a text is one complete JSON value.
@function json_check
@string text
@treturn boolean true, or nil and a message
*/
int asr_json_checked(lua_State *L) {
  struct asr_jsonr r;
  size_t n = 0;
  const char *p = asr_check_string(L, 1, "text", &n);
  if (asr_json_check(&r, asr_span(p, n)) != ASR_OK) {
    lua_pushnil(L);
    asr_push_json_error(L, &r);
    return 2;
  }
  lua_pushboolean(L, 1);
  return 1;
}
