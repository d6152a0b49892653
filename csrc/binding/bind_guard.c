/* SPDX-License-Identifier: MIT */
/* core.guard: the last word of what is collected, without code of the user's.
 * LuaJIT's newproxy would do, but sandboxes lack it. */
#include <stdio.h>

#include "binding/core.h"

static const char GUARD[] = "azure.signalr.guard";

struct guard {
  int armed;
};

/* Pops the function on top of the stack into the guard at index 1, or, nil,
 * takes it away. [-1, +0] */
static void set_teller(lua_State *L) {
#if ASR_LUAJIT
  lua_createtable(L, 1, 0);
  lua_insert(L, -2);
  lua_rawseti(L, -2, 1);
  lua_setfenv(L, 1);
#else
  lua_setiuservalue(L, 1, 1);
#endif
}

/* [-0, +1] */
static void push_teller(lua_State *L) {
#if ASR_LUAJIT
  lua_getfenv(L, 1);
  lua_rawgeti(L, -1, 1);
  lua_remove(L, -2);
#else
  lua_getiuservalue(L, 1, 1);
#endif
}

/***
Makes a guard. When it is collected, or the state is closed, before it was
disarmed, `tell` is called, and what it returns is written to standard error.
@function guard
@tparam function tell () -> string|nil. One of the library's own: it must call
  nothing that a user gave, for it runs in a finalizer
@return guard, with the method disarm; to be kept by what it guards
*/
static int new_guard(lua_State *L) {
  if (lua_type(L, 1) != LUA_TFUNCTION) {
    asr_arg_error(L, 1, "tell", "a function");
  }
  lua_settop(L, 1);
  struct guard *g = lua_newuserdatauv(L, sizeof *g, 1);
  g->armed = 0;
  luaL_setmetatable(L, GUARD);
  lua_insert(L, 1);
  set_teller(L);
  g->armed = 1;
  return 1;
}

/***
There is nothing to tell any more. May be called again.
@function guard:disarm
*/
static int guard_disarm(lua_State *L) {
  struct guard *g = asr_check_object(L, 1, GUARD);
  g->armed = 0;
  lua_pushnil(L);
  set_teller(L);
  return 0;
}

static int guard_gc(lua_State *L) {
  struct guard *g = asr_check_object(L, 1, GUARD);
  if (!g->armed) {
    return 0;
  }
  g->armed = 0;
  push_teller(L);
  int fine = lua_pcall(L, 0, 1, 0) == 0;
  const char *text =
      lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  if (fine && text != NULL) {
    fprintf(stderr, "azure.signalr: %s\n", text);
  } else if (!fine) {
    fprintf(stderr,
            "azure.signalr: something was lost, and cannot be told "
            "(%s)\n",
            text != NULL ? text : "no text");
  }
  return 0;
}

static int guard_tostring(lua_State *L) {
  const struct guard *g = asr_check_object(L, 1, GUARD);
  lua_pushfstring(L, "%s (%s)", GUARD, g->armed ? "armed" : "disarmed");
  return 1;
}

void asr_open_guard(lua_State *L) {
  static const luaL_Reg methods[] = {{"disarm", guard_disarm}, {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__gc", guard_gc}, {"__tostring", guard_tostring}, {NULL, NULL}};
  asr_new_class(L, GUARD, methods, meta);
  lua_pushcfunction(L, new_guard);
  lua_setfield(L, -2, "guard");
}
