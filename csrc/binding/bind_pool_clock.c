/* SPDX-License-Identifier: MIT */
/* What a host's loop needs beside the pool: waiting for descriptors, and the
 * thread's own clock. */
#include <poll.h>
#include <time.h>

#include "binding/bind_pool.h"

enum { MOST = 1024 };

/* curl.thread_cpu_time() -> seconds of processor that this thread has used. */
int asr_thread_cpu_time(lua_State *L) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
  return 1;
}

static nfds_t read_descriptors(lua_State *L, struct pollfd *polled) {
  size_t i, count;
  asr_check_table(L, 1, "descriptors");
  count = lua_rawlen(L, 1);
  if (count > MOST)
    luaL_error(L, "descriptors must be at most %d", (int)MOST);
  for (i = 0; i < count; i++) {
    lua_rawgeti(L, 1, (int)i + 1); /* [+1] */
    polled[i].fd = (int)asr_check_whole(L, -1, "descriptor", 0, 1 << 30);
    polled[i].events = POLLIN;
    polled[i].revents = 0;
    lua_pop(L, 1);
  }
  return (nfds_t)count;
}

static int milliseconds(lua_Number seconds) {
  if (seconds <= 0)
    return 0;
  return seconds > 1e6 ? 1000000000 : (int)(seconds * 1000 + 0.999);
}

/* curl.poll(descriptors, seconds) -> set of those that are readable. Waits
 * for the first of an array; a signal ends it early. */
int asr_poll(lua_State *L) {
  struct pollfd polled[MOST];
  nfds_t i, count = read_descriptors(L, polled);
  int found =
      poll(polled, count, milliseconds(asr_check_number(L, 2, "seconds")));
  lua_newtable(L);
  for (i = 0; found > 0 && i < count; i++) {
    if (polled[i].revents == 0)
      continue;
    lua_pushboolean(L, 1);
    lua_rawseti(L, -2, polled[i].fd);
  }
  return 1;
}
