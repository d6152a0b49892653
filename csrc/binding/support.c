/* SPDX-License-Identifier: MIT */
#include "binding/support.h"

#include <math.h>
#include <string.h>

#include "core/jsonnum.h"
#include "core/jsonw.h"

/* build.lua reads it where a library cannot be loaded. */
ASR_EXPORT extern const char asr_built_for[];
const char asr_built_for[] = "azure.signalr built for " ASR_LUA_NAME;

int asr_whole(lua_State *L, int i, int64_t *whole) {
  if (lua_type(L, i) != LUA_TNUMBER) {
    return 0;
  }
#if !ASR_LUAJIT
  if (lua_isinteger(L, i)) {
    *whole = lua_tointeger(L, i);
    return 1;
  }
#endif
  double x = (double)lua_tonumber(L, i);
  int is = asr_is_exact(x);
  *whole = is ? (int64_t)x : 0;
  return is;
}

/* A missing argument is called nil, as the caller would. */
static const char *type_name(lua_State *L, int arg) {
  return lua_isnone(L, arg) ? "nil" : luaL_typename(L, arg);
}

int asr_arg_error(lua_State *L, int arg, const char *name, const char *rule) {
  return luaL_error(L, "%s must be %s, got %s", name, rule, type_name(L, arg));
}

const char *asr_check_string(lua_State *L, int arg, const char *name,
                             size_t *len) {
  if (lua_type(L, arg) != LUA_TSTRING) {
    asr_arg_error(L, arg, name, "a string");
  }
  return lua_tolstring(L, arg, len);
}

const char *asr_check_filled(lua_State *L, int arg, const char *name,
                             size_t *len) {
  size_t n = 0;
  const char *s = asr_check_string(L, arg, name, &n);
  if (n == 0) {
    luaL_error(L, "%s must not be empty", name);
  }
  if (len != NULL) {
    *len = n;
  }
  return s;
}

const char *asr_opt_string(lua_State *L, int arg, const char *name,
                           size_t *len) {
  return lua_isnoneornil(L, arg) ? NULL : asr_check_string(L, arg, name, len);
}

double asr_check_number(lua_State *L, int arg, const char *name) {
  if (lua_type(L, arg) != LUA_TNUMBER) {
    asr_arg_error(L, arg, name, "a number");
  }
  double x = (double)lua_tonumber(L, arg);
  if (!isfinite(x)) {
    luaL_error(L, "%s must be a finite number", name);
  }
  return x;
}

double asr_opt_number(lua_State *L, int arg, const char *name,
                      double fallback) {
  return lua_isnoneornil(L, arg) ? fallback : asr_check_number(L, arg, name);
}

int asr_range_error(lua_State *L, const char *name, int64_t low, int64_t high) {
  char text[64]; /* Lua's own formats would write 0.0, or lose digits */
  struct asr_buf range;
  asr_buf_within(&range, text, sizeof text - 1);
  asr_jsonw_int(&range, low);
  asr_buf_add_text(&range, " to ");
  asr_jsonw_int(&range, high);
  text[range.len] = '\0';
  return luaL_error(L, "%s is out of range (%s)", name, text);
}

int64_t asr_check_whole(lua_State *L, int arg, const char *name, int64_t low,
                        int64_t high) {
  int64_t whole = 0;
  double x = asr_check_number(L, arg, name);
  int is = asr_whole(L, arg, &whole);
  if (!is && (x > (double)ASR_EXACT || x < (double)-ASR_EXACT)) {
    asr_range_error(L, name, low, high);
  }
  if (!is) {
    luaL_error(L, "%s must be a whole number", name);
  }
  if (whole < low || whole > high) {
    asr_range_error(L, name, low, high);
  }
  return whole;
}

int64_t asr_check_moment(lua_State *L, int arg, const char *name,
                         int64_t latest) {
  double x = asr_check_number(L, arg, name);
  if (x < 0 || x > (double)latest) {
    asr_range_error(L, name, 0, latest);
  }
  return (int64_t)x;
}

void asr_check_table(lua_State *L, int arg, const char *name) {
  if (lua_type(L, arg) != LUA_TTABLE) {
    asr_arg_error(L, arg, name, "a table");
  }
}

void asr_rawgetfield(lua_State *L, int t, const char *key) {
  t = lua_absindex(L, t);
  lua_pushstring(L, key);
  lua_rawget(L, t);
}

void asr_push_lower(lua_State *L, struct asr_span text) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (size_t i = 0; i < text.n; i++) {
    luaL_addchar(&b, asr_lower(text.p[i]));
  }
  luaL_pushresult(&b);
}

