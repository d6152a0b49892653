/* SPDX-License-Identifier: MIT */
/* What the writer, the reader and the marks of JSON share. */
#ifndef ASR_BIND_JSON_H
#define ASR_BIND_JSON_H

#include "binding/core.h"
#include "core/jsonr.h"

/* Upvalues of every function of JSON. */
enum asr_json_upvalue {
  ASR_UP_ARRAY = 1, /* metatable of arrays */
  ASR_UP_OBJECT,    /* metatable of objects */
  ASR_UP_MARKS,     /* weak keys: table -> n of array(t, n), or, where the
                       table has a metatable of its own, true: array,
                       false: object */
  ASR_UP_LOADED,    /* package.loaded: to find a cjson, if there is one */
  ASR_UP_INT64,     /* LuaJIT: functions of bind_int64.c, else nil */
  ASR_UP_UINT64,
  ASR_UP_DIGITS,
  ASR_UP_COUNT = ASR_UP_DIGITS
};

/* Values that JSON has and Lua has not: userdata of these classes. */
#define ASR_FLOAT "signalr.float"        /* a double */
#define ASR_UINT64 "signalr.uint64"      /* a uint64_t; not on LuaJIT */
#define ASR_RAW_JSON "signalr.raw_json"  /* text, checked */
#define ASR_NUMBER "signalr.number_text" /* text of a number, checked */

enum { ASR_JSON_MAX = 64 << 20, ASR_ARRAY_MAX = 1 << 26 };

/* How the table at absolute index `t` is marked. *n is the count given to
 * array(t, n), or -1. [-0, +0] */
enum asr_mark {
  ASR_UNMARKED,
  ASR_MARK_ARRAY,
  ASR_MARK_OBJECT,
  ASR_MARK_EMPTY_ARRAY, /* an array if it is empty (cjson.empty_array_mt) */
  ASR_MARK_NONE         /* no data: __json of its metatable is false */
};
enum asr_mark asr_mark_of(lua_State *L, int t, int64_t *n);
/* Whether the value at `i` is field `field` of a loaded cjson. [-0, +0] */
int asr_is_cjson(lua_State *L, int i, const char *field);

/* bind_int64.c, in functions that have the upvalues. */
void asr_open_int64(lua_State *L);
void asr_push_int64_upvalues(lua_State *L); /* [-0, +3] */
/* LuaJIT: pushes a text with the digits of an int64_t or uint64_t, or a
 * reference to one, whose span is `digits`; 0 for other cdata, a ctype among
 * them. [-0, +1 or +0] */
int asr_cdata_digits(lua_State *L, int i, struct asr_span *digits);
/* Pushes `u` as a uint64_t cdata (LuaJIT) or a userdata (5.4). [-0, +1] */
void asr_push_uint64(lua_State *L, uint64_t u);
/* Pushes `i` as an integer (5.4), a number within ±2^53 or an int64_t cdata
 * (LuaJIT). [-0, +1] */
void asr_push_int64(lua_State *L, int64_t i);
/* Pushes a userdata of a class that holds text. [-0, +1] */
void asr_push_text(lua_State *L, const char *tname, struct asr_span text);
/* The text within such a userdata. */
struct asr_span asr_text_of(lua_State *L, int i);

/* Adds draft and its kin to the module below the upvalues, which are on top
 * of the stack. [-ASR_UP_COUNT, +0] */
void asr_open_draft(lua_State *L);

/* Throws where there are more than `most` arguments; nils behind them are let
 * through, because f(g()) is common. [-0, +0] */
void asr_check_count(lua_State *L, int most, const char *where);

/* lua_CFunctions of the other files. */
int asr_json_encode(lua_State *L);
int asr_json_message(lua_State *L);
int asr_json_array(lua_State *L);
int asr_json_decode(lua_State *L);
int asr_json_checked(lua_State *L);
int asr_array_length(lua_State *L);
int asr_mark_array(lua_State *L);
int asr_mark_object(lua_State *L);
int asr_uint64(lua_State *L);
int asr_digits(lua_State *L);
/* Pushes "JSON: <why> at byte <n>". [-0, +1] */
void asr_push_json_error(lua_State *L, const struct asr_jsonr *r);

#endif
