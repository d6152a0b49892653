/* SPDX-License-Identifier: MIT */
/* Jobs, their lists and deadlines: no socket, no libcurl. */
#include "test/check.h"

#include <stdlib.h>

#include "net/deadlines.h"
#include "net/job.h"

static asr_job *make(double now, double timeout, const char *header) {
  struct asr_span headers[1] = {asr_span_of(header)};
  asr_request request = {.method = asr_span_of("POST"),
                         .url = asr_span_of("http://x.test/"),
                         .body = asr_span("a\0b", 3),
                         .has_body = true,
                         .headers = headers,
                         .header_count = header ? 1 : 0,
                         .timeout = timeout,
                         .max_response = 100};
  return asr_job_new(&request, now);
}

static void composed(const asr_job *job, const char *want) {
  CHECK_SPAN(asr_span(job->wire, job->wire_len), want);
}

static void copies(void) {
  asr_job *job = make(5, 2, "A: b");
  CHECK(job->started > 4.9 && job->deadline > 6.9 && job->deadline < 7.1);
  CHECK(strcmp(job->origin, "http://x.test") == 0);
  CHECK(job->head.body == 3 && memcmp(job->body, "a\0b", 3) == 0);
  asr_job_free(job);
}

/* What is put into the head later may be longer than the room left for it. */
static void composes(void) {
  static const char line[] = "Authorization: Bearer token\r\n";
  asr_request request = {.method = asr_span_of("POST"),
                         .url = asr_span_of("https://x.test:8443?q"),
                         .body = asr_span_of("body"),
                         .has_body = true,
                         .authorization = sizeof line - 1,
                         .max_response = 100};
  asr_job *job = asr_job_new(&request, 0);
  CHECK(asr_job_compose(job));
  composed(job, "POST /?q HTTP/1.1\r\nHost: x.test:8443\r\n"
                "Content-Length: 4\r\n\r\nbody");
  job->head.authorization = asr_span_of(line);
  CHECK(asr_job_compose(job) && job->copy == NULL);
  job->head.base = asr_span_of(job->origin);
  job->head.more = asr_span_of("X: y\r\n");
  CHECK(asr_job_compose(job) && job->copy != NULL);
  composed(job, "POST https://x.test:8443/?q HTTP/1.1\r\nHost: x.test:8443\r\n"
                "Authorization: Bearer token\r\nX: y\r\n"
                "Content-Length: 4\r\n\r\nbody");
  asr_job_free(job);
}

static void answers(void) {
  static const char text[] = "HTTP/1.1 404 No\r\nContent-Length: 2\r\n"
                             "A: b\r\n\r\nok";
  asr_job *job = make(0, 1, NULL);
  asr_field field;
  size_t at = 0, used = 0;
  CHECK(asr_job_status(job) == 0 && !asr_job_field(job, &at, &field));
  asr_http1_feed(&job->in, text, strlen(text), &used);
  CHECK(asr_job_status(job) == 404);
  CHECK_SPAN(asr_job_data(job), "ok");
  CHECK(asr_job_field(job, &at, &field) && asr_job_field(job, &at, &field));
  CHECK_SPAN(field.name, "A");
  CHECK_SPAN(field.value, "b");
  CHECK(!asr_job_field(job, &at, &field));
  asr_job_rewind(job);
  CHECK(asr_job_status(job) == 0 && asr_job_data(job).n == 0);
  CHECK(job->in.body.ceiling == 100 && !job->in.headless);
  asr_job_free(job);
}

static void failures(void) {
  asr_job *job = make(0, 1, NULL);
  asr_job_fail(job, ASR_DNS, NULL);
  CHECK(strstr(asr_job_note(job), "name") != NULL);
  asr_job_fail(job, ASR_TLS, "words of its own");
  CHECK(strcmp(asr_job_note(job), "words of its own") == 0);
  asr_job_fail(job, ASR_RESET, "");
  CHECK(strcmp(asr_job_note(job), asr_kind_text(ASR_RESET)) == 0);
  asr_job_free(job);
}

enum { MANY = 1000 };

static void order(void) {
  static asr_job *jobs[MANY];
  asr_deadlines d = {NULL, 0, 0};
  double last = -1;
  size_t i, left = MANY;
  for (i = 0; i < MANY; i++) {
    jobs[i] = make(0, (double)(i * 7919 % 500), NULL);
    CHECK(asr_deadlines_add(&d, jobs[i]));
  }
  for (i = 0; i < MANY; i += 3, left--) {
    asr_deadlines_remove(&d, jobs[i]);
    asr_deadlines_remove(&d, jobs[i]);
  }
  CHECK(d.count == left);
  while (d.count > 0) {
    asr_job *first = asr_deadlines_first(&d);
    CHECK(first->deadline >= last);
    last = first->deadline;
    asr_deadlines_remove(&d, first);
  }
  CHECK(asr_deadlines_first(&d) == NULL);
  for (i = 0; i < MANY; i++) {
    asr_job_free(jobs[i]);
  }
  asr_deadlines_free(&d);
}

static void lists(void) {
  asr_job *jobs[4];
  asr_list a = {NULL, NULL, 0}, b = {NULL, NULL, 0};
  size_t i;
  for (i = 0; i < 4; i++) {
    jobs[i] = make(0, 1, NULL);
    asr_list_push(i < 2 ? &a : &b, jobs[i]);
  }
  asr_list_move(&a, &b);
  asr_list_move(&a, &b);
  CHECK(a.count == 4 && b.count == 0 && b.first == NULL);
  asr_list_remove(&a, jobs[2]);
  asr_list_remove(&a, jobs[0]);
  CHECK(asr_list_pop(&a) == jobs[1] && asr_list_pop(&a) == jobs[3]);
  CHECK(asr_list_pop(&a) == NULL && a.count == 0 && a.last == NULL);
  asr_list_move(&b, &a);
  CHECK(b.count == 0);
  for (i = 0; i < 4; i++) {
    asr_job_free(jobs[i]);
  }
}

int main(void) {
  copies();
  composes();
  answers();
  failures();
  order();
  lists();
  return check_report("net_job");
}
