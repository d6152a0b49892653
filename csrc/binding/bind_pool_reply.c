/* SPDX-License-Identifier: MIT */
/* What came of a request, as tables. */
#include "binding/bind_pool.h"

int asr_push_failure(lua_State *L, asr_kind kind, const char *note, int sent) {
  lua_pushnil(L);
  lua_createtable(L, 0, 3);
  lua_pushstring(L, asr_kind_name(kind));
  lua_setfield(L, -2, "kind");
  lua_pushstring(L, note);
  lua_setfield(L, -2, "message");
  lua_pushstring(L, sent ? "maybe" : "no");
  lua_setfield(L, -2, "sent");
  return 2;
}

static void push_headers(lua_State *L, const asr_job *job) {
  asr_field field;
  size_t at = 0;
  lua_newtable(L);
  while (asr_job_field(job, &at, &field))
    asr_put_header(L, field.name, field.value);
}

int asr_push_outcome(lua_State *L, const asr_job *job) {
  struct asr_span body = asr_buf_span(&job->data);
  if (job->kind != ASR_FINE)
    return asr_push_failure(L, job->kind, asr_job_note(job), job->sent);
  lua_createtable(L, 0, 6);
  lua_pushinteger(L, job->status);
  lua_setfield(L, -2, "status");
  push_headers(L, job);
  lua_setfield(L, -2, "headers");
  lua_pushlstring(L, body.n ? body.p : "", body.n);
  lua_setfield(L, -2, "body");
  lua_pushnumber(L, job->elapsed);
  lua_setfield(L, -2, "time");
  lua_pushboolean(L, job->reused);
  lua_setfield(L, -2, "reused");
  if (job->truncated) {
    lua_pushboolean(L, 1);
    lua_setfield(L, -2, "truncated");
  }
  return 1;
}
