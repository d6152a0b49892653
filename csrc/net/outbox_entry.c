/* SPDX-License-Identifier: MIT */
#include "net/outbox_entry.h"

#include <string.h>
#include <time.h>

#include "core/jsonr.h"
#include "core/mem.h"

enum {
  LINE_ROOM = 512
}; /* a signed line has 400 bytes; a longer one is copied */

static const char bearer[] = "Authorization: Bearer ";

size_t asr_message_size(const asr_message *message) {
  return message->url.n + message->body.n;
}

static asr_job *job_of(const asr_message *message, struct asr_span agent) {
  struct asr_span lines[] = {agent, message->content_type};
  asr_request request = {.method = message->method,
                         .url = message->url,
                         .body = message->body,
                         .has_body = true,
                         .headers = lines,
                         .header_count = message->content_type.p ? 2 : 1,
                         .authorization = LINE_ROOM,
                         .max_response = message->max_response};
  return asr_job_new(&request, 0);
}

static struct asr_span keep(char *to, struct asr_span text) {
  if (text.n > 0)
    memcpy(to, text.p, text.n);
  return asr_span(to, text.n);
}

asr_entry *asr_entry_new(const asr_message *message, struct asr_span agent) {
  size_t texts = message->audience.n + message->label.n;
  asr_entry *entry = asr_realloc(NULL, sizeof *entry + texts);
  char *to;
  if (!entry)
    return NULL;
  memset(entry, 0, sizeof *entry);
  to = (char *)(entry + 1);
  entry->audience = keep(to, message->audience);
  entry->label = keep(to + message->audience.n, message->label);
  asr_buf_init(&entry->bearer, ASR_TOKEN_MAX);
  entry->retry = message->retry;
  entry->timeout = message->timeout;
  entry->size = asr_message_size(message);
  entry->job = job_of(message, agent);
  if (entry->job) {
    entry->job->entry = entry;
    return entry;
  }
  asr_entry_free(entry);
  return NULL;
}

void asr_entry_free(asr_entry *entry) {
  if (!entry)
    return;
  asr_job_free(entry->job);
  asr_buf_close(&entry->bearer);
  asr_free(entry);
}

void asr_entry_begin(asr_entry *entry, double now) {
  asr_job *job = entry->job;
  asr_job_rewind(job);
  asr_job_fail(job, ASR_FINE, NULL);
  job->sent = job->reused = false;
  job->elapsed = 0;
  if (entry->attempts++ == 0)
    entry->until = now + entry->timeout;
  job->started = now;
  job->deadline = entry->until;
}

bool asr_entry_sign(asr_entry *entry, const struct asr_signer *signer,
                    int64_t lifetime) {
  struct asr_buf *line = &entry->bearer;
  struct asr_claims claims = {
      .audience = entry->audience, .now = time(NULL), .lifetime = lifetime};
  asr_buf_reset(line, ASR_TOKEN_MAX);
  asr_buf_add_text(line, bearer);
  if (asr_signer_token(signer, &claims, line) != ASR_OK ||
      asr_buf_add_text(line, "\r\n") != ASR_OK)
    return false;
  entry->signed_at = claims.now;
  entry->job->head.authorization = asr_buf_span(line);
  return true;
}

void asr_entry_fail(asr_entry *entry, asr_kind kind, const char *note) {
  entry->job->sent = false;
  asr_job_fail(entry->job, kind, note);
}

/* The value of isSuccess in a ServiceResponse: whether it is not false. Any
 * other text than a JSON object is no such answer. */
static bool agrees(struct asr_span text) {
  struct asr_json_event event;
  struct asr_jsonr reader;
  bool asked = false;
  asr_jsonr_init(&reader, text, NULL);
  if (asr_jsonr_next(&reader, &event) != ASR_OK ||
      event.type != ASR_JSON_OBJECT)
    return false;
  for (;;) {
    if (asr_jsonr_next(&reader, &event) != ASR_OK ||
        (asked && event.type == ASR_JSON_FALSE))
      return false;
    if (event.type == ASR_JSON_END)
      return true;
    asked = event.type == ASR_JSON_KEY && reader.depth == 1 &&
            asr_span_eq(event.text, asr_span_of("isSuccess"));
  }
}

bool asr_entry_delivered(const asr_entry *entry) {
  const asr_job *job = entry->job;
  int status = asr_job_status(job);
  if (job->kind != ASR_FINE || job->truncated || status < 200 || status > 299)
    return false;
  if (status == 204 || asr_job_data(job).n == 0)
    return true;
  return agrees(asr_job_data(job));
}

double asr_entry_pause(const asr_entry *entry, double now, double chance) {
  const asr_job *job = entry->job;
  asr_outcome outcome = {job->kind, job->sent, asr_answer_refuses(job), -1};
  double pause;
  if (job->kind == ASR_FINE)
    outcome.retry_after = asr_retry_after(job, (double)entry->signed_at);
  pause = asr_retry_pause(&entry->retry, &outcome, entry->attempts, chance);
  return now + pause < entry->until ? pause : -1;
}
