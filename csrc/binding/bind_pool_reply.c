/* SPDX-License-Identifier: MIT */
/* What came of a request, as tables. */
#include "binding/bind_pool.h"

static const char TAKEN[] = "azure.signalr.taken";

struct asr_taken *asr_new_taken(lua_State *L) {
  return asr_new_object(L, sizeof(struct asr_taken), TAKEN);
}

struct asr_taken *asr_check_taken(lua_State *L, int arg) {
  return asr_check_object(L, arg, TAKEN);
}

void asr_free_taken(struct asr_taken *taken) {
  asr_job_release(taken->job);
  asr_entry_free(taken->entry);
  taken->job = NULL;
  taken->entry = NULL;
}

static int taken_gc(lua_State *L) {
  asr_free_taken(asr_check_object(L, 1, TAKEN));
  return 0;
}

/* #request: bytes of its body */
static int taken_len(lua_State *L) {
  const struct asr_taken *taken = asr_check_object(L, 1, TAKEN);
  lua_pushinteger(L, taken->job ? (lua_Integer)taken->job->head.body : 0);
  return 1;
}

void asr_taken_class(lua_State *L) {
  static const luaL_Reg meta[] = {
      {"__gc", taken_gc}, {"__len", taken_len}, {NULL, NULL}};
  asr_new_class(L, TAKEN, NULL, meta);
}

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
  struct asr_span body = asr_job_data(job);
  if (job->kind != ASR_FINE)
    return asr_push_failure(L, job->kind, asr_job_note(job), job->sent);
  lua_createtable(L, 0, 6);
  lua_pushinteger(L, asr_job_status(job));
  lua_setfield(L, -2, "status");
  push_headers(L, job);
  lua_setfield(L, -2, "headers");
  lua_pushlstring(L, body.p, body.n);
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
