/* SPDX-License-Identifier: MIT */
/* The values that say more of JSON than Lua's own can. */
#include "binding/bind_json.h"

#include <string.h>

#include "core/jsonnum.h"
#include "core/jsonw.h"

/* ---- floats */

/***
A number that is written with a fraction even where it is integral (5.0).
@function float
@number x
*/
static int new_float(lua_State *L) {
  if (lua_type(L, 1) != LUA_TNUMBER) {
    asr_arg_error(L, 1, "signalr.float: x", "a number");
  }
  asr_check_count(L, 1, "signalr.float");
  double x = (double)lua_tonumber(L, 1);
  int64_t whole = 0;
  if (asr_whole(L, 1, &whole) && !asr_is_exact((double)whole)) {
    return luaL_error(L, "signalr.float: x is an integer beyond 2^53, which no "
                         "float holds with all its digits");
  }
  double *box = asr_new_object(L, sizeof *box, ASR_FLOAT);
  *box = x;
  return 1;
}

static int float_tostring(lua_State *L) {
  const double *x = asr_check_object(L, 1, ASR_FLOAT);
  struct asr_buf *out = asr_new_buffer(L, 64);
  if (asr_jsonw_double(out, *x, true) == ASR_INVALID) {
    asr_buf_add_text(out, *x > 0 ? "inf" : *x < 0 ? "-inf" : "nan");
  }
  asr_push_buffer(L, out);
  return 1;
}

/* ---- texts */

void asr_push_text(lua_State *L, const char *tname, struct asr_span text) {
  char *bytes = asr_new_object(L, text.n, tname);
  memcpy(bytes, text.p, text.n);
}

struct asr_span asr_text_of(lua_State *L, int i) {
  return asr_span(lua_touserdata(L, i), lua_rawlen(L, i));
}

/***
A value that is in JSON already; it is written as it stands.
@function raw_json
@string text one complete JSON value
@raise when it is not
*/
static int raw_json(lua_State *L) {
  struct asr_jsonr r;
  size_t n = 0;
  const char *p = asr_check_string(L, 1, "signalr.raw_json: text", &n);
  asr_check_count(L, 1, "signalr.raw_json");
  enum asr_status status = asr_json_check(&r, asr_span(p, n));
  if (status != ASR_OK) {
    asr_push_json_error(L, &r);
    return luaL_error(L, "signalr.raw_json: text must be one JSON value; %s",
                      lua_tostring(L, -1));
  }
  asr_push_text(L, ASR_RAW_JSON, asr_span(p, n));
  return 1;
}

static int text_tostring(lua_State *L) {
  if (luaL_testudata(L, 1, ASR_RAW_JSON) == NULL) {
    asr_check_object(L, 1, ASR_NUMBER);
  }
  struct asr_span text = asr_text_of(L, 1);
  lua_pushlstring(L, text.p, text.n);
  return 1;
}

/* Two of a kind; no other value equals one. */
static int text_eq(lua_State *L) {
  lua_pushboolean(L, luaL_testudata(L, 1, ASR_NUMBER) != NULL &&
                         luaL_testudata(L, 2, ASR_NUMBER) != NULL &&
                         asr_span_eq(asr_text_of(L, 1), asr_text_of(L, 2)));
  return 1;
}

/* ---- opening */

static void open_classes(lua_State *L) {
  static const luaL_Reg of_float[] = {{"__tostring", float_tostring},
                                      {NULL, NULL}};
  static const luaL_Reg of_raw[] = {{"__tostring", text_tostring},
                                    {NULL, NULL}};
  static const luaL_Reg of_number[] = {
      {"__tostring", text_tostring}, {"__eq", text_eq}, {NULL, NULL}};
  asr_new_class(L, ASR_FLOAT, NULL, of_float);
  asr_open_int64(L);
  asr_new_class(L, ASR_RAW_JSON, NULL, of_raw);
  asr_new_class(L, ASR_NUMBER, NULL, of_number);
}

/* Pushes a metatable that does nothing but be known. [-0, +1] */
static void push_mark(lua_State *L, const char *name) {
  lua_newtable(L);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
}

static void push_upvalues(lua_State *L) {
  push_mark(L, "signalr.array");
  push_mark(L, "signalr.object");
  lua_newtable(L);
  lua_newtable(L);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
  asr_push_int64_upvalues(L);
}

void asr_open_json(lua_State *L) {
  static const luaL_Reg functions[] = {{"json_encode", asr_json_encode},
                                       {"json_message", asr_json_message},
                                       {"json_array", asr_json_array},
                                       {"json_decode", asr_json_decode},
                                       {"json_check", asr_json_checked},
                                       {"array", asr_mark_array},
                                       {"array_length", asr_array_length},
                                       {"object", asr_mark_object},
                                       {"float", new_float},
                                       {"raw_json", raw_json},
                                       {"uint64", asr_uint64},
                                       {"digits", asr_digits},
                                       {NULL, NULL}};
  open_classes(L);
  push_upvalues(L);
  lua_pushvalue(L, -1 - ASR_UP_COUNT); /* the module */
  for (int i = 0; i < ASR_UP_COUNT; i++) {
    lua_pushvalue(L, -1 - ASR_UP_COUNT);
  }
  asr_open_draft(L);
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, ASR_UP_COUNT);
  /* NULL is what cjson.null and ngx.null are, too */
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, -2, "null");
}
