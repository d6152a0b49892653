/* SPDX-License-Identifier: MIT */
/* What a request gets when it is about to go: its token, a look at its size. */
#include <time.h>

#include "binding/bind_place.h"
#include "core/limits.h"

int asr_authorize(lua_State *L, int arg, const struct asr_place *place,
                  struct asr_buf *out) {
  struct asr_signer_box *s = luaL_testudata(L, arg, ASR_SIGNER_CLASS);
  if (s == NULL) {
    const struct asr_secret *secret =
        asr_check_object(L, arg, ASR_SECRET_CLASS);
    if (secret->n == 0) {
      return 0;
    }
    asr_buf_add_text(out, ASR_BEARER);
    asr_buf_add(out, secret->text, secret->n);
  } else {
    int64_t at = 0;
    struct asr_token_wish wish = {&s->signer, place->audience, place->hash,
                                  time(NULL), s->lifetime,     s->reuse};
    if (s->signer.mac == NULL) {
      return 0;
    }
    asr_check_status(L, asr_tokens_line(&s->tokens, &wish, out, &at),
                     "authorization");
  }
  asr_check_status(L, asr_buf_add_text(out, "\r\n"), "authorization");
  return 1;
}

static int refuse(lua_State *L, const char *kind, size_t size) {
  lua_pushnil(L);
  lua_pushstring(L, kind);
  lua_pushnumber(L, (lua_Number)size);
  return 3;
}

int asr_refuse_large(lua_State *L, const struct asr_place *place, size_t body,
                     struct asr_sizes more) {
  size_t url = place->origin.n + place->target.n + more.query;
  size_t head = url + place->method.n + place->lines.n + more.line;
  if (body > ASR_BODY_MAX) {
    return refuse(L, "payload_too_large", body);
  }
  if (url > ASR_URL_MAX) {
    return refuse(L, "uri_too_long", url);
  }
  return head > ASR_HEADERS_MAX ? refuse(L, "headers_too_large", head) : 0;
}
