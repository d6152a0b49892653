/* SPDX-License-Identifier: MIT */
/* core.limits and core.defaults. */
#include "binding/core.h"
#include "core/limits.h"

struct number {
  const char *name;
  int64_t value;
};

/* Sets field `name` of the table on top to a table of numbers. [-0, +0] */
static void set_numbers(lua_State *L, const char *name,
                        const struct number *n) {
  lua_newtable(L);
  for (; n->name != NULL; n++) {
    lua_pushinteger(L, (lua_Integer)n->value);
    lua_setfield(L, -2, n->name);
  }
  lua_setfield(L, -2, name);
}

void asr_open_limits(lua_State *L) {
  static const struct number limits[] = {
      {"body", ASR_BODY_MAX},
      {"url", ASR_URL_MAX},
      {"headers", ASR_HEADERS_MAX},
      {"timeout", ASR_TIMEOUT_MAX},
      {"max_connections", ASR_MAX_CONNECTIONS},
      {"max_in_flight", ASR_MAX_IN_FLIGHT},
      {"max_response", ASR_MAX_RESPONSE},
      {"queue_bytes", ASR_MAX_QUEUE_BYTES},
      {NULL, 0}};
  static const struct number defaults[] = {
      {"max_connections", ASR_DEFAULT_CONNECTIONS},
      {"max_in_flight", ASR_DEFAULT_IN_FLIGHT},
      {"max_response", ASR_DEFAULT_RESPONSE},
      {"connect_timeout", ASR_DEFAULT_CONNECT_TIMEOUT},
      {"max_connection_age", ASR_DEFAULT_CONNECTION_AGE},
      {"queue_limit", ASR_DEFAULT_QUEUE},
      {"queue_bytes", ASR_DEFAULT_QUEUE_BYTES},
      {NULL, 0}};
  set_numbers(L, "limits", limits);
  set_numbers(L, "defaults", defaults);
}
