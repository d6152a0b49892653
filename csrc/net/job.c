/* SPDX-License-Identifier: MIT */
#include "net/job.h"

#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "core/place.h"

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

/* Texts are measured with `at` NULL, then copied with it where they belong:
 * one piece of code says what lies where. */
struct layout {
  char *at;
  size_t size;
};

static struct asr_span lay(struct layout *l, struct asr_span text) {
  char *to = l->at;
  l->size += text.n;
  if (to == NULL) {
    return asr_span(NULL, text.n);
  }
  if (text.n > 0) {
    memcpy(to, text.p, text.n);
  }
  l->at += text.n;
  return asr_span(to, text.n);
}

static struct asr_span lay_text(struct layout *l, const char *text) {
  return lay(l, asr_span_of(text));
}

static struct asr_span host_of(struct asr_span origin) {
  struct asr_span rest = origin;
  (void)asr_span_cut(&rest, '/');
  (void)asr_span_cut(&rest, '/');
  return rest.p != NULL ? rest : origin;
}

static bool names_host(const asr_request *request) {
  for (size_t i = 0; i < request->header_count; i++) {
    struct asr_span line = request->headers[i];
    if (asr_span_ieq(asr_span_cut(&line, ':'), asr_span_of("host"))) {
      return true;
    }
  }
  return false;
}

static void set_out(asr_job *job, struct asr_span method, size_t most) {
  job->get = asr_span_eq(method, asr_span_of("GET"));
  asr_http1_start(&job->in, asr_span_eq(method, asr_span_of("HEAD")), most);
  job->holders = 1;
}

/* The constant lines, one after the other. */
static struct asr_span lay_lines(struct layout *l, const asr_request *request,
                                 struct asr_span origin) {
  char *from = l->at;
  size_t before = l->size;
  if (!names_host(request)) {
    lay_text(l, "Host: ");
    lay(l, host_of(origin));
    lay_text(l, "\r\n");
  }
  for (size_t i = 0; i < request->header_count; i++) {
    lay(l, request->headers[i]);
    lay_text(l, "\r\n");
  }
  return asr_span(from, l->size - before);
}

/* Where everything lies behind the job itself; with `l->at` NULL only its
 * size is found. */
static void lay_out(asr_job *job, const asr_request *request,
                    struct layout *l) {
  struct asr_http1_request *head = &job->head;
  struct asr_span origin, target;
  asr_place_split(request->url, &origin, &target);
  bool bare = target.n == 0 || target.p[0] != '/';
  job->origin = l->at;
  lay(l, origin);
  lay(l, asr_span("", 1));
  head->method = lay(l, request->method);
  head->target = lay_text(l, bare ? "/" : "");
  head->target.n += lay(l, target).n;
  head->lines = lay_lines(l, request, origin);
  head->has_body = request->has_body ||
                   asr_span_eq(request->method, asr_span_of("POST")) ||
                   asr_span_eq(request->method, asr_span_of("PUT"));
  head->body = request->body.n;
  job->room = asr_http1_head_size(head) + request->authorization;
  if (l->at != NULL) {
    l->at += job->room;
  }
  l->size += job->room;
  job->body = l->at;
  lay(l, request->body);
}

asr_job *asr_job_new(const asr_request *request, double now) {
  asr_job measured = {0};
  struct layout l = {NULL, 0};
  lay_out(&measured, request, &l);
  asr_job *job = asr_realloc(NULL, sizeof *job + l.size);
  if (job == NULL) {
    return NULL;
  }
  memset(job, 0, sizeof *job);
  l = (struct layout){(char *)(job + 1), 0};
  lay_out(job, request, &l);
  job->repeatable = request->repeatable;
  job->untold = request->untold;
  set_out(job, request->method, request->max_response);
  job->started = now;
  job->deadline = now + request->timeout;
  return job;
}

