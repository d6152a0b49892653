/* SPDX-License-Identifier: MIT */
/*
 * core.json_encode, json_array and json_message. Tables are read raw: no
 * metamethod is called, so that no code of the user's runs meanwhile.
 */
#include "binding/bind_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/jsonw.h"
#include "core/utf8.h"

/* A table that is being written; the path of an error is read off them. */
struct level {
  const void *table;
  int key;       /* an object's: stack index of the current key */
  int64_t index; /* an array's: the current index; 0 in an object */
};

struct encoder {
  lua_State *L;
  struct asr_buf *out;
  const char *root; /* what errors call the whole */
  int depth;
  struct level levels[ASR_JSON_DEPTH];
};

/* ---- errors: the message is left on top of the stack; 0 goes up */

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

/* Pushes the path to the current value. [-0, +1] */
static void push_path(struct encoder *e) {
  lua_State *L = e->L;
  luaL_Buffer b;
  char digits[32];
  luaL_buffinit(L, &b);
  luaL_addstring(&b, e->root);
  for (int i = 0; i < e->depth; i++) {
    const struct level *level = &e->levels[i];
    if (level->index > 0) {
      snprintf(digits, sizeof digits, "[%lld]", (long long)level->index);
      luaL_addstring(&b, digits);
    } else if (level->key > 0 && lua_type(L, level->key) == LUA_TSTRING) {
      size_t n = 0;
      const char *key = lua_tolstring(L, level->key, &n);
      add_key(&b, key, n);
    } else if (level->key > 0) {
      snprintf(digits, sizeof digits, "[%.14g]",
               (double)lua_tonumber(L, level->key));
      luaL_addstring(&b, digits);
    }
  }
  luaL_pushresult(&b);
}

static int refuse(struct encoder *e, const char *why) {
  push_path(e);
  lua_pushfstring(e->L, "%s: %s", lua_tostring(e->L, -1), why);
  return 0;
}

static int refuse_type(struct encoder *e, int i) {
  lua_pushfstring(e->L, "JSON has no %s", luaL_typename(e->L, i));
  return refuse(e, lua_tostring(e->L, -1));
}

static int refuse_keys(struct encoder *e) {
  e->levels[e->depth - 1].key = 0; /* it is about the table itself */
  e->levels[e->depth - 1].index = 0;
  return refuse(e, "its keys are neither 1..n nor all strings; say "
                   "signalr.array(t, n) or signalr.object(t)");
}

/* ---- scalars */

static int encode_string(struct encoder *e, int i) {
  struct asr_span s;
  s.p = lua_tolstring(e->L, i, &s.n);
  if (asr_jsonw_string(e->out, s) == ASR_INVALID) {
    return refuse(e, "the string is not valid UTF-8");
  }
  return 1;
}

static int encode_double(struct encoder *e, double x, int fraction) {
  if (asr_jsonw_double(e->out, x, fraction) == ASR_INVALID) {
    return refuse(e, isnan(x) ? "JSON has no NaN" : "JSON has no infinity");
  }
  return 1;
}

static int encode_number(struct encoder *e, int i) {
#if !ASR_LUAJIT
  if (lua_isinteger(e->L, i)) {
    asr_jsonw_int(e->out, lua_tointeger(e->L, i));
    return 1;
  }
#endif
  return encode_double(e, (double)lua_tonumber(e->L, i), 0);
}

static int encode_userdata(struct encoder *e, int i) {
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
  return refuse_type(e, i);
}

static int encode_lightuserdata(struct encoder *e, int i) {
  if (lua_touserdata(e->L, i) == NULL) {
    asr_buf_add_text(e->out, "null");
    return 1;
  }
  if (asr_is_cjson(e->L, i, "empty_array")) {
    asr_buf_add_text(e->out, "[]");
    return 1;
  }
  return refuse_type(e, i);
}

#if ASR_LUAJIT
static int encode_cdata(struct encoder *e, int i) {
  uint64_t bits = 0;
  switch (asr_cdata_value(e->L, i, &bits)) {
  case ASR_CDATA_INT64:
    asr_jsonw_int(e->out, (int64_t)bits);
    return 1;
  case ASR_CDATA_UINT64:
    asr_jsonw_uint(e->out, bits);
    return 1;
  default:
    return refuse(e, "JSON has no cdata but int64_t and uint64_t");
  }
}
#endif

/* ---- tables */

static int encode_value(struct encoder *e, int i);

/* Whether the key on top is a whole number; which one. */
static int whole_key(lua_State *L, int i, int64_t *key) {
  if (lua_type(L, i) != LUA_TNUMBER) {
    return 0;
  }
#if ASR_LUAJIT
  double x = (double)lua_tonumber(L, i);
  *key = fabs(x) <= 9007199254740992.0 ? (int64_t)x : 0;
  return (double)*key == x;
#else
  int is = lua_isinteger(L, i); /* Lua makes integral float keys integers */
  *key = lua_tointeger(L, i);
  return is;
#endif
}

