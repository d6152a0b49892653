/* SPDX-License-Identifier: MIT */
/*
 * core.json_encode, json_array and json_message. Tables are read raw, so that
 * no metamethod is called. A finalizer may run meanwhile all the same, for
 * errors and 64-bit integers allocate: nothing is kept of a table but where it
 * is on the stack, and a userdata there owns the text.
 */
#include "binding/bind_jsonw.h"

#include <string.h>

#include "core/jsonw.h"

/* ---- tables */

static int refuse_keys(struct asr_encoder *e) {
  e->levels[e->depth - 1].key = 0; /* it is about the table itself */
  e->levels[e->depth - 1].index = 0;
  return asr_encode_misuse(e, "its keys are neither 1..n nor all strings; say "
                              "signalr.array(t, n) or signalr.object(t)");
}

/* Elements 1..n of the table at `t`; nil is null. */
static int encode_elements(struct asr_encoder *e, int t, int64_t n) {
  struct asr_level *level = &e->levels[e->depth - 1];
  asr_buf_add_byte(e->out, '[');
  for (int64_t i = 1; i <= n && e->out->status == ASR_OK; i++) {
    level->index = i;
    if (i > 1) {
      asr_buf_add_byte(e->out, ',');
    }
    lua_rawgeti(e->L, t, (int)i);
    if (!asr_encode_value(e, t + 1)) {
      return 0;
    }
    lua_pop(e->L, 1);
  }
  asr_buf_add_byte(e->out, ']');
  return 1;
}

static int encode_marked_array(struct asr_encoder *e, int t, int64_t n) {
  int64_t length = n >= 0 ? n : (int64_t)lua_rawlen(e->L, t);
  int64_t count = asr_count_keys(e->L, t, length);
  if (count < 0 || (n < 0 && count != length)) {
    return asr_encode_misuse(
        e, n >= 0 ? "an array of n elements has keys beyond 1..n"
                  : "an array has keys beyond 1..n, or holes; say "
                    "signalr.array(t, n)");
  }
  return encode_elements(e, t, length);
}

/* Writes the key at `k` as a string. A number only in a marked object, and
 * only if the table has not the same key as a string too. */
static int encode_key(struct asr_encoder *e, int t, int k, enum asr_mark mark) {
  lua_State *L = e->L;
  int64_t key = 0;
  if (lua_type(L, k) == LUA_TSTRING) {
    return asr_encode_string(e, k);
  }
  if (!asr_whole(L, k, &key)) {
    lua_pushfstring(L, "a key is a %s%s", luaL_typename(L, k),
                    lua_type(L, k) == LUA_TNUMBER ? " with a fraction" : "");
    e->levels[e->depth - 1].key = 0;
    return asr_encode_misuse(e, lua_tostring(L, -1));
  }
  if (mark != ASR_MARK_OBJECT) {
    return refuse_keys(e);
  }
  char text[32];
  struct asr_buf digits;
  asr_buf_within(&digits, text, sizeof text);
  asr_jsonw_int(&digits, key);
  lua_pushlstring(L, text, digits.len);
  lua_rawget(L, t);
  if (!lua_isnil(L, -1)) {
    return asr_encode_misuse(e, "the key is there as a number and as a string");
  }
  lua_pop(L, 1);
  asr_buf_add_byte(e->out, '"');
  asr_buf_add_span(e->out, asr_buf_span(&digits));
  asr_buf_add_byte(e->out, '"');
  return 1;
}

static int encode_members(struct asr_encoder *e, int t, enum asr_mark mark) {
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
    if (!asr_encode_value(e, t + 2)) {
      return 0;
    }
    lua_pop(L, 1);
  }
  lua_settop(L, t);
  asr_buf_add_byte(e->out, '}');
  return 1;
}

/* The table at `t`, on top of the stack, whose level has been entered. */
static int encode_entered(struct asr_encoder *e, int t) {
  int64_t n = -1;
  enum asr_mark mark = asr_mark_of(e->L, t, &n);
  if (mark == ASR_MARK_ARRAY) {
    return encode_marked_array(e, t, n);
  }
  if (mark == ASR_MARK_NONE) {
    return asr_encode_refuse_type(e, t);
  }
  int64_t length = mark == ASR_MARK_OBJECT ? 0 : (int64_t)lua_rawlen(e->L, t);
  if (length > 0) {
    return asr_count_keys(e->L, t, length) == length
               ? encode_elements(e, t, length)
               : refuse_keys(e);
  }
  if (mark == ASR_MARK_EMPTY_ARRAY && asr_count_keys(e->L, t, 0) == 0) {
    asr_buf_add_text(e->out, "[]");
    return 1;
  }
  return encode_members(e, t, mark);
}

