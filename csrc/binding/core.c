/* SPDX-License-Identifier: MIT */
/* azure.signalr.core: what needs no network. Loading it starts nothing. */

#include "binding/core.h"
#include "core/pin.h"

int luaopen_azure_signalr_core(lua_State *L);

ASR_EXPORT int luaopen_azure_signalr_core(lua_State *L) {
  asr_pin();
  asr_open_support(L);
  lua_newtable(L);
  asr_open_sign(L);
  asr_open_url(L);
  asr_open_json(L);
  asr_open_http_reader(L);
  asr_open_text(L);
  asr_open_place(L);
  asr_open_guard(L);
  asr_open_coroutine(L);
  asr_open_handle(L);
  asr_open_limits(L);
  asr_open_host(L);
  asr_open_secret(L);
  lua_pushliteral(L, ASR_VERSION);
  lua_setfield(L, -2, "_VERSION");
  lua_pushstring(L, ASR_LUAJIT ? "luajit" : "5.4");
  lua_setfield(L, -2, "lua");
  return 1;
}
