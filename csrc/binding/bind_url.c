/* SPDX-License-Identifier: MIT */
/* Connection strings, URLs, queries, and the length of a text. */
#include "binding/core.h"
#include "core/connstr.h"
#include "core/utf8.h"

enum { URL_MAX = 1 << 24 };

static struct asr_span string_arg(lua_State *L, int arg, const char *name) {
  size_t n = 0;
  const char *p = asr_check_string(L, arg, name, &n);
  return asr_span(p, n);
}

/* Sets a field of the table on top, unless the span is not there. */
static void set_span(lua_State *L, const char *key, struct asr_span s) {
  if (s.p != NULL) {
    lua_pushlstring(L, s.p, s.n);
    lua_setfield(L, -2, key);
  }
}

/***
Percent-encodes everything outside A-Z a-z 0-9 - . _ ~ (upper-case hex).
@function escape
@string s
@treturn string
*/
static int escape(lua_State *L) {
  struct asr_span s = string_arg(L, 1, "s");
  struct asr_buf *out = asr_new_buffer(L, URL_MAX);
  asr_url_escape(out, s);
  asr_push_buffer(L, out);
  return 1;
}

/* Adds params[name], escaped. [-0, +0] */
static void add_param(lua_State *L, struct asr_buf *out, struct asr_span name) {
  struct asr_span value;
  lua_pushlstring(L, name.p, name.n);
  lua_pushvalue(L, -1);
  lua_rawget(L, 2);
  if (lua_type(L, -1) != LUA_TSTRING) {
    luaL_error(L, "params.%s must be a string, got %s", lua_tostring(L, -2),
               luaL_typename(L, -1));
  }
  value.p = lua_tolstring(L, -1, &value.n);
  asr_url_escape(out, value);
  lua_pop(L, 2);
}

/***
Fills a path template.
@function expand
@string template such as "/a/{hub}/groups/{group}/:send"
@tparam table params a string for each name; they are escaped
@treturn string the path
@raise when a name has no string
*/
static int expand(lua_State *L) {
  struct asr_span rest = string_arg(L, 1, "template"), literal, name;
  asr_check_table(L, 2, "params");
  struct asr_buf *out = asr_new_buffer(L, URL_MAX);
  do {
    if (asr_url_template_next(&rest, &literal, &name) != ASR_OK) {
      return luaL_error(L, "template must have its braces in pairs");
    }
    asr_buf_add_span(out, literal);
    if (name.p != NULL) {
      add_param(L, out, name);
    }
  } while (rest.p != NULL);
  asr_push_buffer(L, out);
  return 1;
}

/* Adds element `which` (1 or 2) of the pair on top, escaped. [-0, +0] */
static void add_half(lua_State *L, struct asr_buf *out, int i, int which) {
  struct asr_span s;
  lua_rawgeti(L, -1, which);
  if (lua_type(L, -1) != LUA_TSTRING) {
    luaL_error(L, "list[%d][%d] must be a string, got %s", i, which,
               luaL_typename(L, -1));
  }
  s.p = lua_tolstring(L, -1, &s.n);
  asr_url_escape(out, s);
  lua_pop(L, 1);
}

/***
Writes a query, in the order of the list.
@function query
@tparam table list of pairs { name, value }, both strings; they are escaped
@treturn string such as "a=b&c=d"; "" for an empty list
*/
static int query(lua_State *L) {
  asr_check_table(L, 1, "list");
  struct asr_buf *out = asr_new_buffer(L, URL_MAX);
  int n = (int)lua_rawlen(L, 1);
  for (int i = 1; i <= n; i++) {
    lua_rawgeti(L, 1, i);
    if (lua_type(L, -1) != LUA_TTABLE) {
      return luaL_error(L, "list[%d] must be a table, got %s", i,
                        luaL_typename(L, -1));
    }
    if (i > 1) {
      asr_buf_add_byte(out, '&');
    }
    add_half(L, out, i, 1);
    asr_buf_add_byte(out, '=');
    add_half(L, out, i, 2);
    lua_pop(L, 1);
  }
  asr_push_buffer(L, out);
  return 1;
}

/* Pushes `s` decoded. [-0, +1] */
static void push_unescaped(lua_State *L, struct asr_span s) {
  struct asr_buf *out = asr_new_buffer(L, URL_MAX);
  asr_url_unescape(out, s);
  asr_push_buffer(L, out);
  lua_remove(L, -2);
}

