/* SPDX-License-Identifier: MIT */
/*
 * Integers of 64 bits. Lua 5.4 has them, but for the unsigned ones beyond
 * 2^63; LuaJIT has them as cdata, which C can neither make nor read. There,
 * Lua code of our own does it: with literals and arithmetic alone, so that no
 * ffi module is needed, which a sandbox may not have, and with the metatable
 * of cdata itself, so that no code of the user's runs.
 */
#include "binding/bind_json.h"

#include <string.h>

#include "core/jsonnum.h"
#include "core/jsonw.h"

#if ASR_LUAJIT

/* text(v): the digits of an integer of 64 bits, followed by LL or ULL, and nil
 * for every other cdata. tonumber knows arithmetic types without asking their
 * metatables; tostring ends in LL for integers of 64 bits and references to
 * them only; the sum is a value where v is a reference. */
static const char makers[] =
    "local tostring, tonumber, sub = ...\n"
    "local function int64(high, low) return high * 0x100000000LL + low end\n"
    "local function uint64(high, low) return high * 0x100000000ULL + low end\n"
    "local function text(v)\n"
    "  if tonumber(v) and sub(tostring(v), -2) == 'LL' then\n"
    "    return tostring(v + 0LL)\n"
    "  end\n"
    "end\n"
    "return int64, uint64, text\n";

/* Pushes global `name`, or its field. [-0, +1] */
static void push_global(lua_State *L, const char *name, const char *field) {
  asr_rawgetfield(L, LUA_GLOBALSINDEX, name);
  if (field != NULL && lua_type(L, -1) == LUA_TTABLE) {
    asr_rawgetfield(L, -1, field);
    lua_remove(L, -2);
  }
}

/* Pushes __tostring of the metatable of all cdata. [-0, +1] */
static int push_cdata_tostring(lua_State *L) {
  static const char cdata[] = "return 0LL";
  if (luaL_loadbuffer(L, cdata, sizeof cdata - 1, "=azure.signalr") != 0) {
    lua_pop(L, 1);
    return 0; /* a LuaJIT that was built without FFI */
  }
  lua_call(L, 0, 1);
  if (!luaL_getmetafield(L, -1, "__tostring")) {
    lua_pushnil(L);
  }
  lua_remove(L, -2);
  return 1;
}

void asr_push_int64_upvalues(lua_State *L) {
  int top = lua_gettop(L);
  if (push_cdata_tostring(L)) {
    push_global(L, "tonumber", NULL);
    push_global(L, "string", "sub");
    int whole =
        lua_isfunction(L, -1) && lua_isfunction(L, -2) && lua_isfunction(L, -3);
    if (luaL_loadbuffer(L, makers, sizeof makers - 1, "=azure.signalr") != 0) {
      lua_error(L);
    }
    lua_insert(L, -4);
    lua_call(L, 3, 3);
    if (!whole) { /* of a sandbox that lacks them */
      lua_pop(L, 1);
    }
  }
  lua_settop(L, top + 3);
}

int asr_cdata_digits(lua_State *L, int i, struct asr_span *digits) {
  i = lua_absindex(L, i);
  if (lua_isnil(L, lua_upvalueindex(ASR_UP_DIGITS))) {
    return 0;
  }
  lua_pushvalue(L, lua_upvalueindex(ASR_UP_DIGITS));
  lua_pushvalue(L, i);
  lua_call(L, 1, 1);
  digits->p = lua_tolstring(L, -1, &digits->n);
  if (digits->p == NULL) {
    lua_pop(L, 1);
    return 0;
  }
  while (digits->n > 0 && strchr("UL", digits->p[digits->n - 1]) != NULL) {
    digits->n--;
  }
  return 1;
}

/* [-0, +1] */
static void push_made(lua_State *L, int maker, double high, uint32_t low) {
  lua_pushvalue(L, lua_upvalueindex(maker));
  lua_pushnumber(L, (lua_Number)high);
  lua_pushnumber(L, (lua_Number)low);
  lua_call(L, 2, 1);
}

void asr_push_uint64(lua_State *L, uint64_t u) {
  if (lua_isnil(L, lua_upvalueindex(ASR_UP_UINT64))) {
    struct asr_buf *out = asr_new_buffer(L, 32);
    asr_jsonw_uint(out, u);
    asr_push_text(L, ASR_NUMBER, asr_buf_span(out));
    lua_remove(L, -2);
    return;
  }
  push_made(L, ASR_UP_UINT64, (double)(u >> 32), (uint32_t)u);
}

void asr_push_int64(lua_State *L, int64_t i) {
  if (i >= -ASR_EXACT && i <= ASR_EXACT) {
    lua_pushnumber(L, (lua_Number)i);
    return;
  }
  if (lua_isnil(L, lua_upvalueindex(ASR_UP_INT64))) {
    struct asr_buf *out = asr_new_buffer(L, 32);
    asr_jsonw_int(out, i);
    asr_push_text(L, ASR_NUMBER, asr_buf_span(out));
    lua_remove(L, -2);
    return;
  }
  uint32_t low = (uint32_t)((uint64_t)i & UINT32_MAX);
  push_made(L, ASR_UP_INT64, (double)(i - (int64_t)low) / 4294967296.0, low);
}

#else

