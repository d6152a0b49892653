/* SPDX-License-Identifier: MIT */
/*
 * core.draft and its kin: bodies, written straight into the block that goes
 * on the wire. The arguments are read where they lie on the stack.
 */
#include <string.h>

#include "binding/bind_jsonw.h"
#include "binding/bind_place.h"
#include "core/http1.h"

/* Upvalue of these functions, behind those of JSON: a draft to use again. */
enum { SPARE = ASR_UP_COUNT + 1 };

static const struct asr_place *place_arg(lua_State *L) {
  return asr_check_object(L, 1, ASR_PLACE_CLASS);
}

/* Pushes a draft for the place at index 1. [-0, +1] */
static struct asr_draft_box *begin(lua_State *L) {
  struct asr_draft_box *box = lua_touserdata(L, lua_upvalueindex(SPARE));
  if (box != NULL && !box->busy) {
    lua_pushvalue(L, lua_upvalueindex(SPARE));
  } else {
    box = asr_new_object(L, sizeof *box, ASR_DRAFT_CLASS);
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(SPARE));
  }
  box->busy = 1;
  asr_check_status(L, asr_draft_begin(&box->draft, place_arg(L), ASR_JSON_MAX),
                   "draft");
  return box;
}

static void drop(struct asr_draft_box *box) {
  asr_draft_close(&box->draft);
  box->busy = 0;
}

/* What was written did not end well: nil, the message on top, its kind. */
static int refuse(lua_State *L, struct asr_draft_box *box, const char *kind) {
  drop(box);
  lua_pushnil(L);
  lua_insert(L, -2);
  lua_pushstring(L, kind);
  return 3;
}

static int finish(lua_State *L, struct asr_draft_box *box, int at,
                  struct asr_encoder *e, int ok) {
  enum asr_status status = box->draft.block.status;
  if (ok && status == ASR_TOO_BIG) {
    lua_pushfstring(L, "%s: the JSON text is longer than %d bytes", e->root,
                    (int)ASR_JSON_MAX);
    e->kind = ASR_SIZE;
    ok = 0;
  }
  if (!ok) {
    return refuse(L, box, e->kind);
  }
  if (status != ASR_OK) {
    drop(box);
    asr_check_status(L, status, "draft");
  }
  lua_pushvalue(L, at);
  return 1;
}

/***
Drafts the message {"target":...,"arguments":[...]}.
@function draft
@tparam place place
@string target
@param ... the arguments; trailing nils count
@return draft, or nil, a message ("arguments[2].pos.x: ...") and its kind, as of
  json_encode
*/
static int draft(lua_State *L) {
  struct asr_encoder e;
  int last = lua_gettop(L);
  asr_check_string(L, 2, "target", NULL);
  struct asr_draft_box *box = begin(L);
  asr_encoder_init(&e, L, &box->draft.block, "target");
  asr_buf_add_text(e.out, "{\"target\":");
  int ok = asr_encode_string(&e, 2);
  if (ok) {
    e.root = "arguments";
    asr_buf_add_text(e.out, ",\"arguments\":");
    ok = asr_encode_stack(&e, 3, last);
    asr_buf_add_byte(e.out, '}');
  }
  return finish(L, box, last + 1, &e, ok);
}

/***
Drafts one value as JSON.
@function draft_value
@tparam place place
@param value
@string[opt="value"] name what a message calls it
@return draft, or nil, a message and its kind, as of json_encode
*/
static int draft_value(lua_State *L) {
  struct asr_encoder e;
  luaL_checkany(L, 2);
  const char *name = asr_opt_string(L, 3, "name", NULL);
  lua_settop(L, 3);
  struct asr_draft_box *box = begin(L);
  asr_encoder_init(&e, L, &box->draft.block, name != NULL ? name : "value");
  lua_pushvalue(L, 2);
  return finish(L, box, 4, &e, asr_encode_value(&e, 5));
}

/***
Drafts a body that is bytes already; without one, a request that has no body.
@function draft_text
@tparam place place
@string[opt] text
@return draft
*/
static int draft_text(lua_State *L) {
  size_t n = 0;
  const char *text = asr_opt_string(L, 2, "text", &n);
  lua_settop(L, 2);
  struct asr_draft_box *box = begin(L);
  if (asr_buf_add(&box->draft.block, text, n) != ASR_OK) {
    drop(box);
    return luaL_error(L, "not enough memory for the body");
  }
  return 1;
}