/* Counts the keys of table `t`, if each is a whole number of 1..n; else -1. */
static int64_t count_keys(lua_State *L, int t, int64_t n) {
  int64_t count = 0, key;
  lua_pushnil(L);
  while (lua_next(L, t)) {
    lua_pop(L, 1);
    if (!whole_key(L, -1, &key) || key < 1 || key > n) {
      lua_pop(L, 1);
      return -1;
    }
    count++;
  }
  return count;
}

/* Elements 1..n of the table at `t`; nil is null. */
static int encode_elements(struct encoder *e, int t, int64_t n) {
  struct level *level = &e->levels[e->depth - 1];
  asr_buf_add_byte(e->out, '[');
  for (int64_t i = 1; i <= n && e->out->status == ASR_OK; i++) {
    level->index = i;
    if (i > 1) {
      asr_buf_add_byte(e->out, ',');
    }
    lua_rawgeti(e->L, t, (int)i);
    if (!encode_value(e, t + 1)) {
      return 0;
    }
    lua_pop(e->L, 1);
  }
  asr_buf_add_byte(e->out, ']');
  return 1;
}

static int encode_marked_array(struct encoder *e, int t, int64_t n) {
  int64_t length = n >= 0 ? n : (int64_t)lua_rawlen(e->L, t);
  int64_t count = count_keys(e->L, t, length);
  if (count < 0 || (n < 0 && count != length)) {
    return refuse(e, n >= 0 ? "an array of n elements has keys beyond 1..n"
                            : "an array has keys beyond 1..n, or holes; say "
                              "signalr.array(t, n)");
  }
  return encode_elements(e, t, length);
}

/* Writes the key at `k` as a string. A number only in a marked object, and
 * only if the table has not the same key as a string too. */
static int encode_key(struct encoder *e, int t, int k, enum asr_mark mark) {
  lua_State *L = e->L;
  int64_t key = 0;
  if (lua_type(L, k) == LUA_TSTRING) {
    return encode_string(e, k);
  }
  if (!whole_key(L, k, &key)) {
    lua_pushfstring(L, "a key is a %s%s", luaL_typename(L, k),
                    lua_type(L, k) == LUA_TNUMBER ? " with a fraction" : "");
    e->levels[e->depth - 1].key = 0;
    return refuse(e, lua_tostring(L, -1));
  }
  if (mark != ASR_MARK_OBJECT) {
    return refuse_keys(e);
  }
  char digits[32];
  snprintf(digits, sizeof digits, "%lld", (long long)key);
  asr_rawgetfield(L, t, digits);
  if (!lua_isnil(L, -1)) {
    return refuse(e, "the key is there as a number and as a string");
  }
  lua_pop(L, 1);
  asr_buf_add_byte(e->out, '"');
  asr_buf_add_text(e->out, digits);
  asr_buf_add_byte(e->out, '"');
  return 1;
}

static int encode_members(struct encoder *e, int t, enum asr_mark mark) {
  lua_State *L = e->L;
  int first = 1;
  asr_buf_add_byte(e->out, '{');
  e->levels[e->depth - 1].key = t + 1;
  lua_pushnil(L);
  while (e->out->status == ASR_OK && lua_next(L, t)) {
    if (!first) {
      asr_buf_add_byte(e->out, ',');
    }
    first = 0;
    if (!encode_key(e, t, t + 1, mark)) {
      return 0;
    }
    asr_buf_add_byte(e->out, ':');
    if (!encode_value(e, t + 2)) {
      return 0;
    }
    lua_pop(L, 1);
  }
  lua_settop(L, t);
  asr_buf_add_byte(e->out, '}');
  return 1;
}

/* The table at `t`, on top of the stack, whose level has been entered. */
static int encode_entered(struct encoder *e, int t) {
  int64_t n = -1;
  enum asr_mark mark = asr_mark_of(e->L, t, &n);
  if (mark == ASR_MARK_ARRAY) {
    return encode_marked_array(e, t, n);
  }
  int64_t length = mark == ASR_MARK_OBJECT ? 0 : (int64_t)lua_rawlen(e->L, t);
  if (length > 0) {
    return count_keys(e->L, t, length) == length
               ? encode_elements(e, t, length)
               : refuse_keys(e);
  }
  if (mark == ASR_MARK_EMPTY_ARRAY && count_keys(e->L, t, 0) == 0) {
    asr_buf_add_text(e->out, "[]");
    return 1;
  }
  return encode_members(e, t, mark);
}