void asr_push_int64_upvalues(lua_State *L) {
  lua_settop(L, lua_gettop(L) + 3);
}

void asr_push_uint64(lua_State *L, uint64_t u) {
  uint64_t *box = asr_new_object(L, sizeof *box, ASR_UINT64);
  *box = u;
}

void asr_push_int64(lua_State *L, int64_t i) {
  lua_pushinteger(L, i);
}

#endif

/* ---- their digits */

/* Pushes the digits of a whole number, or returns 0. [-0, +0 or +1] */
static int push_digits(lua_State *L, int i) {
  int64_t whole = 0;
  struct asr_span digits;
  const uint64_t *box = luaL_testudata(L, i, ASR_UINT64);
  if (box != NULL || asr_whole(L, i, &whole)) {
    struct asr_buf *out = asr_new_buffer(L, 32);
    if (box != NULL) {
      asr_jsonw_uint(out, *box);
    } else {
      asr_jsonw_int(out, whole);
    }
    asr_push_buffer(L, out);
    lua_remove(L, -2);
    return 1;
  }
#if ASR_LUAJIT
  if (lua_type(L, i) == ASR_TCDATA && asr_cdata_digits(L, i, &digits)) {
    lua_pushlstring(L, digits.p, digits.n);
    lua_remove(L, -2);
    return 1;
  }
#endif
  (void)digits;
  return 0;
}

/***
The decimal digits of a whole number, without fraction, exponent or suffix.
@function digits
@param value an integer, a whole number within 2^53, uint64; on LuaJIT int64_t
  and uint64_t
@treturn string, or nil for every other value
*/
int asr_digits(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (!push_digits(L, 1)) {
    lua_pushnil(L);
  }
  return 1;
}

/* ---- uint64 */

/* Reads digits into *u, or throws. [-0, +0] */
static void read_uint64(lua_State *L, struct asr_span digits, uint64_t *u) {
  if (digits.n == 0 || strspn(digits.p, "0123456789") != digits.n) {
    luaL_error(L, "signalr.uint64: value must be a string of digits or a "
                  "whole number of 0 or more");
  }
  struct asr_number number = asr_json_number(digits);
  if (number.kind == ASR_NUMBER_TEXT) {
    luaL_error(L, "signalr.uint64: value must be at most "
                  "18446744073709551615, which 64 bits hold");
  }
  *u = number.kind == ASR_NUMBER_UINT ? number.u : (uint64_t)number.i;
}

static void refuse_number(lua_State *L, double x) {
  luaL_error(L,
             x < 0 ? "signalr.uint64: value must not be negative"
             : x > (double)ASR_EXACT
                 ? "signalr.uint64: beyond 2^53 a number has lost digits: give "
                   "them as a string"
                 : "signalr.uint64: value must be a whole number");
}

/***
An unsigned integer of 64 bits.
@function uint64
@param value a string of digits, a whole number of 0 or more, or a uint64; on
  LuaJIT int64_t and uint64_t, too
@return on LuaJIT a uint64_t; on Lua 5.4 a userdata that compares, and whose
  tostring is the digits
@raise for anything else, and beyond 18446744073709551615
*/
int asr_uint64(lua_State *L) {
  uint64_t u = 0;
  asr_check_count(L, 1, "signalr.uint64");
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING || push_digits(L, 1)) {
    struct asr_span digits;
    digits.p = lua_tolstring(L, -1, &digits.n);
    if (digits.n > 0 && digits.p[0] == '-' && lua_type(L, 1) != LUA_TSTRING) {
      refuse_number(L, -1);
    }
    read_uint64(L, digits, &u);
  } else if (lua_type(L, 1) == LUA_TNUMBER) {
    refuse_number(L, (double)lua_tonumber(L, 1));
  } else {
    asr_arg_error(L, 1, "signalr.uint64: value",
                  "a string of digits or a whole number");
  }
  asr_push_uint64(L, u);
  return 1;
}

static int uint64_tostring(lua_State *L) {
  asr_check_object(L, 1, ASR_UINT64);
  push_digits(L, 1);
  return 1;
}

/* Two of a kind; no other value equals one. */
static int uint64_eq(lua_State *L) {
  const uint64_t *a = luaL_testudata(L, 1, ASR_UINT64);
  const uint64_t *b = luaL_testudata(L, 2, ASR_UINT64);
  lua_pushboolean(L, a != NULL && b != NULL && *a == *b);
  return 1;
}

static int uint64_lt(lua_State *L) {
  const uint64_t *a = asr_check_object(L, 1, ASR_UINT64);
  const uint64_t *b = asr_check_object(L, 2, ASR_UINT64);
  lua_pushboolean(L, *a < *b);
  return 1;
}

static int uint64_le(lua_State *L) {
  const uint64_t *a = asr_check_object(L, 1, ASR_UINT64);
  const uint64_t *b = asr_check_object(L, 2, ASR_UINT64);
  lua_pushboolean(L, *a <= *b);
  return 1;
}

void asr_open_int64(lua_State *L) {
  static const luaL_Reg meta[] = {{"__tostring", uint64_tostring},
                                  {"__eq", uint64_eq},
                                  {"__lt", uint64_lt},
                                  {"__le", uint64_le},
                                  {NULL, NULL}};
  asr_new_class(L, ASR_UINT64, NULL, meta);
}
