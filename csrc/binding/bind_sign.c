/* SPDX-License-Identifier: MIT */
/* core.signer: HS256 tokens. */
#include <string.h>

#include "binding/bind_place.h"
#include "binding/core.h"
#include "core/utf8.h"

static const char SIGNER[] = ASR_SIGNER_CLASS;
static const int64_t LATEST = (int64_t)1 << 52; /* seconds; sums stay exact */

/* An argument as a span; not there for nil. [-0, +0] */
static struct asr_span text_arg(lua_State *L, int arg, const char *name) {
  size_t n = 0;
  const char *p = asr_opt_string(L, arg, name, &n);
  return asr_span(p, n);
}

static struct asr_span utf8_arg(lua_State *L, int arg, const char *name) {
  size_t n = 0, count;
  const char *p = asr_check_string(L, arg, name, &n);
  if (!asr_utf8_count(asr_span(p, n), &count)) {
    luaL_error(L, "%s must be valid UTF-8", name);
  }
  return asr_span(p, n);
}

/***
Prepares a key for signing.
@function signer
@string access_key not empty; its bytes are the HMAC key
@string[opt] key_id becomes the header's "kid"
@return signer, with the methods token, authorization, sign and close
@raise for an argument of another kind
*/
static int new_signer(lua_State *L) {
  struct asr_span key, key_id = {NULL, 0};
  key.p = asr_check_filled(L, 1, "access_key", &key.n);
  if (!lua_isnoneornil(L, 2)) {
    key_id = utf8_arg(L, 2, "key_id");
  }
  struct asr_signer_box *s = asr_new_object(L, sizeof *s, SIGNER);
  asr_check_status(L, asr_signer_init(&s->signer, key, key_id), "signer");
  return 1;
}

/* To be asked after the last allocation of Lua's: a finalizer may close it. */
static struct asr_signer_box *check_open(lua_State *L) {
  struct asr_signer_box *s = asr_check_object(L, 1, SIGNER);
  if (s->signer.mac == NULL) {
    luaL_error(L, "the signer is closed");
  }
  return s;
}

/* Throws unless it may be the claims of a token. [-0, +0] */
static void check_claims(lua_State *L, struct asr_span text) {
  size_t count;
  const char *problem = NULL;
  enum asr_status status = asr_claims_check(text, &count, &problem);
  if (status == ASR_INVALID) {
    int rule = strncmp(problem, "must", 4) == 0;
    luaL_error(L, "claims_json %s%s%s", rule ? "" : "must be a JSON object (",
               problem, rule ? "" : ")");
  }
  asr_check_status(L, status, "claims_json");
}

/***
Signs the claims of a request or a client.
@function signer:token
@string audience a URL
@int now Unix time in whole seconds
@int lifetime whole seconds
@string[opt] claims_json a JSON object whose members come before nbf, exp,
  iat and aud, and which must not have any of these four
@treturn string the token
@raise for arguments of another kind and on a closed signer
*/
static int signer_token(lua_State *L) {
  struct asr_claims claims;
  check_open(L);
  claims.audience = utf8_arg(L, 2, "audience");
  claims.now = asr_check_whole(L, 3, "now", 0, LATEST);
  claims.lifetime = asr_check_whole(L, 4, "lifetime", 0, LATEST);
  claims.custom = text_arg(L, 5, "claims_json");
  struct asr_buf *out = asr_new_buffer(L, ASR_TOKEN_MAX);
  enum asr_status status =
      asr_signer_token(&check_open(L)->signer, &claims, out);
  if (status == ASR_INVALID) {
    check_claims(L, claims.custom);
  }
  asr_check_status(L, status, "token");
  asr_push_buffer(L, out);
  return 1;
}

/***
The line that authorizes a request: a kept one, where the same audience and
lifetime were signed for less than `reuse` seconds ago, else a new one. Some
256 are kept, in C: no table of Lua's holds a token.
@function signer:authorization
@string audience a URL
@number now Unix time in seconds; whole ones count
@int lifetime whole seconds
@int reuse whole seconds; 0: always a new one
@treturn string "Authorization: Bearer ..."
@treturn number when the token expires (Unix time)
@raise as signer:token
*/
static int signer_authorization(lua_State *L) {
  struct asr_token_wish wish;
  int64_t at = 0;
  check_open(L);
  wish.audience = utf8_arg(L, 2, "audience");
  wish.hash = asr_place_hash(wish.audience);
  wish.now = asr_check_moment(L, 3, "now", LATEST);
  wish.lifetime = asr_check_whole(L, 4, "lifetime", 0, LATEST);
  wish.reuse = asr_check_whole(L, 5, "reuse", 0, LATEST);
  struct asr_buf *out = asr_new_buffer(L, ASR_TOKEN_MAX);
  struct asr_signer_box *s = check_open(L);
  wish.signer = &s->signer;
  asr_check_status(L, asr_tokens_line(&s->tokens, &wish, out, &at),
                   "authorization");
  asr_push_buffer(L, out);
  lua_pushnumber(L, (lua_Number)(at + wish.lifetime));
  return 2;
}

/***
Says how the pool signs requests with this key.
@function signer:set
@int lifetime whole seconds for which a token is good
@int reuse whole seconds for which it is sent again
@return the signer
*/
static int signer_set(lua_State *L) {
  struct asr_signer_box *s = check_open(L);
  s->lifetime = asr_check_whole(L, 2, "lifetime", 1, LATEST);
  s->reuse = asr_check_whole(L, 3, "reuse", 0, LATEST);
  lua_settop(L, 1);
  return 1;
}

/***
Signs exactly these bytes.
@function signer:sign
@string header_json
@string payload_json
@treturn string the token
*/
static int signer_sign(lua_State *L) {
  struct asr_span header, payload;
  check_open(L);
  header.p = asr_check_string(L, 2, "header_json", &header.n);
  payload.p = asr_check_string(L, 3, "payload_json", &payload.n);
  struct asr_buf *out = asr_new_buffer(L, ASR_TOKEN_MAX);
  const struct asr_signer *s = &check_open(L)->signer;
  asr_check_status(L, asr_signer_sign(s, header, payload, out), "sign");
  asr_push_buffer(L, out);
  return 1;
}

/***
Wipes the key and the tokens that are kept. May be called again; signing throws
from then on.
@function signer:close
*/
static int signer_close(lua_State *L) {
  struct asr_signer_box *s = asr_check_object(L, 1, SIGNER);
  asr_signer_close(&s->signer);
  asr_tokens_close(&s->tokens);
  return 0;
}

static int signer_tostring(lua_State *L) {
  const struct asr_signer_box *s = asr_check_object(L, 1, SIGNER);
  lua_pushfstring(L, "%s (%s)", SIGNER,
                  s->signer.mac != NULL ? "open" : "closed");
  return 1;
}

void asr_open_sign(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"token", signer_token}, {"authorization", signer_authorization},
      {"set", signer_set},     {"sign", signer_sign},
      {"close", signer_close}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", signer_close},
                                  {"__close", signer_close},
                                  {"__tostring", signer_tostring},
                                  {NULL, NULL}};
  static const luaL_Reg functions[] = {{"signer", new_signer}, {NULL, NULL}};
  asr_new_class(L, SIGNER, methods, meta);
  luaL_setfuncs(L, functions, 0);
}
