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

static void copies(void) {
  static const char *const lines[][2] = {{"A: b", "A: b"},
                                         {"A:", "A;"},
                                         {"A: \t", "A;"},
                                         {"A: b:", "A: b:"},
                                         {"A:b: ", "A:b: "}};
  size_t i;
  for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    asr_job *job = make(5, 2, lines[i][0]);
    CHECK(strcmp(job->headers[0], lines[i][1]) == 0);
    CHECK(strcmp(job->method, "POST") == 0);
    CHECK(job->body_len == 3 && memcmp(job->body, "a\0b", 4) == 0);
    CHECK(job->started > 4.9 && job->deadline > 6.9 && job->deadline < 7.1);
    asr_job_free(job);
  }
}

static bool head(asr_job *job, const char *line) {
  return asr_job_head(job, line, strlen(line));
}

static void expect_field(const asr_job *job, size_t *at, const char *name,
                         const char *value) {
  asr_field field;
  CHECK(asr_job_field(job, at, &field));
  CHECK_SPAN(field.name, name);
  CHECK_SPAN(field.value, value);
}

static void heads(void) {
  asr_job *job = make(0, 1, NULL);
  asr_field field;
  size_t at = 0;
  CHECK(head(job, "HTTP/1.1 103 Early Hints\r\n") && head(job, "X: y\r\n"));
  CHECK(head(job, "\r\n") && !job->head_done && job->status == 103);
  CHECK(head(job, "HTTP/1.1 204\r\n") && head(job, "NaMe :  value \t\r\n"));
  CHECK(head(job, "no colon\r\n") && head(job, "Empty:\r\n"));
  CHECK(head(job, "Two: a\r\n") && head(job, " \t b\r\n"));
  CHECK(!job->head_done);
  CHECK(head(job, "\r\n") && job->head_done && job->status == 204);
  CHECK(head(job, "Trailer: x\r\n"));
  expect_field(job, &at, "name", "value");
  expect_field(job, &at, "empty", "");
  expect_field(job, &at, "two", "a b");
  CHECK(!asr_job_field(job, &at, &field));
  asr_job_free(job);
}

static void statuses(void) {
  static const struct {
    const char *line;
    int status;
  } cases[] = {{"HTTP/1.1 200 OK\r\n", 200}, {"HTTP/2 404 \r\n", 404},
               {"HTTP/1.0  301 x\r\n", 301}, {"HTTP/1.1 20\r\n", 0},
               {"HTTP/1.1 2000\r\n", 0},     {"HTTP/1.1\r\n", 0},
               {"HTTP/1.1 abc\r\n", 0},      {"HTTP/1.1 200OK\r\n", 0},
               {"HTTP/1.1 099 x\r\n", 0},    {"HTTP/1.1 200", 200}};
  asr_job *job = make(0, 1, NULL);
  size_t i;
  for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    CHECK(head(job, cases[i].line) == (cases[i].status != 0));
    CHECK(job->status == cases[i].status);
    CHECK(job->malformed == (cases[i].status == 0));
  }
  asr_job_free(job);
}

static void ceilings(void) {
  asr_job *job = make(0, 1, NULL);
  char line[1024];
  int lines = 0;
  CHECK(asr_job_data(job, "0123456789", 10));
  CHECK(asr_job_data(job, line, 90) && !asr_job_data(job, "x", 1));
  memset(line, 'x', sizeof line);
  line[1] = ':';
  head(job, "HTTP/1.1 200 OK\r\n");
  while (lines < 100 && asr_job_head(job, line, sizeof line)) {
    lines++;
  }
  CHECK(lines == 63 || lines == 64);
  CHECK(head(job, "HTTP/1.1 200 OK\r\n") && head(job, "A: b\r\n"));
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
  heads();
  statuses();
  ceilings();
  failures();
  order();
  lists();
  return check_report("net_job");
}
