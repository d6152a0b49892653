/* SPDX-License-Identifier: MIT */
/* The marks and values that say more of JSON than Lua's own can. */
#include "binding/bind_json.h"

#include <string.h>

#include "core/jsonnum.h"
#include "core/jsonw.h"

/* ---- marks */

int asr_is_cjson(lua_State *L, int i, const char *field) {
  static const char *const names[] = {"cjson", "cjson.safe"};
  int found = 0;
  i = lua_absindex(L, i);
  for (int k = 0; k < 2 && !found; k++) {
    asr_rawgetfield(L, lua_upvalueindex(ASR_UP_LOADED), names[k]);
    if (lua_type(L, -1) == LUA_TTABLE) {
      asr_rawgetfield(L, -1, field);
      found = !lua_isnil(L, -1) && lua_rawequal(L, -1, i);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  return found;
}

/* By the metatable on top of the stack. */
static enum asr_mark mark_of_metatable(lua_State *L) {
  if (lua_rawequal(L, -1, lua_upvalueindex(ASR_UP_ARRAY)) ||
      asr_is_cjson(L, -1, "array_mt")) {
    return ASR_MARK_ARRAY;
  }
  if (lua_rawequal(L, -1, lua_upvalueindex(ASR_UP_OBJECT))) {
    return ASR_MARK_OBJECT;
  }
  if (asr_is_cjson(L, -1, "empty_array_mt")) {
    return ASR_MARK_EMPTY_ARRAY;
  }
  asr_rawgetfield(L, -1, "__json");
  int none = lua_type(L, -1) == LUA_TBOOLEAN && !lua_toboolean(L, -1);
  lua_pop(L, 1);
  return none ? ASR_MARK_NONE : ASR_UNMARKED;
}

enum asr_mark asr_mark_of(lua_State *L, int t, int64_t *n) {
  enum asr_mark mark;
  *n = -1;
  if (!lua_getmetatable(L, t)) {
    return ASR_UNMARKED;
  }
  lua_pushvalue(L, t);
  lua_rawget(L, lua_upvalueindex(ASR_UP_MARKS));
  if (lua_type(L, -1) == LUA_TNUMBER) {
    *n = (int64_t)lua_tointeger(L, -1);
    mark = ASR_MARK_ARRAY;
  } else if (!lua_isnil(L, -1)) {
    mark = lua_toboolean(L, -1) ? ASR_MARK_ARRAY : ASR_MARK_OBJECT;
  } else {
    lua_pop(L, 1);
    mark = mark_of_metatable(L);
    lua_pushnil(L);
  }
  lua_pop(L, 2);
  return mark;
}

/* Marks the table at index 1: by a metatable of ours, if it has none of its
 * own, and by what is on top of the stack (n, true or false) in the list of
 * marks, if that is needed. Leaves the table on top. [-1, +1] */
static int set_mark(lua_State *L, int metatable) {
  int foreign = 0;
  if (lua_getmetatable(L, 1)) {
    foreign = !lua_rawequal(L, -1, lua_upvalueindex(ASR_UP_ARRAY)) &&
              !lua_rawequal(L, -1, lua_upvalueindex(ASR_UP_OBJECT));
    lua_pop(L, 1);
  }
  if (!foreign && lua_type(L, -1) == LUA_TBOOLEAN) {
    lua_pop(L, 1);
    lua_pushnil(L); /* the metatable says it all */
  }
  lua_pushvalue(L, 1);
  lua_insert(L, -2);
  lua_rawset(L, lua_upvalueindex(ASR_UP_MARKS));
  lua_pushvalue(L, 1);
  if (!foreign) {
    lua_pushvalue(L, lua_upvalueindex(metatable));
    lua_setmetatable(L, -2);
  }
  return 1;
}

/***
Marks a table as a JSON array, whatever its keys.
@function array
@tparam table t
@int[opt] n how many elements it has; nil ones among them become null
@treturn table t itself
*/
static int array(lua_State *L) {
  asr_check_table(L, 1, "signalr.array: t");
  if (lua_isnoneornil(L, 2)) {
    lua_pushboolean(L, 1);
  } else {
    int64_t n = asr_check_whole(L, 2, "signalr.array: n", 0, ASR_ARRAY_MAX);
    lua_pushinteger(L, (lua_Integer)n);
  }
  return set_mark(L, ASR_UP_ARRAY);
}

/***
Marks a table as a JSON object; whole-number keys become strings.
@function object
@tparam table t
@treturn table t itself
*/
static int object(lua_State *L) {
  asr_check_table(L, 1, "signalr.object: t");
  lua_pushboolean(L, 0);
  return set_mark(L, ASR_UP_OBJECT);
}

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
                                       {"array", array},
                                       {"object", object},
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
