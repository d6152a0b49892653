/* SPDX-License-Identifier: MIT */
/*
 * curl.outbox: the queue of csrc/net/outbox.h as a userdata. A pool that it
 * was attached to moves it; both may be closed and collected in any order.
 */
#include "binding/bind_pool.h"

#include <string.h>

#include "core/jwt.h"

static const char CLASS[] = "azure.signalr.outbox";

typedef struct asr_outbox_box {
  asr_outbox *outbox; /* NULL: closed, and then all is told and done */
  asr_outbox_counts last;
} asr_outbox_box;

/* NULL for a closed one, which the functions of outbox.h take. */
static asr_outbox *outbox_at(lua_State *L, int arg) {
  asr_outbox_box *box = asr_check_object(L, arg, CLASS);
  return box->outbox;
}

/* ---- curl.outbox(signer, options) ---- */

static size_t count_field(lua_State *L, const char *key, size_t most) {
  int64_t n = asr_field_count(L, 2, "options", key, 0);
  if (n < 1 || (uint64_t)n > most) {
    lua_pushfstring(L, "options.%s", key);
    asr_range_error(L, lua_tostring(L, -1), 1, (int64_t)most);
  }
  return (size_t)n;
}

static void read_options(lua_State *L, asr_outbox_options *o) {
  size_t len = 0;
  const char *agent = asr_field_string(L, 2, "options", "agent", &len);
  memset(o, 0, sizeof *o);
  if (agent == NULL || !asr_is_line(asr_span(agent, len)))
    luaL_error(L, "options.agent must be a header line");
  o->agent = asr_span(agent, len);
  o->limit = count_field(L, "limit", ASR_MAX_IN_FLIGHT);
  o->bytes = count_field(L, "bytes", ASR_MAX_QUEUE_BYTES);
  o->abreast = count_field(L, "abreast", ASR_MAX_CONNECTIONS);
  o->lifetime = (int64_t)count_field(L, "lifetime", 1 << 30);
  o->ordered = asr_field_boolean(L, 2, "options", "ordered", 0);
  o->drop_oldest = asr_field_boolean(L, 2, "options", "drop_oldest", 0);
  o->report = asr_field_boolean(L, 2, "options", "report", 1);
}

/* curl.outbox(signer, options) -> outbox. options: agent (a header line),
 * limit (messages), bytes, abreast (messages in flight), lifetime (seconds, of
 * tokens), ordered, drop_oldest, report (keep what failed, until asked). */
int asr_outbox_open(lua_State *L) {
  const struct asr_signer *signer = asr_check_object(L, 1, ASR_SIGNER_CLASS);
  asr_outbox_options options;
  asr_outbox_box *box;
  asr_check_table(L, 2, "options");
  read_options(L, &options);
  box = asr_new_object(L, sizeof *box, CLASS);
  if (signer->mac == NULL)
    return luaL_error(L, "the signer is closed");
  box->outbox = asr_outbox_new(&options, signer);
  if (box->outbox == NULL)
    return luaL_error(L, "not enough memory for an outbox");
  return 1;
}

/* outbox:close(); again does nothing. Also __gc and __close. What is queued
 * stays with the pool, if there is one; the other methods say from then on
 * that there is nothing, and stats what there was. */
static int outbox_close(lua_State *L) {
  asr_outbox_box *box = asr_check_object(L, 1, CLASS);
  asr_outbox *outbox = box->outbox;
  if (outbox != NULL)
    asr_outbox_counts_of(outbox, &box->last);
  box->outbox = NULL;
  asr_outbox_release(outbox);
  return 0;
}

/* ---- messages in, by way of the pool ---- */

/* pool:attach(outbox) -> true: the pool moves it from now on; false if the
 * pool has been used before, or has another, or one of them is closed. */
int asr_pool_attach_outbox(lua_State *L) {
  asr_pool_box *box = asr_check_object(L, 1, ASR_POOL_CLASS);
  asr_outbox *outbox = outbox_at(L, 2);
  int attached =
      box->pool != NULL && outbox != NULL && asr_pool_attach(box->pool, outbox);
  if (attached)
    box->has_outbox = 1;
  lua_pushboolean(L, attached);
  return 1;
}

static struct asr_span text_arg(lua_State *L, int arg, const char *name) {
  size_t len = 0;
  const char *text = asr_check_string(L, arg, name, &len);
  return asr_span(text, len);
}

