/* SPDX-License-Identifier: MIT */
/* azure.signalr.core: what needs no network. Loading it starts nothing. */
#include "binding/core.h"

int luaopen_azure_signalr_core(lua_State *L);

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

ASR_EXPORT int luaopen_azure_signalr_core(lua_State *L) {
  lua_newtable(L);
  asr_open_sign(L);
  asr_open_url(L);
  asr_open_json(L);
  asr_open_http(L);
  lua_pushliteral(L, ASR_VERSION);
  lua_setfield(L, -2, "_VERSION");
  lua_pushstring(L, ASR_LUAJIT ? "luajit" : "5.4");
  lua_setfield(L, -2, "lua");
  lua_pushcfunction(L, yieldable);
  lua_setfield(L, -2, "yieldable");
  return 1;
}