static int encode_table(struct asr_encoder *e, int i) {
  int t = lua_absindex(e->L, i);
  const void *table = lua_topointer(e->L, t);
  for (int k = 0; k < e->depth; k++) {
    if (e->levels[k].table == table) {
      return asr_encode_misuse(e, "the table contains itself");
    }
  }
  if (e->depth == ASR_JSON_DEPTH) {
    return asr_encode_refuse(e, "nested too deeply (128 levels)");
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

/* Writes the value at `i`, which is the top of the stack if it is a table.
 * The depth limit bounds the recursion. */
int asr_encode_value(struct asr_encoder *e, int i) {
  return lua_type(e->L, i) == LUA_TTABLE ? encode_table(e, i)
                                         : asr_encode_scalar(e, i);
}

int asr_encode_stack(struct asr_encoder *e, int from, int to) {
  struct asr_level *level = &e->levels[0];
  memset(level, 0, sizeof *level);
  e->depth = 1;
  asr_buf_add_byte(e->out, '[');
  for (int i = from; i <= to && e->out->status == ASR_OK; i++) {
    level->index = i - from + 1;
    if (i > from) {
      asr_buf_add_byte(e->out, ',');
    }
    lua_pushvalue(e->L, i);
    if (!asr_encode_value(e, lua_gettop(e->L))) {
      return 0;
    }
    lua_pop(e->L, 1);
  }
  asr_buf_add_byte(e->out, ']');
  return 1;
}

/* ---- entrances */

void asr_encoder_init(struct asr_encoder *e, lua_State *L, struct asr_buf *out,
                      const char *root) {
  e->L = L;
  e->root = root;
  e->kind = NULL;
  e->depth = 0;
  e->out = out;
}

/* Pushes the buffer that owns the text. [-0, +1] */
static void begin(struct asr_encoder *e, lua_State *L, const char *root) {
  asr_encoder_init(e, L, asr_new_buffer(L, ASR_JSON_MAX), root);
}

/* Returns the text, or nil, the message that is on top, and its kind. */
static int finish(struct asr_encoder *e, int ok) {
  lua_State *L = e->L;
  if (ok && e->out->status != ASR_TOO_BIG) {
    asr_push_buffer(L, e->out);
    return 1;
  }
  if (ok) {
    lua_pushfstring(L, "%s: the JSON text is longer than %d bytes", e->root,
                    (int)ASR_JSON_MAX);
    e->kind = ASR_SIZE;
  }
  asr_buf_close(e->out);
  lua_pushnil(L);
  lua_insert(L, -2);
  lua_pushstring(L, e->kind);
  return 3;
}

/* The elements 1..n of the table at `args`, which errors call root[i]. */
static int encode_list(struct asr_encoder *e, int args, int64_t n) {
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
@treturn string the text, or nil, a message with the path to what JSON cannot
  hold, and "misuse" (no data from outside could be that), "size" or nil
*/
int asr_json_encode(lua_State *L) {
  struct asr_encoder e;
  luaL_checkany(L, 1);
  const char *root = asr_opt_string(L, 2, "name", NULL);
  lua_settop(L, 2);
  begin(&e, L, root != NULL ? root : "value");
  lua_pushvalue(L, 1);
  return finish(&e, asr_encode_value(&e, lua_gettop(L)));
}

/***
Writes the elements 1..n of a table as a JSON array; nil ones become null.
@function json_array
@tparam table args
@int n
@string[opt="value"] name
@treturn string the text, or nil, a message and its kind, as of json_encode
*/
int asr_json_array(lua_State *L) {
  struct asr_encoder e;
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
@treturn string the text, or nil, a message ("arguments[2].pos.x: ...") and its
  kind, as of json_encode
*/
int asr_json_message(lua_State *L) {
  struct asr_encoder e;
  asr_check_string(L, 1, "target", NULL);
  asr_check_table(L, 2, "args");
  int64_t n = asr_check_whole(L, 3, "n", 0, ASR_ARRAY_MAX);
  lua_settop(L, 3);
  begin(&e, L, "target");
  asr_buf_add_text(e.out, "{\"target\":");
  if (!asr_encode_string(&e, 1)) {
    return finish(&e, 0);
  }
  e.root = "arguments";
  asr_buf_add_text(e.out, ",\"arguments\":");
  int ok = encode_list(&e, 2, n);
  asr_buf_add_byte(e.out, '}');
  return finish(&e, ok);
}
