/* SPDX-License-Identifier: MIT */
/* What the JSON writer makes of anything but a table, and its errors. */
#include "binding/bind_jsonw.h"

#include <math.h>
#include <string.h>

#include "core/jsonw.h"

/* ---- errors */

/* Adds ".key", or ["key"] for one that is no name. Long ones are cut, and
 * bytes that would garble a log become "?". */
static void add_key(luaL_Buffer *b, const char *key, size_t n) {
  static const char name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
                             "abcdefghijklmnopqrstuvwxyz0123456789";
  const size_t longest = 64;
  int plain = n > 0 && n <= longest && strspn(key, name) == n;
  luaL_addstring(b, plain ? "." : "[\"");
  for (size_t i = 0; i < n && i < longest; i++) {
    unsigned char c = (unsigned char)key[i];
    luaL_addchar(b, (char)(c >= 0x20 && c < 0x7F ? c : '?'));
  }
  luaL_addstring(b, plain ? "" : n > longest ? "...\"]" : "\"]");
}

static void add_index(luaL_Buffer *b, double index) {
  char text[48];
  struct asr_buf number;
  asr_buf_within(&number, text, sizeof text);
  asr_buf_add_byte(&number, '[');
  if (asr_jsonw_double(&number, index, false) == ASR_INVALID) {
    asr_buf_add_text(&number, index > 0 ? "inf" : "-inf"); /* NaN is no key */
  }
  asr_buf_add_byte(&number, ']');
  luaL_addlstring(b, text, number.len);
}

static void add_level(luaL_Buffer *b, const struct asr_level *level) {
  lua_State *L = b->L;
  if (level->index > 0) {
    add_index(b, (double)level->index);
  } else if (level->key > 0 && lua_type(L, level->key) == LUA_TSTRING) {
    size_t n = 0;
    const char *key = lua_tolstring(L, level->key, &n);
    add_key(b, key, n);
  } else if (level->key > 0) {
    add_index(b, (double)lua_tonumber(L, level->key));
  }
}

/* Pushes the path to the current value; of a long one both ends. [-0, +1] */
static void push_path(struct asr_encoder *e) {
  enum { ENDS = 8 };
  luaL_Buffer b;
  luaL_buffinit(e->L, &b);
  luaL_addstring(&b, e->root);
  for (int i = 0; i < e->depth; i++) {
    if (i == ENDS && e->depth > 2 * ENDS) {
      luaL_addstring(&b, "...");
      i = e->depth - ENDS;
    }
    add_level(&b, &e->levels[i]);
  }
  luaL_pushresult(&b);
}

int asr_encode_refuse(struct asr_encoder *e, const char *why) {
  push_path(e);
  lua_pushfstring(e->L, "%s: %s", lua_tostring(e->L, -1), why);
  return 0;
}

int asr_encode_misuse(struct asr_encoder *e, const char *why) {
  e->kind = ASR_MISUSE;
  return asr_encode_refuse(e, why);
}

int asr_encode_refuse_type(struct asr_encoder *e, int i) {
  asr_push_kind(e->L, i);
  lua_pushfstring(e->L, "JSON has no %s", lua_tostring(e->L, -1));
  return asr_encode_misuse(e, lua_tostring(e->L, -1));
}

/* ---- scalars */

int asr_encode_string(struct asr_encoder *e, int i) {
  struct asr_span s;
  s.p = lua_tolstring(e->L, i, &s.n);
  if (asr_jsonw_string(e->out, s) == ASR_INVALID) {
    return asr_encode_refuse(e, "the string is not valid UTF-8");
  }
  return 1;
}

static int encode_double(struct asr_encoder *e, double x, int fraction) {
  if (asr_jsonw_double(e->out, x, fraction) == ASR_INVALID) {
    return asr_encode_refuse(e, isnan(x) ? "JSON has no NaN"
                                         : "JSON has no infinity");
  }
  return 1;
}

static int encode_number(struct asr_encoder *e, int i) {
#if !ASR_LUAJIT
  if (lua_isinteger(e->L, i)) {
    asr_jsonw_int(e->out, lua_tointeger(e->L, i));
    return 1;
  }
#endif
  return encode_double(e, (double)lua_tonumber(e->L, i), 0);
}

static int encode_userdata(struct asr_encoder *e, int i) {
  const void *box;
  if ((box = luaL_testudata(e->L, i, ASR_FLOAT)) != NULL) {
    return encode_double(e, *(const double *)box, 1);
  }
  if ((box = luaL_testudata(e->L, i, ASR_UINT64)) != NULL) {
    asr_jsonw_uint(e->out, *(const uint64_t *)box);
    return 1;
  }
  if (luaL_testudata(e->L, i, ASR_RAW_JSON) != NULL ||
      luaL_testudata(e->L, i, ASR_NUMBER) != NULL) {
    asr_buf_add_span(e->out, asr_text_of(e->L, i));
    return 1;
  }
  return asr_encode_refuse_type(e, i);
}

static int encode_lightuserdata(struct asr_encoder *e, int i) {
  if (lua_touserdata(e->L, i) == NULL) {
    asr_buf_add_text(e->out, "null");
    return 1;
  }
  if (asr_is_cjson(e->L, i, "empty_array")) {
    asr_buf_add_text(e->out, "[]");
    return 1;
  }
  return asr_encode_refuse_type(e, i);
}

#if ASR_LUAJIT
static int encode_cdata(struct asr_encoder *e, int i) {
  struct asr_span digits;
  if (!asr_cdata_digits(e->L, i, &digits)) {
    return asr_encode_misuse(e, "JSON has no cdata but int64_t and uint64_t");
  }
  asr_buf_add_span(e->out, digits);
  lua_pop(e->L, 1);
  return 1;
}
#endif

int asr_encode_scalar(struct asr_encoder *e, int i) {
  switch (lua_type(e->L, i)) {
  case LUA_TNIL:
    asr_buf_add_text(e->out, "null");
    return 1;
  case LUA_TBOOLEAN:
    asr_buf_add_text(e->out, lua_toboolean(e->L, i) ? "true" : "false");
    return 1;
  case LUA_TNUMBER:
    return encode_number(e, i);
  case LUA_TSTRING:
    return asr_encode_string(e, i);
  case LUA_TLIGHTUSERDATA:
    return encode_lightuserdata(e, i);
  case LUA_TUSERDATA:
    return encode_userdata(e, i);
#if ASR_LUAJIT
  case ASR_TCDATA:
    return encode_cdata(e, i);
#endif
  default:
    return asr_encode_refuse_type(e, i);
  }
}
