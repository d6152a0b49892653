/* SPDX-License-Identifier: MIT */
/* The module azure.signalr.curl: the pool, and the clocks that go with it. */
#include <time.h>

#include "binding/bind_pool.h"
#include "binding/support.h"
#include "net/engine.h"

static double seconds(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* curl.monotonic() -> seconds since some fixed moment, never going back. */
static int monotonic(lua_State *L) {
  lua_pushnumber(L, seconds(CLOCK_MONOTONIC));
  return 1;
}

/* curl.time() -> seconds since 1970, with their fraction. */
static int wall_time(lua_State *L) {
  lua_pushnumber(L, seconds(CLOCK_REALTIME));
  return 1;
}

/* curl.sleep(seconds) -> true, or false if a signal cut it short. */
static int sleep_for(lua_State *L) {
  double s = asr_check_number(L, 1, "seconds");
  struct timespec t;
  int whole = 1;
  if (s > 0) {
    if (s > 1e6)
      s = 1e6;
    t.tv_sec = (time_t)s;
    t.tv_nsec = (long)((s - (double)t.tv_sec) * 1e9);
    whole = nanosleep(&t, NULL) == 0;
  }
  lua_pushboolean(L, whole);
  return 1;
}

static const luaL_Reg functions[] = {{"pool", asr_pool_open},
                                     {"outbox", asr_outbox_open},
                                     {"retry_pause", asr_retry_rule},
                                     {"monotonic", monotonic},
                                     {"time", wall_time},
                                     {"sleep", sleep_for},
                                     {"thread_cpu_time", asr_thread_cpu_time},
                                     {"poll", asr_poll},
                                     {NULL, NULL}};

ASR_EXPORT int luaopen_azure_signalr_curl(lua_State *L);

ASR_EXPORT int luaopen_azure_signalr_curl(lua_State *L) {
  asr_open_support(L);
  asr_pool_class(L);
  asr_outbox_class(L);
  asr_taken_class(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  lua_pushstring(L, asr_engine_version());
  lua_setfield(L, -2, "libcurl");
  return 1;
}