void asr_put_header(lua_State *L, struct asr_span name, struct asr_span value) {
  asr_push_lower(L, name);
  lua_pushvalue(L, -1);
  lua_rawget(L, -3); /* table, name, former */
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_pushlstring(L, value.p, value.n);
  } else {
    lua_pushliteral(L, ", ");
    lua_pushlstring(L, value.p, value.n);
    lua_concat(L, 3);
  }
  lua_rawset(L, -3);
}

/* Pushes the field; throws unless it is nil or of the wanted type. Returns
 * whether it is there. [-0, +1] */
static int push_field(lua_State *L, int t, const char *path[2], int type) {
  asr_rawgetfield(L, t, path[1]);
  int got = lua_type(L, -1);
  if (got != LUA_TNIL && got != type) {
    luaL_error(L, "%s.%s must be a %s, got %s", path[0], path[1],
               lua_typename(L, type), lua_typename(L, got));
  }
  return got != LUA_TNIL;
}

const char *asr_field_string(lua_State *L, int t, const char *where,
                             const char *key, size_t *len) {
  const char *path[2] = {where, key};
  const char *s = NULL;
  if (push_field(L, t, path, LUA_TSTRING)) {
    s = lua_tolstring(L, -1, len);
  }
  return s;
}

double asr_field_number(lua_State *L, int t, const char *where, const char *key,
                        double fallback) {
  const char *path[2] = {where, key};
  double x = fallback;
  if (push_field(L, t, path, LUA_TNUMBER)) {
    x = (double)lua_tonumber(L, -1);
    if (!isfinite(x)) {
      luaL_error(L, "%s.%s must be a finite number", where, key);
    }
  }
  lua_pop(L, 1);
  return x;
}

int asr_field_boolean(lua_State *L, int t, const char *where, const char *key,
                      int fallback) {
  const char *path[2] = {where, key};
  int b = fallback;
  if (push_field(L, t, path, LUA_TBOOLEAN)) {
    b = lua_toboolean(L, -1);
  }
  lua_pop(L, 1);
  return b;
}

int64_t asr_field_count(lua_State *L, int t, const char *where, const char *key,
                        int64_t fallback) {
  const char *path[2] = {where, key};
  int64_t n = fallback; /* may be negative: it is the caller's own */
  if (push_field(L, t, path, LUA_TNUMBER) &&
      (!asr_whole(L, -1, &n) || n < 0 || n > ASR_EXACT)) {
    luaL_error(L, "%s.%s must be a whole number of 0 or more, at most 2^53",
               where, key);
  }
  lua_pop(L, 1);
  return n;
}

void asr_put_count(lua_State *L, const char *key, uint64_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, key);
}

void asr_new_class(lua_State *L, const char *tname, const luaL_Reg *methods,
                   const luaL_Reg *meta) {
  luaL_getmetatable(L, tname);
  int is_new = lua_isnil(L, -1);
  lua_pop(L, 1);
  if (!is_new) {
    return;
  }
  lua_newtable(L);
  lua_pushstring(L, tname);
  lua_setfield(L, -2, "__name");
  if (meta != NULL) {
    luaL_setfuncs(L, meta, 0);
  }
  if (methods != NULL) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_setfield(L, LUA_REGISTRYINDEX, tname); /* last: whole, or not at all */
}

void *asr_new_object(lua_State *L, size_t size, const char *tname) {
  void *object = lua_newuserdatauv(L, size, 0);
  memset(object, 0, size);
  luaL_setmetatable(L, tname);
  return object;
}

void *asr_check_object(lua_State *L, int arg, const char *tname) {
  void *object = luaL_testudata(L, arg, tname);
  if (object == NULL) {
    luaL_error(L,
               arg == 1 ? "%s expected, got %s (a colon may be missing)"
                        : "%s expected, got %s",
               tname, type_name(L, arg));
  }
  return object;
}

/* ---- buffers */

static const char BUFFER[] = "azure.signalr.buffer";

static int buffer_gc(lua_State *L) {
  asr_buf_close(asr_check_object(L, 1, BUFFER));
  return 0;
}

void asr_open_support(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", buffer_gc}, {NULL, NULL}};
  asr_new_class(L, BUFFER, NULL, meta);
}

struct asr_buf *asr_new_buffer(lua_State *L, size_t ceiling) {
  struct asr_buf *b = asr_new_object(L, sizeof *b, BUFFER);
  asr_buf_init(b, ceiling);
  return b;
}

void asr_check_status(lua_State *L, enum asr_status status, const char *what) {
  if (status != ASR_OK) {
    luaL_error(L, "%s: %s", what, asr_status_text(status));
  }
}

void asr_push_buffer(lua_State *L, struct asr_buf *b) {
  asr_check_status(L, b->status, "azure.signalr");
  struct asr_span s = asr_buf_span(b);
  lua_pushlstring(L, s.p, s.n);
  asr_buf_close(b);
}
