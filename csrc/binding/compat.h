/* SPDX-License-Identifier: MIT */
/* The difference between Lua 5.4 and LuaJIT 2.1, and nothing else. */
#ifndef ASR_COMPAT_H
#define ASR_COMPAT_H

#include <lua.h>
#include <lauxlib.h>
#include <lualib.h>

#if LUA_VERSION_NUM < 502 && defined(LUA_JITLIBNAME)
#define ASR_LUAJIT 1
#define ASR_LUA_NAME "LuaJIT"
#define ASR_TCDATA 10 /* lua_type of a cdata; lua.h does not name it */
#define lua_rawlen lua_objlen
#define lua_newuserdatauv(L, size, n) lua_newuserdata((L), (size))
#define lua_absindex(L, i)                                                     \
  ((i) > 0 || (i) <= LUA_REGISTRYINDEX ? (i) : lua_gettop(L) + (i) + 1)
#elif LUA_VERSION_NUM >= 504
#define ASR_LUAJIT 0
#define ASR_LUA_NAME "Lua 5.4"
#else
#error "azure.signalr needs Lua 5.4 or LuaJIT 2.1"
#endif

/* Marks what Lua loads; all else is hidden (-fvisibility=hidden). */
#if defined(__GNUC__)
#define ASR_EXPORT __attribute__((visibility("default")))
#else
#define ASR_EXPORT
#endif

#endif