static struct asr_draft_box *box_of(lua_State *L) {
  struct asr_draft_box *box = asr_check_object(L, 1, ASR_DRAFT_CLASS);
  if (!box->busy) {
    luaL_error(L, "the draft has been taken");
  }
  return box;
}

/***
Ends a draft that goes another way than the pool's.
@function draft:take
@treturn string its body
*/
static int draft_take(lua_State *L) {
  struct asr_draft_box *box = box_of(L);
  struct asr_span body = asr_draft_body(&box->draft);
  lua_pushlstring(L, body.p, body.n);
  drop(box);
  return 1;
}

/* Argument `arg` as a span; not there for nil. [-0, +0] */
static struct asr_span text_arg(lua_State *L, int arg, const char *name) {
  size_t n = 0;
  const char *p = asr_opt_string(L, arg, name, &n);
  return asr_span(p, n);
}

/* The request's bytes. The head lies in the draft's room, or in `spare`. */
static enum asr_status push_wire(lua_State *L, const struct asr_draft *d,
                                 struct asr_http1_request *q,
                                 struct asr_buf *spare) {
  struct asr_span body = asr_draft_body(d);
  size_t head = asr_http1_head_size(q);
  if (head <= d->front) {
    char *at = asr_http1_put_head(q, d->block.data + d->front);
    lua_pushlstring(L, at, head + body.n);
    return ASR_OK;
  }
  char *room = asr_buf_room(spare, head + body.n);
  if (room != NULL) {
    (void)asr_http1_put_head(q, room + head);
    memcpy(room + head, body.p, body.n);
    lua_pushlstring(L, room, head + body.n);
  }
  return spare->status;
}

/***
Ends a draft as the bytes of its request, for a transport that has only a
socket.
@function draft:wire
@param place
@param credential a signer, a secret, or nil
@string[opt] query more of it, beginning with "&"
@string[opt] more further lines, each with its CRLF
@string[opt] base what stands before the target, for a proxy that forwards
@treturn string the bytes; or nil, the kind and how many bytes are too many
@treturn int where the body begins in them
*/
static int draft_wire(lua_State *L) {
  struct asr_draft_box *box = box_of(L);
  const struct asr_place *p = asr_check_object(L, 2, ASR_PLACE_CLASS);
  struct asr_http1_request q = {0};
  lua_settop(L, 6);
  struct asr_buf *line = asr_new_buffer(L, ASR_TOKEN_MAX);
  struct asr_buf *spare = asr_new_buffer(L, SIZE_MAX / 2);
  if (!lua_isnil(L, 3) && !asr_authorize(L, 3, p, line)) {
    return luaL_error(L, "the credential is closed");
  }
  struct asr_span body = asr_draft_body(&box->draft);
  q.body = body.n;
  q.method = p->method;
  q.base = text_arg(L, 6, "base");
  q.target = p->target;
  q.query = text_arg(L, 4, "query");
  q.lines = p->lines;
  q.authorization = asr_buf_span(line);
  q.more = text_arg(L, 5, "more");
  q.has_body = body.n > 0 || p->has_body;
  struct asr_sizes more = {q.query.n, line->len + q.more.n};
  int refused = asr_refuse_large(L, p, body.n, more);
  if (!refused) {
    asr_check_status(L, push_wire(L, &box->draft, &q, spare), "request");
    lua_pushinteger(L, (lua_Integer)(lua_rawlen(L, -1) - body.n + 1));
  }
  drop(box);
  asr_buf_close(line);
  return refused ? refused : 2;
}

/* #draft: bytes of the body */
static int draft_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)asr_draft_body(&box_of(L)->draft).n);
  return 1;
}

static int draft_gc(lua_State *L) {
  drop(asr_check_object(L, 1, ASR_DRAFT_CLASS));
  return 0;
}

void asr_open_draft(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"take", draft_take}, {"wire", draft_wire}, {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__gc", draft_gc}, {"__len", draft_len}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"draft", draft},
                                       {"draft_value", draft_value},
                                       {"draft_text", draft_text},
                                       {NULL, NULL}};
  asr_new_class(L, ASR_DRAFT_CLASS, methods, meta);
  lua_pushnil(L); /* the spare */
  luaL_setfuncs(L, functions, SPARE);
}
