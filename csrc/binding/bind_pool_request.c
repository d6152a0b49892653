/* SPDX-License-Identifier: MIT */
/* A request's table, checked and read. */
#include <string.h>

#include "binding/bind_pool.h"

static const char where[] = "request";
enum { MOST_HEADERS = 1000 };

/* Neither a line's end nor a NUL: either would forge lines of the request. */
static int clean(struct asr_span text, int spaces) {
  size_t i;
  for (i = 0; i < text.n; i++) {
    unsigned char c = (unsigned char)text.p[i];
    if (c == 0x7f || (c < 0x20 && !(spaces && c == '\t')) ||
        (c == ' ' && !spaces))
      return 0;
  }
  return 1;
}

/* [-0, +1] */
static struct asr_span text_field(lua_State *L, int t, const char *key) {
  size_t len = 0;
  const char *text = asr_field_string(L, t, where, key, &len);
  if (text == NULL || len == 0)
    luaL_error(L, "%s.%s must be a string that is not empty", where, key);
  return asr_span(text, len);
}

/* [-0, +1] */
static struct asr_span method_field(lua_State *L, int t) {
  struct asr_span method = text_field(L, t, "method");
  size_t i;
  for (i = 0; i < method.n; i++)
    if (method.p[i] < 'A' || method.p[i] > 'Z')
      luaL_error(L, "%s.method must be capital letters", where);
  return method;
}

int asr_is_line(struct asr_span text) {
  return clean(text, 1);
}

void asr_check_url(lua_State *L, struct asr_span url, const char *name) {
  if (!clean(url, 0))
    luaL_error(L, "%s must not contain spaces or control characters", name);
  if ((url.n < 8 || memcmp(url.p, "http://", 7) != 0) &&
      (url.n < 9 || memcmp(url.p, "https://", 8) != 0))
    luaL_error(L, "%s must begin with http:// or https://", name);
}

/* [-0, +1] */
static struct asr_span url_field(lua_State *L, int t) {
  struct asr_span url = text_field(L, t, "url");
  asr_check_url(L, url, "request.url");
  return url;
}

static void read_header(lua_State *L, int i, struct asr_span *header) {
  size_t len = 0;
  const char *text, *colon;
  if (lua_type(L, -1) != LUA_TSTRING)
    luaL_error(L, "%s.headers[%d] must be a string, got %s", where, i,
               luaL_typename(L, -1));
  text = lua_tolstring(L, -1, &len);
  *header = asr_span(text, len);
  colon = memchr(text, ':', len);
  if (colon == NULL || colon == text || !clean(*header, 1))
    luaL_error(L, "%s.headers[%d] must be one line, \"Name: value\"", where, i);
}

/* The table of headers is on top of the stack. [-0, +1 and its lines] */
static void read_lines(lua_State *L, asr_request *request) {
  int t = lua_gettop(L);
  size_t i, count = lua_rawlen(L, t);
  struct asr_span *lines;
  if (count > MOST_HEADERS)
    luaL_error(L, "%s.headers must be at most %d", where, (int)MOST_HEADERS);
  luaL_checkstack(L, (int)count + LUA_MINSTACK, "headers");
  lines = lua_newuserdatauv(L, count * sizeof *lines, 0);
  for (i = 0; i < count; i++) {
    lua_rawgeti(L, t, (int)i + 1);
    read_header(L, (int)i + 1, &lines[i]);
  }
  request->headers = lines;
  request->header_count = count;
}

static void read_headers(lua_State *L, int t, asr_request *request) {
  asr_rawgetfield(L, t, "headers"); /* [+1] */
  if (lua_isnil(L, -1))
    return;
  if (lua_type(L, -1) != LUA_TTABLE)
    luaL_error(L, "%s.headers must be a table, got %s", where,
               luaL_typename(L, -1));
  read_lines(L, request);
}

/* "safe", "never", or what the verb says. [-0, +1] */
static bool repeats_field(lua_State *L, int t, struct asr_span method) {
  const char *text = asr_field_string(L, t, where, "repeats", NULL);
  if (text == NULL)
    return asr_span_eq(method, asr_span_of("GET")) ||
           asr_span_eq(method, asr_span_of("HEAD"));
  return strcmp(text, "safe") == 0;
}

void asr_read_request(lua_State *L, int t, size_t max_response,
                      asr_request *request) {
  size_t len = 0;
  const char *body;
  asr_check_table(L, t, where);
  memset(request, 0, sizeof *request);
  request->method = method_field(L, t);
  request->url = url_field(L, t);
  body = asr_field_string(L, t, where, "body", &len);
  request->has_body = body != NULL;
  request->repeatable = repeats_field(L, t, request->method);
  request->body = asr_span(body, len);
  request->timeout = asr_field_number(L, t, where, "timeout", 30);
  if (request->timeout < 0)
    request->timeout = 0;
  request->max_response = (size_t)asr_field_count(L, t, where, "max_response",
                                                  (int64_t)max_response);
  read_headers(L, t, request);
}
