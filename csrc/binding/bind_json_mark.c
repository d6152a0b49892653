/* SPDX-License-Identifier: MIT */
/* Which tables are arrays, and which are no data at all. */
#include "binding/bind_jsonw.h"

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

/* Pushes a field of the class whose metatable is on top: of the metatable, or
 * of the table that getmetatable shows in its place. [-0, +1] */
static void push_class_field(lua_State *L, const char *key) {
  asr_rawgetfield(L, -1, key);
  if (!lua_isnil(L, -1)) {
    return;
  }
  asr_rawgetfield(L, -2, "__metatable");
  if (lua_type(L, -1) == LUA_TTABLE) {
    asr_rawgetfield(L, -1, key);
    lua_replace(L, -3);
  }
  lua_pop(L, 1);
}

void asr_push_kind(lua_State *L, int i) {
  int top = lua_gettop(L);
  const char *name = luaL_typename(L, i);
  if (lua_getmetatable(L, i)) {
    push_class_field(L, "__name");
    if (lua_type(L, -1) == LUA_TSTRING) {
      name = lua_tostring(L, -1);
    }
    lua_insert(L, top + 1); /* name, metatable */
    push_class_field(L, "__what");
    if (lua_type(L, -1) == LUA_TSTRING) {
      lua_pushfstring(L, "%s (%s)", name, lua_tostring(L, -1));
    } else {
      lua_pushstring(L, name);
    }
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
  } else {
    lua_pushstring(L, name);
  }
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
  push_class_field(L, "__json");
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

void asr_check_count(lua_State *L, int most, const char *where) {
  for (int i = lua_gettop(L); i > most; i--) {
    if (!lua_isnil(L, i)) {
      luaL_error(L, "%s takes %d argument%s, got %d", where, most,
                 most == 1 ? "" : "s", i);
    }
  }
}

/***
Marks a table as a JSON array, whatever its keys.
@function array
@tparam table t
@int[opt] n how many elements it has; nil ones among them become null
@treturn table t itself
*/
int asr_mark_array(lua_State *L) {
  asr_check_table(L, 1, "signalr.array: t");
  asr_check_count(L, 2, "signalr.array");
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
int asr_mark_object(lua_State *L) {
  asr_check_table(L, 1, "signalr.object: t");
  asr_check_count(L, 1, "signalr.object");
  lua_pushboolean(L, 0);
  return set_mark(L, ASR_UP_OBJECT);
}

/* ---- what a table is */

int64_t asr_count_keys(lua_State *L, int t, int64_t n) {
  int64_t count = 0, key;
  lua_pushnil(L);
  while (lua_next(L, t)) {
    lua_pop(L, 1);
    if (!asr_whole(L, -1, &key) || key < 1 || key > n) {
      lua_pop(L, 1);
      return -1;
    }
    count++;
  }
  return count;
}

/***
The length of an array: of a table whose keys are 1..n and no others, or for
which array(t, n) said it.
@function array_length
@tparam table t
@treturn int, or nil for a table that is none
*/
int asr_array_length(lua_State *L) {
  int64_t n = -1;
  asr_check_table(L, 1, "t");
  lua_settop(L, 1);
  enum asr_mark mark = asr_mark_of(L, 1, &n);
  int64_t length = n >= 0 ? n : (int64_t)lua_rawlen(L, 1);
  int64_t count = asr_count_keys(L, 1, length);
  if (mark == ASR_MARK_OBJECT || count < 0 || (n < 0 && count != length)) {
    lua_pushnil(L);
  } else {
    lua_pushinteger(L, (lua_Integer)length);
  }
  return 1;
}