static double seconds_arg(lua_State *L, int arg, const char *name) {
  double seconds = asr_check_number(L, arg, name);
  if (seconds < 0)
    luaL_error(L, "%s must not be negative", name);
  return seconds;
}

static void read_message(lua_State *L, asr_message *m) {
  size_t len = 0;
  const char *type;
  m->method = asr_span_of("POST");
  m->url = text_arg(L, 2, "url");
  asr_check_url(L, m->url, "url");
  m->audience = text_arg(L, 3, "audience");
  type = asr_opt_string(L, 4, "content_type", &len);
  m->content_type = asr_span(type, len);
  if (type != NULL && !asr_is_line(m->content_type))
    luaL_error(L, "content_type must be a header line");
  m->body = text_arg(L, 5, "body");
  m->label = text_arg(L, 6, "label");
  m->timeout = seconds_arg(L, 7, "timeout");
  m->max_response =
      (size_t)asr_check_whole(L, 8, "max_response", 1, (int64_t)1 << 31);
  m->retry.max = (int)asr_check_whole(L, 9, "retries", 0, 1000);
  m->retry.base = seconds_arg(L, 10, "base");
  m->retry.cap = seconds_arg(L, 11, "cap");
}

/* pool:enqueue(url, audience, content_type, body, label, timeout,
 * max_response, retries, base, cap) -> true | nil, kind, message. A POST to
 * url, signed for audience, with content_type (a header line, or nil); label
 * comes back with the report. No table of arguments: it is called often. */
int asr_pool_enqueue_message(lua_State *L) {
  asr_pool_box *box = asr_check_object(L, 1, ASR_POOL_CLASS);
  asr_refusal why = {ASR_CLOSED, "the client was closed"};
  asr_message message;
  read_message(L, &message);
  if (box->pool != NULL && !box->has_outbox)
    return luaL_error(L, "the pool has no outbox");
  if (box->pool != NULL && asr_pool_enqueue(box->pool, &message, &why)) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, asr_kind_name(why.kind));
  lua_pushstring(L, why.note);
  return 3;
}

/* ---- reports out ---- */

static void put_text(lua_State *L, const char *key, struct asr_span text) {
  lua_pushlstring(L, text.n ? text.p : "", text.n);
  lua_setfield(L, -2, key);
}

static void put_number(lua_State *L, const char *key, double number) {
  lua_pushnumber(L, (lua_Number)number);
  lua_setfield(L, -2, key);
}

static void push_report(lua_State *L, const asr_entry *entry) {
  static const char *const ends[] = {"failed", "dropped", "lost"};
  const asr_job *job = entry->job;
  lua_createtable(L, 0, 8);
  put_text(L, "label", entry->label);
  put_text(L, "audience", entry->audience);
  lua_pushstring(L, job->origin);
  lua_pushlstring(L, job->head.target.p, job->head.target.n);
  lua_concat(L, 2);
  lua_setfield(L, -2, "url");
  put_text(L, "body", asr_span(job->body, job->head.body));
  put_text(L, "reason", asr_span_of(ends[entry->end]));
  lua_pushinteger(L, entry->attempts);
  lua_setfield(L, -2, "attempts");
  put_number(L, "signed_at", (double)entry->signed_at);
  if (asr_push_outcome(L, job) == 1) {
    lua_setfield(L, -2, "reply");
  } else {
    lua_setfield(L, -3, "failure");
    lua_pop(L, 1); /* the nil before it */
  }
}

/* outbox:report() -> a message that failed for good, once for each | nil.
 * label, audience, url, body, attempts, signed_at (Unix seconds, 0: never),
 * reason ("failed", "dropped", "lost"), and reply or failure as from collect */
static int outbox_report(lua_State *L) {
  struct asr_taken *taken;
  lua_settop(L, 1);
  taken = asr_new_taken(L);
  taken->entry = asr_outbox_take_report(outbox_at(L, 1));
  if (taken->entry == NULL)
    return 0;
  push_report(L, taken->entry);
  asr_free_taken(taken);
  return 1;
}

/* outbox:untold() -> how many more failed since this was asked, of which
 * nothing could be kept */
static int outbox_untold(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)asr_outbox_untold(outbox_at(L, 1)));
  return 1;
}

/* outbox:has_reports() -> whether report or untold has something to say */
static int outbox_has_reports(lua_State *L) {
  lua_pushboolean(L, asr_outbox_has_reports(outbox_at(L, 1)));
  return 1;
}

/* outbox:pending() -> how many are queued or in flight */
static int outbox_pending(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)asr_outbox_pending(outbox_at(L, 1)));
  return 1;
}

