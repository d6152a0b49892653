/* SPDX-License-Identifier: MIT */
/*
 * A host that preempts Lua: it runs several coroutines, and takes the turn away
 * from each after so many instructions, by a hook that yields. The script gets
 * a table `host`:
 *   host.start(fn, ...)   one more coroutine
 *   host.nap()            gives the turn away
 *   host.count(name)      one more of that; in one piece
 *   host.counted(name)    how many
 *   preempting INSTRUCTIONS own|all SCRIPT [ARGUMENT...]
 * own: only the host's own coroutines are preempted, as HAProxy does; all:
 * whatever coroutine the hook finds running.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#if LUA_VERSION_NUM < 502
#include <luajit.h>
#endif

#define MOST 64

static lua_State *threads[MOST]; /* NULL: ended */
static int started, instructions, own_only;

static int is_own(const lua_State *L) {
  for (int i = 0; i < started; i++) {
    if (threads[i] == L) {
      return 1;
    }
  }
  return 0;
}

static void hook(lua_State *L, lua_Debug *at) {
  (void)at;
  if (lua_isyieldable(L) && (!own_only || is_own(L))) {
    lua_yield(L, 0);
  }
}

static int host_start(lua_State *L) {
  if (started == MOST) {
    return luaL_error(L, "too many coroutines");
  }
  lua_State *T = lua_newthread(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, LUA_REGISTRYINDEX, 1000 + started); /* keeps it */
  lua_pop(L, 1);
  int n = lua_gettop(L);
  lua_xmove(L, T, n);
  lua_sethook(T, hook, LUA_MASKCOUNT, instructions);
  threads[started++] = T;
  return 0;
}

static int host_nap(lua_State *L) { return lua_yield(L, 0); }

/* In the registry, by name. [-0, +1] */
static int host_counted(lua_State *L) {
  lua_pushfstring(L, "count %s", luaL_checkstring(L, 1));
  lua_rawget(L, LUA_REGISTRYINDEX);
  lua_pushinteger(L, lua_isnil(L, -1) ? 0 : lua_tointeger(L, -1));
  return 1;
}

static int host_count(lua_State *L) {
  lua_pushfstring(L, "count %s", luaL_checkstring(L, 1));
  host_counted(L);
  lua_pushinteger(L, lua_tointeger(L, -1) + 1);
  lua_replace(L, -3);
  lua_pop(L, 1);
  lua_rawset(L, LUA_REGISTRYINDEX);
  return 0;
}

static int resume(lua_State *L, lua_State *T) {
  int n = lua_status(T) == LUA_YIELD ? 0 : lua_gettop(T) - 1;
#if LUA_VERSION_NUM >= 504
  int results = 0;
  int status = lua_resume(T, L, n, &results);
  if (status == LUA_YIELD) {
    lua_pop(T, results);
  }
  return status;
#else
  (void)L;
  int status = lua_resume(T, n);
  return status;
#endif
}

static void fail(lua_State *L, const char *text) {
  (void)L;
  fprintf(stderr, "preempting: %s\n", text ? text : "an error without text");
  exit(1);
}

static void run(lua_State *L) {
  int left = 1;
  while (left) {
    left = 0;
    for (int i = 0; i < started; i++) {
      int status = threads[i] ? resume(L, threads[i]) : 0;
      if (threads[i] && status == 0) {
        threads[i] = NULL;
      }
      if (threads[i] && status != LUA_YIELD) {
        fail(threads[i], lua_tostring(threads[i], -1));
      }
      left += threads[i] != NULL;
    }
  }
}

static void open_host(lua_State *L) {
  static const luaL_Reg functions[] = {{"start", host_start},
                                       {"nap", host_nap},
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

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (argc < 4) {
    fail(L, "usage: preempting INSTRUCTIONS own|all SCRIPT [ARGUMENT...]");
  }
#if LUA_VERSION_NUM < 502
  luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
#endif
  instructions = atoi(argv[1]);
  own_only = strcmp(argv[2], "own") == 0;
  open_host(L);
  if (luaL_loadfile(L, argv[3]) != 0) {
    fail(L, lua_tostring(L, -1));
  }
  for (int i = 4; i < argc; i++) {
    lua_pushstring(L, argv[i]);
  }
  if (lua_pcall(L, argc - 4, 0, 0) != 0) {
    fail(L, lua_tostring(L, -1));
  }
  run(L);
  lua_close(L);
  return 0;
}
