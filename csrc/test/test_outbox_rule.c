/* SPDX-License-Identifier: MIT */
/* When a message is sent again, what Retry-After says, and who stands behind
 * whom. No sockets. */
#include "test/check.h"

#include <stdlib.h>

#include "net/outbox_entry.h"

/* ---- the rule ---- */

static double pause_of(asr_kind kind, bool sent, bool refused, int attempts) {
  static const asr_retry retry = {3, 0.2, 5};
  asr_outcome outcome = {kind, sent, refused, -1};
  return asr_retry_pause(&retry, &outcome, attempts, 1);
}

static void rule(void) {
  static const asr_retry retry = {9, 0.2, 5}, never = {0, 0.2, 5};
  asr_outcome busy = {ASR_FINE, true, true, -1};
  CHECK(pause_of(ASR_CONNECT, false, false, 1) == 0.2);
  CHECK(pause_of(ASR_DNS, false, false, 2) == 0.4);
  CHECK(pause_of(ASR_TIMEOUT, false, false, 3) == 0.8);
  CHECK(pause_of(ASR_PROXY, false, false, 4) < 0);
  CHECK(pause_of(ASR_RESET, true, false, 1) < 0);
  CHECK(pause_of(ASR_TLS, false, false, 1) < 0);
  CHECK(pause_of(ASR_CLOSED, false, false, 1) < 0);
  CHECK(pause_of(ASR_FINE, true, false, 1) < 0);
  CHECK(pause_of(ASR_FINE, true, true, 1) == 0.2);
  CHECK(asr_retry_pause(&retry, &busy, 9, 1) == 5);
  CHECK(asr_retry_pause(&retry, &busy, 1, 0) == 0.1);
  CHECK(asr_retry_pause(&never, &busy, 1, 0) < 0);
  busy.retry_after = 2;
  CHECK(asr_retry_pause(&retry, &busy, 1, 0) == 2);
  CHECK(asr_retry_pause(&retry, &busy, 9, 1) == 5);
}

/* ---- Retry-After ---- */

static void feed(asr_job *job, const char *text) {
  size_t used = 0;
  (void)asr_http1_feed(&job->in, text, strlen(text), &used);
}

static void say(asr_job *job, const char *name, const char *value) {
  char line[200];
  if (value) {
    snprintf(line, sizeof line, "%s: %s\r\n", name, value);
    feed(job, line);
  }
}

