/* SPDX-License-Identifier: MIT */
/* Text and chance without the host's locale and generator. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "binding/core.h"
#include "core/chance.h"
#include "core/utf8.h"

/***
Lower case of ASCII letters alone, whatever the locale.
@function lower
@string text
@treturn string
*/
static int lower(lua_State *L) {
  size_t n = 0;
  const char *p = asr_check_string(L, 1, "text", &n);
  asr_push_lower(L, asr_span(p, n));
  return 1;
}

/* Bytes of the character at `p` that may be shown; 0: a control character
 * (C1 ones and the line separators of Unicode too) or no UTF-8. */
static size_t showable(const char *p, size_t left) {
  unsigned char first = (unsigned char)p[0];
  size_t n = asr_utf8_step(p, left);
  if (n == 0 || first < 0x20 || first == 0x7f) {
    return 0;
  }
  if (first == 0xc2 && (unsigned char)p[1] < 0xa0) {
    return 0;
  }
  return n == 3 && memcmp(p, "\xe2\x80", 2) == 0 &&
                 ((unsigned char)p[2] == 0xa8 || (unsigned char)p[2] == 0xa9)
             ? 0
             : n;
}

/***
Text from outside, fit for a log's line: control characters and bytes that are
not UTF-8 become "?" (white space " "), what is longer is cut with "...".
@function clean
@string text
@int max bytes to keep
@treturn string
*/
static int clean(lua_State *L) {
  size_t n = 0;
  const char *p = asr_check_string(L, 1, "text", &n);
  size_t max = (size_t)asr_check_whole(L, 2, "max", 1, INT32_MAX);
  size_t i = 0;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  while (i < n) {
    size_t step = showable(p + i, n - i);
    size_t width = step > 0 ? step : 1;
    if (i + width > max) {
      luaL_addstring(&b, "...");
      break;
    }
    if (step > 0) {
      luaL_addlstring(&b, p + i, step);
    } else {
      luaL_addchar(&b,
                   strchr("\t\n\v\f\r", p[i]) != NULL && p[i] != 0 ? ' ' : '?');
    }
    i += width;
  }
  luaL_pushresult(&b);
  return 1;
}

struct source {
  struct asr_chance chance;
  pid_t owner;
};

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec t = {0, 0};
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/***
A number from 0 up to, and never, 1; of our own sequence, which differs from
process to process and from state to state.
@function chance
@treturn number
*/
static int chance(lua_State *L) {
  struct source *s = lua_touserdata(L, lua_upvalueindex(1));
  pid_t now = getpid();
  if (s->owner != now) {
    s->owner = now;
    asr_chance_stir(&s->chance, (uint64_t)now ^ nanoseconds(CLOCK_MONOTONIC));
  }
  lua_pushnumber(L, (lua_Number)asr_chance_next(&s->chance));
  return 1;
}

static void open_chance(lua_State *L) {
  struct source *s = lua_newuserdatauv(L, sizeof *s, 0);
  s->owner = getpid();
  asr_chance_seed(&s->chance,
                  nanoseconds(CLOCK_REALTIME) ^ (uint64_t)(uintptr_t)s);
  asr_chance_stir(&s->chance, (uint64_t)s->owner);
  lua_pushcclosure(L, chance, 1);
  lua_setfield(L, -2, "chance");
}

void asr_open_text(lua_State *L) {
  lua_pushcfunction(L, lower);
  lua_setfield(L, -2, "lower");
  lua_pushcfunction(L, clean);
  lua_setfield(L, -2, "clean");
  open_chance(L);
}