/* outbox:stats() -> { accepted, delivered, failed, dropped, lost, refused;
 * queued, in_flight, bytes, reports }: since it was made; and now */
static int outbox_stats(lua_State *L) {
  const asr_outbox_box *box = asr_check_object(L, 1, CLASS);
  asr_outbox_counts counts = box->last;
  if (box->outbox != NULL)
    asr_outbox_counts_of(box->outbox, &counts);
  lua_createtable(L, 0, 10);
  asr_put_count(L, "accepted", counts.accepted);
  asr_put_count(L, "delivered", counts.delivered);
  asr_put_count(L, "failed", counts.failed);
  asr_put_count(L, "dropped", counts.dropped);
  asr_put_count(L, "lost", counts.lost);
  asr_put_count(L, "refused", counts.refused);
  asr_put_count(L, "queued", counts.queued);
  asr_put_count(L, "in_flight", counts.in_flight);
  asr_put_count(L, "bytes", counts.bytes);
  asr_put_count(L, "reports", counts.reports);
  return 1;
}

/* ---- the rule for retries, for the spec that compares it with Lua's ---- */

static asr_kind kind_named(lua_State *L, const char *name) {
  asr_kind kind = ASR_FINE;
  while (name != NULL && strcmp(asr_kind_name(kind), name) != 0)
    if (kind++ == ASR_QUEUE_FULL)
      luaL_error(L, "unknown kind %s", name);
  return kind;
}

/* Reads an answer's head into a job. 0: no memory, or no head. */
static int read_head(asr_job *job, struct asr_span head) {
  size_t used = 0;
  return asr_http1_feed(&job->in, head.p, head.n, &used) < ASR_HTTP1_BAD;
}

/* What an answer with this head says of its request. Nothing may throw while
 * the job is there. */
static int judge(struct asr_span head, int truncated, double sent_at,
                 asr_outcome *outcome) {
  static const asr_request nothing = {.max_response = 1024};
  asr_job *job = asr_job_new(&nothing, 0);
  int fine = job != NULL && read_head(job, head);
  if (fine) {
    job->truncated = truncated;
    outcome->refused = asr_answer_refuses(job);
    outcome->retry_after = asr_retry_after(job, sent_at);
  }
  asr_job_free(job);
  return fine;
}

/* curl.retry_pause{ kind=, sent=, head=, truncated=, sent_at=, attempts=, max=,
 * base=, cap=, chance= } -> seconds | nil. kind is a failure's; head an
 * answer's, status line and fields. */
int asr_retry_rule(lua_State *L) {
  asr_outcome outcome = {ASR_FINE, true, false, -1};
  asr_retry retry;
  struct asr_span head;
  int attempts, truncated;
  double pause, chance, sent_at;
  asr_check_table(L, 1, "outcome");
  outcome.kind = kind_named(L, asr_field_string(L, 1, "outcome", "kind", NULL));
  outcome.sent = asr_field_boolean(L, 1, "outcome", "sent", 1);
  retry.max = (int)asr_field_count(L, 1, "outcome", "max", 0);
  retry.base = asr_field_number(L, 1, "outcome", "base", 0);
  retry.cap = asr_field_number(L, 1, "outcome", "cap", 0);
  attempts = (int)asr_field_count(L, 1, "outcome", "attempts", 1);
  chance = asr_field_number(L, 1, "outcome", "chance", 0);
  sent_at = asr_field_number(L, 1, "outcome", "sent_at", 0);
  truncated = asr_field_boolean(L, 1, "outcome", "truncated", 0);
  head.p = asr_field_string(L, 1, "outcome", "head", &head.n);
  if (head.p != NULL && !judge(head, truncated, sent_at, &outcome)) {
    return luaL_error(L, "not enough memory, or no head");
  }
  pause = asr_retry_pause(&retry, &outcome, attempts, chance);
  if (pause < 0) {
    return 0;
  }
  lua_pushnumber(L, pause);
  return 1;
}

static const luaL_Reg methods[] = {{"report", outbox_report},
                                   {"untold", outbox_untold},
                                   {"has_reports", outbox_has_reports},
                                   {"pending", outbox_pending},
                                   {"stats", outbox_stats},
                                   {"close", outbox_close},
                                   {NULL, NULL}};

static const luaL_Reg meta[] = {
    {"__gc", outbox_close}, {"__close", outbox_close}, {NULL, NULL}};

void asr_outbox_class(lua_State *L) {
  asr_new_class(L, CLASS, methods, meta);
}