/* The headers of an answer, `times` Retry-Afters among them. */
static double told(int times, const char *retry_after, const char *date,
                   double now) {
  static const asr_request nothing;
  asr_job *job = asr_job_new(&nothing, 0);
  feed(job, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n");
  while (times-- > 0) {
    say(job, "Retry-After", retry_after);
  }
  say(job, "Date", date);
  feed(job, "\r\n");
  double seconds = asr_retry_after(job, now);
  asr_job_free(job);
  return seconds;
}

static double asked(const char *retry_after, const char *date, double now) {
  double seconds = told(1, retry_after, date, now);
  CHECK(told(2, retry_after, date, now) == seconds); /* as good as once */
  return seconds;
}

static void retry_after(void) {
  static const char *const wrong[] = {"",
                                      "-1",
                                      "1.5",
                                      "soon",
                                      "1 2",
                                      "Sun, 06 Nov 1994 08:49:37 CET",
                                      "Sun, 06 Nov 1994 08:49:37",
                                      "Sun 06 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 Nox 1994 08:49:37 GMT",
                                      "5un, 06 Nov 1994 08:49:37 GMT",
                                      "Sun, 06 anf 1994 08:49:37 GMT",
                                      "Sunday, 06-Nov-94 08:49:37 GMT"};
  size_t i;
  CHECK(asked(NULL, NULL, 0) == -1);
  CHECK(asked("0", NULL, 0) == 0);
  CHECK(asked("  17  ", NULL, 0) == 17);
  CHECK(asked("99999999999999999999", NULL, 0) > 1e19);
  CHECK(asked("Sun, 06 Nov 1994 08:49:37 GMT", NULL, 784111770) == 7);
  CHECK(asked("Sun, 06 Nov 1994 08:49:37 GMT", "rubbish", 784111770) == 7);
  CHECK(asked("Sun, 06 Nov 1994 08:49:37 GMT", NULL, 784111800) == 0);
  CHECK(asked("Thu, 29 Feb 2024 00:00:10 GMT", "Wed, 28 Feb 2024 23:59:50 GMT",
              0) == 20);
  CHECK(asked("Tue, 01 Mar 2044 00:00:00 GMT", "Mon, 29 Feb 2044 00:00:00 GMT",
              0) == 86400);
  for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
    CHECK(asked(wrong[i], NULL, 0) == -1);
}

/* What proxies join. */
static void joined(void) {
  CHECK(asked("4, 4", NULL, 0) == 4);
  CHECK(asked(",, 4 ,", NULL, 0) == 4);
  CHECK(asked("4,20,7", NULL, 0) == 20);
  CHECK(asked("4, soon", NULL, 0) == 4);
  CHECK(asked("soon, 4", NULL, 0) == -1); /* soon may be a day's name */
  CHECK(asked("Sun, 06 Nov 1994 08:49:37 GMT, 4, Sun, 06 Nov 1994 08:49:47 GMT",
              "rubbish, x, Sun, 06 Nov 1994 08:49:30 GMT, y", 0) == 17);
}

static bool refuses(int status, const char *name, const char *value) {
  static const asr_request nothing;
  asr_job *job = asr_job_new(&nothing, 0);
  char line[64];
  bool refused;
  snprintf(line, sizeof line, "HTTP/1.1 %d X\r\nContent-Length: 0\r\n", status);
  feed(job, line);
  say(job, name, value);
  feed(job, "\r\n");
  refused = asr_answer_refuses(job);
  job->truncated = true;
  CHECK(!asr_answer_refuses(job));
  asr_job_free(job);
  return refused;
}

/* A 503 is a refusal where the service itself has signed it. */
static void refusals(void) {
  int status;
  for (status = 100; status < 600; status++) {
    CHECK(refuses(status, NULL, NULL) == (status == 429));
    CHECK(refuses(status, "Retry-After", "1") ==
          (status == 429 || status == 503));
  }
  CHECK(refuses(503, "X-Ms-Error-Code", "Error.Busy"));
  CHECK(refuses(503, "Retry-After", "soon"));
  CHECK(!refuses(503, "Retry-After", "") && !refuses(503, "Retry-After", " ,"));
  CHECK(!refuses(503, "X-Envoy", "1"));
}

static void months(void) {
  static const struct {
    const char *name;
    int days;
  } all[] = {{"Jan", 31}, {"Feb", 28}, {"Mar", 31}, {"APR", 30},
             {"may", 31}, {"Jun", 30}, {"Jul", 31}, {"Aug", 31},
             {"Sep", 30}, {"Oct", 31}, {"Nov", 30}, {"Dec", 31}};
  char text[64];
  double day = 1672531200 + 43200; /* 2023-01-01, noon */
  size_t i;
  for (i = 0; i < 12; i++) {
    snprintf(text, sizeof text, "Mon, 01 %s 2023 12:00:05 GMT", all[i].name);
    CHECK(asked(text, NULL, day) == 5);
    day += all[i].days * 86400;
  }
}

/* ---- lines ---- */

static void lines(void) {
  enum { MANY = 5000 };
  asr_lines all = {NULL, 0, 0};
  char name[MANY][12];
  size_t i;
  CHECK(asr_lines_find(&all, asr_span_of("a")) == NULL);
  for (i = 0; i < MANY; i++) {
    snprintf(name[i], sizeof name[i], "%zu", i);
    CHECK(asr_lines_open(&all, asr_span_of(name[i])) != NULL);
  }
  CHECK(all.count == MANY && all.room >= MANY);
  for (i = 0; i < MANY; i++) {
    asr_line *line = asr_lines_find(&all, asr_span_of(name[i]));
    if (CHECK(line != NULL)) {
      CHECK_SPAN(line->name, name[i]);
      if (i % 2 == 0)
        asr_lines_close(&all, line);
    }
  }
  for (i = 0; i < MANY; i++)
    CHECK((asr_lines_find(&all, asr_span_of(name[i])) != NULL) == (i % 2));
  CHECK(all.count == MANY / 2);
  asr_lines_free(&all);
  CHECK(all.count == 0 && all.buckets == NULL);
}

/* ---- what counts as delivered ---- */

static bool delivered(int status, const char *body) {
  asr_message message = {.method = asr_span_of("POST"),
                         .url = asr_span_of("http://h/"),
                         .audience = asr_span_of("http://h/"),
                         .max_response = 1000};
  asr_entry *entry = asr_entry_new(&message, asr_span_of("User-Agent: x"));
  char line[200];
  bool result;
  snprintf(line, sizeof line, "HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n",
           status, (int)strlen(body));
  feed(entry->job, line);
  feed(entry->job, body);
  result = asr_entry_delivered(entry);
  entry->job->truncated = true; /* half of it may look like a whole one */
  CHECK(!asr_entry_delivered(entry));
  asr_entry_free(entry);
  return result;
}

static void answers(void) {
  CHECK(delivered(202, "") && delivered(200, "") && delivered(204, "what"));
  CHECK(delivered(202, "{}") && delivered(202, "{\"isSuccess\":true}"));
  CHECK(delivered(202, "{\"a\":{\"isSuccess\":false}}"));
  CHECK(delivered(202, "{\"isSuccess\":[false]}"));
  CHECK(delivered(202, "{\"x\":\"isSuccess\",\"y\":false}"));
  CHECK(!delivered(202, "{\"a\":1, \"isSuccess\" : false }"));
  CHECK(!delivered(202, "{\"isSuccess\":true,\"isSuccess\":false}"));
  CHECK(!delivered(202, "[]") && !delivered(202, "ok"));
  CHECK(!delivered(202, "{\"a\":1") && !delivered(202, "{}{}"));
  CHECK(!delivered(200, " ") && !delivered(301, "") && !delivered(500, ""));
}

int main(void) {
  rule();
  retry_after();
  joined();
  refusals();
  months();
  lines();
  answers();
  return check_report("outbox_rule");
}