static int encode_table(struct encoder *e, int i) {
  int t = lua_absindex(e->L, i);
  const void *table = lua_topointer(e->L, t);
  for (int k = 0; k < e->depth; k++) {
    if (e->levels[k].table == table) {
      return refuse(e, "the table contains itself");
    }
  }
  if (e->depth == ASR_JSON_DEPTH) {
    return refuse(e, "nested too deeply (128 levels)");
  }
  memset(&e->levels[e->depth], 0, sizeof e->levels[0]);
  e->levels[e->depth++].table = table;
  luaL_checkstack(e->L, 12, "JSON");
  if (!encode_entered(e, t)) {
    return 0;
  }
  e->depth--;
  return 1;
}

/* Writes the value at `i`, which is the top of the stack if it is a table. 1,
 * or 0 with a message on top. The depth limit bounds the recursion. */
// NOLINTNEXTLINE(misc-no-recursion)
static int encode_value(struct encoder *e, int i) {
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
    return encode_string(e, i);
  case LUA_TTABLE:
    return encode_table(e, i);
  case LUA_TLIGHTUSERDATA:
    return encode_lightuserdata(e, i);
  case LUA_TUSERDATA:
    return encode_userdata(e, i);
#if ASR_LUAJIT
  case ASR_TCDATA:
    return encode_cdata(e, i);
#endif
  default:
    return refuse_type(e, i);
  }
}

/* ---- entrances */

/* Pushes the buffer that owns the text. [-0, +1] */
static void begin(struct encoder *e, lua_State *L, const char *root) {
  e->L = L;
  e->root = root;
  e->depth = 0;
  e->out = asr_new_buffer(L, ASR_JSON_MAX);
}

/* Returns the text, or nil and the message that is on top. */
static int finish(struct encoder *e, int ok) {
  lua_State *L = e->L;
  if (ok && e->out->status != ASR_TOO_BIG) {
    asr_push_buffer(L, e->out);
    return 1;
  }
  if (ok) {
    lua_pushfstring(L, "%s: the JSON text is longer than %d bytes", e->root,
                    (int)ASR_JSON_MAX);
  }
  asr_buf_close(e->out);
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

/* The elements 1..n of the table at `args`, which errors call root[i]. */
static int encode_list(struct encoder *e, int args, int64_t n) {
  e->levels[0].table = lua_topointer(e->L, args);
  e->levels[0].key = 0;
  e->depth = 1;
  lua_pushvalue(e->L, args);
  return encode_elements(e, lua_gettop(e->L), n);
}

/***
Writes a value as JSON.
@function json_encode
@param value nil, boolean, number, string (UTF-8), table, null, or a value of
  float, uint64, raw_json, json_decode; on LuaJIT int64_t and uint64_t
@string[opt="value"] name what a message calls it
@treturn string the text, or nil and a message with the path to what JSON
  cannot hold
*/
int asr_json_encode(lua_State *L) {
  struct encoder e;
  luaL_checkany(L, 1);
  const char *root = asr_opt_string(L, 2, "name", NULL);
  lua_settop(L, 2);
  begin(&e, L, root != NULL ? root : "value");
  lua_pushvalue(L, 1);
  return finish(&e, encode_value(&e, lua_gettop(L)));
}

/***
Writes the elements 1..n of a table as a JSON array; nil ones become null.
@function json_array
@tparam table args
@int n
@string[opt="value"] name
@treturn string the text, or nil and a message
*/
int asr_json_array(lua_State *L) {
  struct encoder e;
  asr_check_table(L, 1, "args");
  int64_t n = asr_check_whole(L, 2, "n", 0, ASR_ARRAY_MAX);
  const char *root = asr_opt_string(L, 3, "name", NULL);
  lua_settop(L, 3);
  begin(&e, L, root != NULL ? root : "value");
  return finish(&e, encode_list(&e, 1, n));
}

/***
Writes the body of a send: {"target":...,"arguments":[...]}.
@function json_message
@string target
@tparam table args
@int n how many arguments there are; nil ones become null
@treturn string the text, or nil and a message ("arguments[2].pos.x: ...")
*/
int asr_json_message(lua_State *L) {
  struct encoder e;
  asr_check_string(L, 1, "target", NULL);
  asr_check_table(L, 2, "args");
  int64_t n = asr_check_whole(L, 3, "n", 0, ASR_ARRAY_MAX);
  lua_settop(L, 3);
  begin(&e, L, "target");
  asr_buf_add_text(e.out, "{\"target\":");
  if (!encode_string(&e, 1)) {
    return finish(&e, 0);
  }
  e.root = "arguments";
  asr_buf_add_text(e.out, ",\"arguments\":");
  int ok = encode_list(&e, 2, n);
  asr_buf_add_byte(e.out, '}');
  return finish(&e, ok);
}
