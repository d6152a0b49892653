/* SPDX-License-Identifier: MIT */
/* core.secret: a bearer token that no table of Lua's holds. */
#include <string.h>

#include <openssl/crypto.h>

#include "binding/bind_place.h"
#include "binding/core.h"
#include "core/jwt.h"

static const char SECRET[] = ASR_SECRET_CLASS;

/* What would begin a line of its own, or end one early, in a request. */
static bool is_line(struct asr_span s) {
  for (size_t i = 0; i < s.n; i++) {
    unsigned char c = (unsigned char)s.p[i];
    if (c < 0x20 || c == 0x7f) {
      return false;
    }
  }
  return true;
}

/***
Keeps a token of somebody else's, out of every table; its tostring says nothing
of it.
@function secret
@string token not empty, without control characters
@return secret, with the methods header, text and close
*/
static int new_secret(lua_State *L) {
  struct asr_span token;
  token.p = asr_check_filled(L, 1, "token", &token.n);
  if (!is_line(token)) {
    return luaL_error(L, "token must not hold control characters");
  }
  struct asr_secret *s = asr_new_object(L, sizeof *s + token.n, SECRET);
  memcpy(s->text, token.p, token.n);
  s->n = token.n;
  return 1;
}

/* To be asked after the last allocation of Lua's: a finalizer may close it. */
static const struct asr_secret *check_open(lua_State *L) {
  const struct asr_secret *s = asr_check_object(L, 1, SECRET);
  if (s->n == 0) {
    luaL_error(L, "the secret is closed");
  }
  return s;
}

/***
What was kept.
@function secret:text
@treturn string
@raise on a closed secret
*/
static int secret_text(lua_State *L) {
  struct asr_buf *out = asr_new_buffer(L, SIZE_MAX / 2);
  const struct asr_secret *s = check_open(L);
  asr_buf_add(out, s->text, s->n);
  asr_push_buffer(L, out);
  return 1;
}

/***
The line of a request that carries it.
@function secret:header
@treturn string "Authorization: Bearer ..."
@raise on a closed secret
*/
static int secret_header(lua_State *L) {
  struct asr_buf *out = asr_new_buffer(L, ASR_TOKEN_MAX);
  const struct asr_secret *s = check_open(L);
  asr_buf_add_text(out, ASR_BEARER);
  asr_buf_add(out, s->text, s->n);
  asr_push_buffer(L, out);
  return 1;
}

/***
Wipes it. May be called again; header throws from then on.
@function secret:close
*/
static int secret_close(lua_State *L) {
  struct asr_secret *s = asr_check_object(L, 1, SECRET);
  OPENSSL_cleanse(s->text, s->n);
  s->n = 0;
  return 0;
}

static int secret_tostring(lua_State *L) {
  const struct asr_secret *s = asr_check_object(L, 1, SECRET);
  lua_pushfstring(L, "%s (%s)", SECRET, s->n > 0 ? "open" : "closed");
  return 1;
}

void asr_open_secret(lua_State *L) {
  static const luaL_Reg methods[] = {{"header", secret_header},
                                     {"text", secret_text},
                                     {"close", secret_close},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", secret_close},
                                  {"__close", secret_close},
                                  {"__tostring", secret_tostring},
                                  {NULL, NULL}};
  asr_new_class(L, SECRET, methods, meta);
  lua_pushcfunction(L, new_secret);
  lua_setfield(L, -2, "secret");
}
