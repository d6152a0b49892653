/* SPDX-License-Identifier: MIT */
/* What small hosts in C share: a script with arguments, and counting in one
 * piece, which adding one in Lua is not where a host preempts. */
#ifndef ASR_SPEC_SCRIPT_HOST_H
#define ASR_SPEC_SCRIPT_HOST_H

#include <stdio.h>
#include <stdlib.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static void fail(const char *text) {
  fprintf(stderr, "host: %s\n", text ? text : "an error without text");
  exit(1);
}

/* host.counted(name) -> how many */
static int host_counted(lua_State *L) {
  lua_pushfstring(L, "count %s", luaL_checkstring(L, 1));
  lua_rawget(L, LUA_REGISTRYINDEX);
  lua_pushinteger(L, lua_isnil(L, -1) ? 0 : lua_tointeger(L, -1));
  return 1;
}

/* host.count(name): one more */
static int host_count(lua_State *L) {
  lua_pushfstring(L, "count %s", luaL_checkstring(L, 1));
  host_counted(L);
  lua_pushinteger(L, lua_tointeger(L, -1) + 1);
  lua_replace(L, -3);
  lua_pop(L, 1);
  lua_rawset(L, LUA_REGISTRYINDEX);
  return 0;
}

/* A new thread of Lua's with the function and the arguments that L has; kept
 * in the registry. */
static lua_State *new_thread(lua_State *L, int number) {
  lua_State *T = lua_newthread(L);
  lua_rawseti(L, LUA_REGISTRYINDEX, 1000 + number);
  lua_xmove(L, T, lua_gettop(L));
  return T;
}

/* The global `host`: start and nap of the host's own, count and counted. */
static void open_host(lua_State *L, lua_CFunction start, lua_CFunction nap) {
  const luaL_Reg functions[] = {{"start", start},
                                {"nap", nap},
                                {"count", host_count},
                                {"counted", host_counted},
                                {NULL, NULL}};
  lua_newtable(L);
  for (const luaL_Reg *f = functions; f->name; f++) {
    lua_pushcfunction(L, f->func);
    lua_setfield(L, -2, f->name);
  }
  lua_setglobal(L, "host");
}

/* words: the script's path, and its arguments. */
static void run_script(lua_State *L, int n, char **words) {
  if (luaL_loadfile(L, words[0]) != 0) {
    fail(lua_tostring(L, -1));
  }
  for (int i = 1; i < n; i++) {
    lua_pushstring(L, words[i]);
  }
  if (lua_pcall(L, n - 1, 0, 0) != 0) {
    fail(lua_tostring(L, -1));
  }
}

#endif
