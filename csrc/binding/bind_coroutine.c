/* SPDX-License-Identifier: MIT */
/* What a coroutine may do, and what it may not be interrupted in. */
#include "binding/core.h"

/***
Whether the running coroutine can yield here. nginx hides LuaJIT's own
coroutine.isyieldable.
@function yieldable
@treturn boolean
*/
static int yieldable(lua_State *L) {
  lua_pushboolean(L, lua_isyieldable(L));
  return 1;
}

/***
Calls a function as pcall does, with this difference: it cannot yield. What it
yields is an error there, whatever coroutine it runs in.
@function fenced
@tparam function fn
@param ... its arguments
@treturn boolean whether it came to its end; its results are dropped
@return what it threw
*/
static int fenced(lua_State *L) {
  luaL_checkany(L, 1);
  int fine = lua_pcall(L, lua_gettop(L) - 1, 0, 0) == 0;
  lua_pushboolean(L, fine);
  lua_insert(L, 1);
  return fine ? 1 : 2;
}

/* Below a function of C's that has no continuation Lua cannot yield, and a
 * host that preempts asks for that first. */
static int call_unbroken(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/***
Makes a function that runs another one in one piece: a host that preempts Lua
(by a hook that yields after so many instructions) cannot have others run in
the middle of it, and find what it changes half changed.
@function unbroken
@tparam function fn
@treturn function the same, which cannot yield
*/
static int unbroken(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_pushcclosure(L, call_unbroken, 1);
  return 1;
}

/* A coroutine that yields itself does so by calling a function of C's. */
static int is_preempted(lua_State *T) {
  lua_Debug at;
  return lua_status(T) == LUA_YIELD && lua_getstack(T, 0, &at) &&
         lua_getinfo(T, "S", &at) && at.what[0] != 'C';
}

/***
Whether a hook of the host's suspended a coroutine, in the middle of what it
did.
@function preempted
@tparam thread thread
@treturn boolean
*/
static int preempted(lua_State *L) {
  lua_State *other = lua_tothread(L, 1);
  lua_pushboolean(L, other != NULL && is_preempted(other));
  return 1;
}

/* Returns the status, and how many values are on top. */
static int resume(lua_State *L, lua_State *T, int *n) {
#if ASR_LUAJIT
  (void)L;
  int status = lua_resume(T, 0);
  *n = lua_gettop(T);
  return status;
#else
  return lua_resume(T, L, 0, n);
#endif
}

/***
Resumes a coroutine that was preempted until it yields itself or ends. It is
done here because the instructions of a loop in Lua would count for the hook,
and could leave the coroutine none.
@function go_on
@tparam thread thread
@return as coroutine.resume
*/
static int go_on(lua_State *L) {
  lua_State *T = lua_tothread(L, 1);
  int status, n;
  if (T == NULL || !is_preempted(T)) {
    return asr_arg_error(L, 1, "thread", "a coroutine that was preempted");
  }
  do {
    status = resume(L, T, &n);
  } while (status == LUA_YIELD && is_preempted(T));
  int fine = status == 0 || status == LUA_YIELD;
  n = fine ? n : 1;
  luaL_checkstack(L, n + 1, "too many results");
  lua_pushboolean(L, fine);
  lua_xmove(T, L, n);
  return n + 1;
}

void asr_open_coroutine(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"yieldable", yieldable}, {"fenced", fenced}, {"unbroken", unbroken},
      {"preempted", preempted}, {"go_on", go_on},   {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
