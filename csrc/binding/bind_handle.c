/* SPDX-License-Identifier: MIT */
/* core.inner: what a handle keeps to itself. A handle is an empty table; its
 * fields are in a metatable of its own, whose __metatable is its class: so
 * neither pairs nor getmetatable shows them, and no table has to be asked
 * which handle has which. */
#include "binding/core.h"

/***
The fields of a handle.
@function inner
@param handle
@tparam table class what getmetatable shows of it
@treturn table, or nil for what is no handle of that class
*/
static int inner(lua_State *L) {
  lua_settop(L, 2);
  if (lua_type(L, 1) != LUA_TTABLE || !lua_getmetatable(L, 1)) {
    return 0;
  }
  asr_rawgetfield(L, 3, "__metatable");
  if (lua_type(L, 4) != LUA_TTABLE || !lua_rawequal(L, 4, 2)) {
    return 0;
  }
  lua_pop(L, 1);
  return 1;
}

void asr_open_handle(lua_State *L) {
  lua_pushcfunction(L, inner);
  lua_setfield(L, -2, "inner");
}
