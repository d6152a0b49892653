/* SPDX-License-Identifier: MIT */
/* core.place: what is the same for each request of an operation. */
#include "binding/bind_place.h"
#include "binding/core.h"

static struct asr_span text_field(lua_State *L, const char *key) {
  size_t n = 0;
  const char *p = asr_field_string(L, 1, "place", key, &n);
  return asr_span(p, n);
}

/***
Makes a place.
@function place
@tparam table parts method; url (absolute, with the constant part of its
  query); agent (a header line without its end); content_type (likewise, or
  nil); audience; authorization (bytes to leave for a token's line); repeatable
@return place, with the method audience
*/
static int new_place(lua_State *L) {
  struct asr_place_parts parts;
  asr_check_table(L, 1, "parts");
  lua_settop(L, 1);
  struct asr_place *p = asr_new_object(L, sizeof *p, ASR_PLACE_CLASS);
  parts.method = text_field(L, "method");
  parts.url = text_field(L, "url");
  parts.agent = text_field(L, "agent");
  parts.content_type = text_field(L, "content_type");
  parts.audience = text_field(L, "audience");
  parts.authorization =
      (size_t)asr_field_count(L, 1, "place", "authorization", 512);
  parts.repeatable = asr_field_boolean(L, 1, "place", "repeatable", 0);
  if (parts.method.n == 0 || parts.url.n == 0 || parts.agent.n == 0) {
    return luaL_error(L, "place needs a method, a url and an agent");
  }
  asr_check_status(L, asr_place_init(p, &parts), "place");
  lua_settop(L, 2);
  return 1;
}

static int place_gc(lua_State *L) {
  asr_place_close(asr_check_object(L, 1, ASR_PLACE_CLASS));
  return 0;
}

/***
The URL that tokens for this place are signed for.
@function place:audience
@treturn string
*/
static int place_audience(lua_State *L) {
  const struct asr_place *p = asr_check_object(L, 1, ASR_PLACE_CLASS);
  lua_pushlstring(L, p->audience.p, p->audience.n);
  return 1;
}

static int place_tostring(lua_State *L) {
  const struct asr_place *p = asr_check_object(L, 1, ASR_PLACE_CLASS);
  lua_pushlstring(L, p->method.p, p->method.n);
  lua_pushliteral(L, " ");
  lua_pushlstring(L, p->target.p, p->target.n);
  lua_concat(L, 3);
  return 1;
}

void asr_open_place(lua_State *L) {
  static const luaL_Reg methods[] = {{"audience", place_audience},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__gc", place_gc}, {"__tostring", place_tostring}, {NULL, NULL}};
  asr_new_class(L, ASR_PLACE_CLASS, methods, meta);
  lua_pushcfunction(L, new_place);
  lua_setfield(L, -2, "place");
}