bool asr_job_compose(asr_job *job) {
  size_t head = asr_http1_head_size(&job->head);
  char *body = job->body;
  job->wire_len = head + job->head.body;
  if (head > job->room) {
    asr_free(job->copy);
    job->copy = asr_realloc(NULL, job->wire_len);
    if (job->copy == NULL) {
      return false;
    }
    body = job->copy + head;
    if (job->head.body > 0) {
      memcpy(body, job->body, job->head.body);
    }
  }
  job->wire = asr_http1_put_head(&job->head, body);
  return true;
}

/* ---- a request of a draft ---- */

/* A compiler's error, should a job outgrow the room that drafts leave. */
typedef char asr_job_fits[sizeof(asr_job) <= ASR_DRAFT_STATE ? 1 : -1];

struct asr_errand asr_errand_by(const struct asr_forward *forward,
                                const struct asr_errand *errand) {
  struct asr_errand all = *errand;
  struct asr_span origin = errand->place->origin;
  bool plain = origin.n > 5 && asr_lower(origin.p[4]) == ':';
  if (forward->url != NULL && plain) {
    all.base = origin;
    all.more = asr_span_of(forward->line);
  }
  return all;
}

static bool lay_out_errand(asr_job *job, const struct asr_errand *errand,
                           double now) {
  const struct asr_place *place = errand->place;
  struct asr_http1_request *head = &job->head;
  head->method = place->method;
  head->base = errand->base;
  head->target = place->target;
  head->query = errand->query;
  head->lines = place->lines;
  head->authorization = errand->authorization;
  head->more = errand->more;
  head->has_body = errand->has_body;
  set_out(job, place->method, errand->max_response);
  job->started = now;
  job->deadline = now + errand->timeout;
  job->composed = asr_job_compose(job);
  return job->composed;
}

asr_job *asr_job_draft(struct asr_draft *draft, const struct asr_errand *errand,
                       double now) {
  asr_job *job = (asr_job *)(void *)draft->block.data;
  struct asr_span body = asr_draft_body(draft), origin = errand->place->origin;
  memset(job, 0, sizeof *job);
  job->origin = (char *)(job + 1);
  memcpy(job + 1, origin.p, origin.n + 1);
  job->repeatable = errand->place->repeatable;
  job->untold = errand->untold;
  job->body = (char *)job + draft->front;
  job->head.body = body.n;
  job->room = draft->front - sizeof *job - origin.n - 1;
  if (!lay_out_errand(job, errand, now)) {
    return NULL; /* the draft's owner has its block still */
  }
  (void)asr_draft_take(draft);
  return job;
}

bool asr_job_again(asr_job *job, const struct asr_errand *errand, double now) {
  asr_http1_close(&job->in);
  asr_job_fail(job, ASR_FINE, NULL);
  job->sent = job->reused = job->truncated = false;
  job->untold = errand->untold;
  job->elapsed = 0;
  return lay_out_errand(job, errand, now);
}

void asr_job_free(asr_job *job) {
  if (!job)
    return;
  asr_http1_close(&job->in);
  asr_free(job->copy);
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
  bool headless = job->in.headless;
  size_t most = job->in.body.ceiling;
  asr_http1_close(&job->in);
  asr_http1_start(&job->in, headless, most);
  job->truncated = false;
}

int asr_job_status(const asr_job *job) {
  return job->in.head_done ? job->in.status : 0;
}

struct asr_span asr_job_data(const asr_job *job) {
  return asr_buf_span(&job->in.body);
}

bool asr_job_field(const asr_job *job, size_t *at, asr_field *field) {
  return job->in.head_done && asr_http1_header(asr_buf_span(&job->in.head), at,
                                               &field->name, &field->value);
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

void asr_list_push_front(asr_list *list, asr_job *job) {
  job->prev = NULL;
  job->next = list->first;
  if (list->first) {
    list->first->prev = job;
  } else {
    list->last = job;
  }
  list->first = job;
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