/***
Reads a query; "+" is a space, a "%" without two hexadecimal digits stays.
@function parse_query
@string text without "?"
@treturn table list of pairs { name, value }; the value of a name without "="
  is ""
*/
static int parse_query(lua_State *L) {
  struct asr_span rest = string_arg(L, 1, "text");
  int n = 0;
  lua_newtable(L);
  while (rest.p != NULL) {
    struct asr_span value = asr_span_cut(&rest, '&');
    if (value.n == 0) {
      continue;
    }
    struct asr_span name = asr_span_cut(&value, '=');
    lua_createtable(L, 2, 0);
    push_unescaped(L, name);
    lua_rawseti(L, -2, 1);
    push_unescaped(L, value);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

/***
Takes an absolute http or https URL apart.
@function parse_url
@string text
@treturn table { scheme =, host = (lower-case), port = (a number, the scheme's
  if none is written), path = ("/" if none is written), query = (without "?",
  nil if there is none) }, or nil and a message
*/
static int parse_url(lua_State *L) {
  struct asr_span text = string_arg(L, 1, "text");
  struct asr_url url;
  const char *why = "";
  if (asr_url_parse(text, &url, &why) != ASR_OK) {
    lua_pushnil(L);
    lua_pushfstring(L, "URL %s", why);
    return 2;
  }
  struct asr_buf *host = asr_new_buffer(L, text.n);
  asr_url_add_host(host, &url);
  lua_createtable(L, 0, 5);
  asr_push_buffer(L, host);
  lua_setfield(L, -2, "host");
  set_span(L, "scheme", url.scheme);
  set_span(L, "path", url.path);
  set_span(L, "query", url.query);
  lua_pushinteger(L, (lua_Integer)url.port);
  lua_setfield(L, -2, "port");
  return 1;
}

/* Sets a field of the table on top to the URL's base. */
static void set_base(lua_State *L, const char *key, const struct asr_url *url) {
  struct asr_buf *out = asr_new_buffer(L, ASR_CONNSTR_MAX + 16);
  asr_url_add_base(out, url);
  asr_push_buffer(L, out);
  lua_remove(L, -2);
  lua_setfield(L, -2, key);
}

static void push_connstr(lua_State *L, const struct asr_connstr *cs) {
  static const struct {
    const char *key;
    enum asr_connstr_property which;
  } texts[] = {{"access_key", ASR_CS_ACCESS_KEY},
               {"version", ASR_CS_VERSION},
               {"client_id", ASR_CS_CLIENT_ID},
               {"tenant_id", ASR_CS_TENANT_ID},
               {"client_secret", ASR_CS_CLIENT_SECRET},
               {"client_cert", ASR_CS_CLIENT_CERT}};
  lua_newtable(L);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    set_span(L, texts[i].key, cs->values[texts[i].which]);
  }
  set_span(L, "auth_type", asr_span_of(cs->auth_type));
  set_base(L, "endpoint", &cs->endpoint);
  if (cs->values[ASR_CS_CLIENT_ENDPOINT].p != NULL) {
    set_base(L, "client_endpoint", &cs->client_endpoint);
  }
  if (cs->values[ASR_CS_SERVER_ENDPOINT].p != NULL) {
    set_base(L, "server_endpoint", &cs->server_endpoint);
  }
  if (cs->port != 0) {
    lua_pushinteger(L, (lua_Integer)cs->port);
    lua_setfield(L, -2, "port");
  }
}

/***
Reads a connection string.
@function parse_connection_string
@string text
@treturn table { endpoint =, access_key =, version =, port =, auth_type =
  ("azure", "azure.msi", "azure.app"; nil: by access key), client_id =,
  tenant_id =, client_secret =, client_cert =, client_endpoint =,
  server_endpoint = }, all strings but port, nil where not given; or nil and
  a message, which never holds a value. Endpoints are scheme://host[:port]
  [/path] without a "/" at the end; Port is applied to endpoint; a query in
  an endpoint is dropped.
*/
static int parse_connection_string(lua_State *L) {
  struct asr_span text = string_arg(L, 1, "text");
  struct asr_connstr cs;
  struct asr_connstr_error error;
  if (asr_connstr_parse(text, &cs, &error) != ASR_OK) {
    lua_pushnil(L);
    lua_pushfstring(L, "connection string: %s", error.text);
    return 2;
  }
  push_connstr(L, &cs);
  return 1;
}

/***
@function utf8_len
@string s
@treturn int the number of characters, or nil if it is not valid UTF-8
*/
static int utf8_len(lua_State *L) {
  size_t count = 0;
  if (asr_utf8_count(string_arg(L, 1, "s"), &count)) {
    lua_pushinteger(L, (lua_Integer)count);
  } else {
    lua_pushnil(L);
  }
  return 1;
}

void asr_open_url(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"escape", escape},
      {"expand", expand},
      {"query", query},
      {"parse_query", parse_query},
      {"parse_url", parse_url},
      {"parse_connection_string", parse_connection_string},
      {"utf8_len", utf8_len},
      {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
