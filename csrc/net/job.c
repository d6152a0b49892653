/* SPDX-License-Identifier: MIT */
#include "net/job.h"

#include <string.h>
#include <time.h>

#include "core/mem.h"

double asr_monotonic(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void *asr_zeroed(size_t size) {
  void *p = asr_realloc(NULL, size);
  if (p)
    memset(p, 0, size);
  return p;
}

/* ---- the request ---- */

/* Copies text and a NUL to *to, and moves *to behind them. */
static char *keep(char **to, struct asr_span text) {
  char *at = *to;
  if (text.n > 0)
    memcpy(at, text.p, text.n);
  at[text.n] = '\0';
  *to = at + text.n + 1;
  return at;
}

/* libcurl reads "Name:" as an order to leave the header out; a header that
 * is meant to be empty is spelled "Name;" there. */
static char *keep_header(char **to, struct asr_span line) {
  char *kept = *to;
  size_t end;
  keep(to, line);
  for (end = line.n; end > 0; end--)
    if (kept[end - 1] != ' ' && kept[end - 1] != '\t')
      break;
  if (end > 0 && kept[end - 1] == ':' && strchr(kept, ':') == kept + end - 1) {
    kept[end - 1] = ';';
    kept[end] = '\0';
  }
  return kept;
}

asr_job *asr_job_new(const asr_request *request, double now) {
  size_t i, pointers = request->header_count * sizeof(char *);
  size_t size = sizeof(asr_job) + pointers + request->method.n +
                request->url.n + request->body.n + 3;
  asr_job *job;
  char *to;
  for (i = 0; i < request->header_count; i++)
    size += request->headers[i].n + 1;
  job = asr_realloc(NULL, size);
  if (!job)
    return NULL;
  memset(job, 0, sizeof *job);
  job->headers = (char **)(void *)(job + 1);
  to = (char *)(job + 1) + pointers;
  job->method = keep(&to, request->method);
  job->url = keep(&to, request->url);
  job->body = keep(&to, request->body);
  job->body_len = request->body.n;
  job->has_body = request->has_body;
  job->repeatable = request->repeatable;
  job->untold = request->untold;
  job->header_count = request->header_count;
  for (i = 0; i < request->header_count; i++)
    job->headers[i] = keep_header(&to, request->headers[i]);
  job->max_response = request->max_response;
  asr_buf_init(&job->head, ASR_HEAD_LIMIT);
  asr_buf_init(&job->data, request->max_response);
  job->holders = 1;
  job->started = now;
  job->deadline = now + request->timeout;
  return job;
}

void asr_job_free(asr_job *job) {
  if (!job)
    return;
  asr_buf_close(&job->head);
  asr_buf_close(&job->data);
  asr_free(job->note);
  asr_free(job);
}

void asr_job_hold(asr_job *job) {
  __atomic_add_fetch(&job->holders, 1, __ATOMIC_RELAXED);
}

void asr_job_release(asr_job *job) {
  if (job && __atomic_sub_fetch(&job->holders, 1, __ATOMIC_ACQ_REL) == 0)
    asr_job_free(job);
}

/* ---- the failure ---- */

void asr_job_fail(asr_job *job, asr_kind kind, const char *note) {
  job->kind = kind;
  asr_free(job->note);
  job->note = NULL;
  if (note && *note) {
    size_t len = strlen(note);
    job->note = asr_realloc(NULL, len + 1);
    if (job->note)
      memcpy(job->note, note, len + 1);
  }
}

const char *asr_job_note(const asr_job *job) {
  return job->note ? job->note : asr_kind_text(job->kind);
}

/* ---- the answer ---- */

void asr_job_rewind(asr_job *job) {
  asr_buf_reset(&job->head, ASR_HEAD_LIMIT);
  asr_buf_reset(&job->data, job->max_response);
  job->head_done = job->truncated = job->malformed = false;
  job->status = 0;
}

static bool blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* "HTTP/1.1 200 OK" or "HTTP/2 200": the status, or 0. Versions of libcurl
 * differ in what they let through here. */
static int status_of(const char *line, size_t len) {
  const char *space = memchr(line, ' ', len);
  size_t at = space ? (size_t)(space - line) : len;
  long status = -1;
  while (at < len && line[at] == ' ') {
    at++;
  }
  if (len - at >= 3 && (len - at == 3 || blank(line[at + 3]))) {
    status = asr_span_number(asr_span(line + at, 3), 999);
  }
  return status >= 100 ? (int)status : 0;
}

static bool field_line(asr_job *job, const char *line, size_t len) {
  const char *colon = memchr(line, ':', len);
  struct asr_buf *head = &job->head;
  size_t name, from, at = head->len, i;
  if (!colon)
    return true; /* not a header: nothing to keep */
  name = (size_t)(colon - line);
  for (from = name + 1; from < len && blank(line[from]); from++)
    ;
  while (name > 0 && blank(line[name - 1]))
    name--;
  asr_buf_add(head, line, name);
  asr_buf_add_byte(head, '\0');
  asr_buf_add(head, line + from, len - from);
  if (asr_buf_add_byte(head, '\0') != ASR_OK)
    return false;
  for (i = at; i < at + name; i++)
    head->data[i] = asr_lower(head->data[i]);
  return true;
}

/* A line that goes on with the value before it (obsolete, but seen). */
static bool folded_line(asr_job *job, const char *line, size_t len) {
  size_t from = 0;
  if (job->head.len == 0)
    return true;
  while (from < len && blank(line[from]))
    from++;
  job->head.data[job->head.len - 1] = ' ';
  asr_buf_add(&job->head, line + from, len - from);
  return asr_buf_add_byte(&job->head, '\0') == ASR_OK;
}

bool asr_job_head(asr_job *job, const char *line, size_t len) {
  bool fold;
  if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {
    asr_job_rewind(job); /* the one before was a 1xx */
    job->status = status_of(line, len);
    job->malformed = job->status == 0;
    return !job->malformed;
  }
  if (job->head_done)
    return true; /* a trailer: must not pass for a header */
  fold = len > 0 && (line[0] == ' ' || line[0] == '\t');
  while (len > 0 && blank(line[len - 1]))
    len--;
  if (len == 0) {
    job->head_done = job->status >= 200;
    return true;
  }
  if (memchr(line, '\0', len))
    return true; /* libcurl refuses these; never let one split a field */
  return fold ? folded_line(job, line, len) : field_line(job, line, len);
}

bool asr_job_data(asr_job *job, const char *bytes, size_t len) {
  return asr_buf_add(&job->data, bytes, len) == ASR_OK;
}

bool asr_job_field(const asr_job *job, size_t *at, asr_field *field) {
  const char *text = job->head.data;
  size_t i = *at;
  if (i >= job->head.len)
    return false;
  field->name = asr_span_of(text + i);
  i += field->name.n + 1;
  field->value = asr_span_of(text + i);
  *at = i + field->value.n + 1;
  return true;
}

/* ---- lists ---- */

void asr_list_push(asr_list *list, asr_job *job) {
  job->next = NULL;
  job->prev = list->last;
  if (list->last)
    list->last->next = job;
  else
    list->first = job;
  list->last = job;
  list->count++;
}

void asr_list_remove(asr_list *list, asr_job *job) {
  if (job->prev)
    job->prev->next = job->next;
  else
    list->first = job->next;
  if (job->next)
    job->next->prev = job->prev;
  else
    list->last = job->prev;
  job->next = job->prev = NULL;
  list->count--;
}

asr_job *asr_list_pop(asr_list *list) {
  asr_job *job = list->first;
  if (job)
    asr_list_remove(list, job);
  return job;
}

void asr_list_move(asr_list *list, asr_list *from) {
  if (!from->first)
    return;
  from->first->prev = list->last;
  if (list->last)
    list->last->next = from->first;
  else
    list->first = from->first;
  list->last = from->last;
  list->count += from->count;
  *from = (asr_list){NULL, NULL, 0};
}
