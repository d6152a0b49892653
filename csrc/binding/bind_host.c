/* SPDX-License-Identifier: MIT */
/* What the library needs of its host, where sandboxes take globals away. */
#include <stdio.h>
#include <unistd.h>

#include "binding/core.h"

/***
A library of Lua's own, whether or not a global names it.
@function library
@string name "string", "table", "math", "coroutine"
@treturn table|nil
*/
static int library(lua_State *L) {
  asr_check_string(L, 1, "name", NULL);
  lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
  if (lua_type(L, -1) == LUA_TTABLE) {
    lua_pushvalue(L, 1);
    lua_rawget(L, -2);
  }
  if (lua_type(L, -1) != LUA_TTABLE) {
    lua_pushnil(L);
  }
  return 1;
}

/***
Wants functions that nothing could stand in for.
@function need
@param ... a name, and what the global of that name is; and so on
@raise naming those that are no functions
*/
static int need(lua_State *L) {
  int missing = 0;
  int last = lua_gettop(L);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (int i = 1; i < last; i += 2) {
    if (lua_type(L, i + 1) != LUA_TFUNCTION) {
      luaL_addstring(&b, missing++ ? ", " : "");
      luaL_addstring(&b, lua_tostring(L, i));
    }
  }
  luaL_pushresult(&b);
  if (missing) {
    return luaL_error(L,
                      "azure.signalr cannot work where these globals are "
                      "missing: %s (lend them while it is loaded)",
                      lua_tostring(L, -1));
  }
  return 0;
}

/***
Writes a line to the process' standard error, for hosts whose Lua has none.
@function complain
@string text
*/
static int complain(lua_State *L) {
  size_t n = 0;
  const char *text = asr_check_string(L, 1, "text", &n);
  fwrite(text, 1, n, stderr);
  fputc('\n', stderr);
  return 0;
}

/***
The number of this process: a fork's child has another.
@function process
@treturn number
*/
static int process(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)getpid());
  return 1;
}

void asr_open_host(lua_State *L) {
  static const luaL_Reg functions[] = {{"library", library},
                                       {"need", need},
                                       {"complain", complain},
                                       {"process", process},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
