/* SPDX-License-Identifier: MIT */
/*
 * A host that preempts Lua: it runs several coroutines, and takes the turn away
 * from each after so many instructions, by a hook that yields. The script gets
 * a table `host`:
 *   host.start(fn, ...)   one more coroutine
 *   host.nap()            gives the turn away
 *   host.count(name)      one more of that; host.counted(name): how many
 *   preempting INSTRUCTIONS own|all SCRIPT [ARGUMENT...]
 * own: only the host's own coroutines are preempted, as HAProxy does; all:
 * whatever coroutine the hook finds running.
 */
#include <string.h>

#include "script_host.h"
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

static int start(lua_State *L) {
  if (started == MOST) {
    return luaL_error(L, "too many coroutines");
  }
  threads[started] = new_thread(L, started);
  started++;
  return 0;
}

static int nap(lua_State *L) {
  return lua_yield(L, 0);
}

/* LuaJIT counts the instructions of all coroutines together: without a fresh
 * count one could lose every turn before it has done anything. */
static int resume(lua_State *L, lua_State *T) {
  int n = lua_status(T) == LUA_YIELD ? 0 : lua_gettop(T) - 1;
  lua_sethook(T, hook, LUA_MASKCOUNT, instructions);
#if LUA_VERSION_NUM >= 504
  int results = 0;
  int status = lua_resume(T, L, n, &results);
  if (status == LUA_YIELD) {
    lua_pop(T, results);
  }
  return status;
#else
  (void)L;
  return lua_resume(T, n);
#endif
}

/* One turn for each; how many are left. */
static int turn(lua_State *L) {
  int left = 0;
  for (int i = 0; i < started; i++) {
    int status = threads[i] ? resume(L, threads[i]) : 0;
    if (status != 0 && status != LUA_YIELD) {
      fail(lua_tostring(threads[i], -1));
    }
    if (status == 0) {
      threads[i] = NULL;
    }
    left += threads[i] != NULL;
  }
  return left;
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (argc < 4) {
    fail("usage: preempting INSTRUCTIONS own|all SCRIPT [ARGUMENT...]");
  }
#if LUA_VERSION_NUM < 502
  luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
#endif
  instructions = atoi(argv[1]);
  own_only = strcmp(argv[2], "own") == 0;
  open_host(L, start, nap);
  run_script(L, argc - 3, argv + 3);
  while (turn(L)) {
  }
  lua_close(L);
  return 0;
}
