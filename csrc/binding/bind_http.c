/* SPDX-License-Identifier: MIT */
/* The head of an HTTP/1.x answer, for transports that have bytes only. */
#include "binding/core.h"
#include "core/httphead.h"

enum { NAME_MAX_BYTES = 128 };

/***
Reads the head of an answer.
@function http_head
@string buf
@int from where the status line begins
@int to the end of the last header line, its CRLF included
@treturn int|nil status
@treturn int length of the body; -1: it ends with the connection; -2: it comes
  in chunks. Without a status: what is wrong
@treturn boolean whether the connection may carry another request
*/
static int http_head(lua_State *L) {
  size_t n = 0;
  const char *p = asr_check_string(L, 1, "buf", &n);
  lua_Integer from = lua_tointeger(L, 2), to = lua_tointeger(L, 3);
  struct asr_http_head head;
  const char *problem = NULL;
  if (from < 1 || to < from || (size_t)to > n) {
    return luaL_error(L, "from and to must lie within buf");
  }
  struct asr_span text = asr_span(p + from - 1, (size_t)(to - from + 1));
  if (asr_http_head_parse(text, &head, &problem) != ASR_OK) {
    lua_pushnil(L);
    lua_pushstring(L, problem);
    return 2;
  }
  lua_pushinteger(L, head.status);
  lua_pushnumber(L, head.body == ASR_HTTP_LENGTH   ? (lua_Number)head.length
                    : head.body == ASR_HTTP_CHUNKS ? -2
                                                   : -1);
  lua_pushboolean(L, head.keep);
  return 3;
}

/***
Puts the headers of an answer's head into a table.
@function http_headers
@string head as http_head took it
@tparam table into lower-case name -> value; values of repeated names are
  joined by ", "
@treturn table the same
*/
static int http_headers(lua_State *L) {
  size_t n = 0;
  const char *p = asr_check_string(L, 1, "head", &n);
  asr_check_table(L, 2, "into");
  lua_settop(L, 2);
  struct asr_span rest = asr_http_header_lines(asr_span(p, n)), name, value;
  bool any = false;
  while (asr_http_header_next(&rest, &any, &name, &value) == ASR_OK && any) {
    char small[NAME_MAX_BYTES];
    for (size_t i = 0; i < name.n && name.n <= sizeof small; i++) {
      small[i] = asr_lower(name.p[i]);
    }
    if (name.n <= sizeof small) { /* a longer one is nobody's */
      name.p = small;
    }
    asr_put_header(L, name, value);
  }
  return 1;
}

void asr_open_http(lua_State *L) {
  lua_pushcfunction(L, http_head);
  lua_setfield(L, -2, "http_head");
  lua_pushcfunction(L, http_headers);
  lua_setfield(L, -2, "http_headers");
}
