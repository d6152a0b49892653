/* SPDX-License-Identifier: MIT */
/* azure.signalr.core: what needs no network. Loading it starts nothing. */

/* For dladdr. NOLINTBEGIN: these names are the systems' own. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE
#endif
/* NOLINTEND */

#include "binding/core.h"

#include <dlfcn.h>

int luaopen_azure_signalr_core(lua_State *L);

/* Keeps this library loaded until the process ends. LuaJIT, when it closes a
 * state, unloads libraries among the first finalizers: what later ones make
 * of ours would be finalized by code that is gone. */
static void stay_loaded(void) {
  static int here;
  Dl_info about;
  if (dladdr(&here, &about) != 0 && about.dli_fname != NULL) {
    (void)dlopen(about.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  }
}

ASR_EXPORT int luaopen_azure_signalr_core(lua_State *L) {
  stay_loaded();
  asr_open_support(L);
  lua_newtable(L);
  asr_open_sign(L);
  asr_open_url(L);
  asr_open_json(L);
  asr_open_http(L);
  asr_open_text(L);
  asr_open_guard(L);
  asr_open_coroutine(L);
  asr_open_host(L);
  asr_open_secret(L);
  lua_pushliteral(L, ASR_VERSION);
  lua_setfield(L, -2, "_VERSION");
  lua_pushstring(L, ASR_LUAJIT ? "luajit" : "5.4");
  lua_setfield(L, -2, "lua");
  return 1;
}
