/* SPDX-License-Identifier: MIT */
/*
 * Counts the allocations of a few requests, then makes the i-th of them fail,
 * for every i. Each ticket must still end, as an answer or as a failure, and
 * nothing may be left behind. (libcurl's own are not among them: 7.88 divides
 * by zero when some of its fail.)
 */
#include "test/failing.h"

#include "net/pool.h"
#include "test/loopback.h"

static asr_ticket submit(asr_pool *pool, const char *url, bool post) {
  struct asr_span headers[2] = {asr_span_of("A: b"), asr_span_of("C:")};
  asr_request request = {.method = asr_span_of(post ? "PUT" : "GET"),
                         .url = asr_span_of(url),
                         .body = asr_span_of(""),
                         .has_body = post,
                         .headers = headers,
                         .header_count = 2,
                         .timeout = 0.2,
                         .max_response = 1000};
  asr_refusal why = {ASR_FINE, NULL};
  asr_ticket ticket = asr_pool_submit(pool, &request, &why);
  CHECK(ticket > 0 || (why.kind == ASR_CONNECT && why.note != NULL));
  return ticket;
}

/* How many of three requests were answered, or -1 without a pool. The third
 * is for a port where nobody listens. */
static int scenario(const char *url) {
  asr_options options = {.max_connections = 2,
                         .max_in_flight = 10,
                         .max_response = 1000,
                         .connect_timeout = 2};
  asr_pool *pool;
  asr_ticket tickets[3];
  int i, answers = 0;
  pool = asr_pool_new(&options);
  if (!pool) {
    return -1;
  }
  for (i = 0; i < 3; i++) {
    tickets[i] = submit(pool, i < 2 ? url : "http://127.0.0.1:1/", i == 1);
  }
  for (i = 0; i < 3; i++) {
    asr_job *job;
    if (tickets[i] == 0 || !CHECK(asr_pool_wait(pool, tickets[i], 5))) {
      continue;
    }
    job = asr_pool_take(pool, tickets[i]);
    answers += job->kind == ASR_FINE && asr_job_status(job) == 200;
    CHECK(asr_job_note(job) != NULL);
    asr_job_release(job);
  }
  asr_pool_free(pool);
  return answers;
}

int main(void) {
  struct loopback *server;
  char url[80];
  CHECK(count_allocations());
  server = loopback_start();
  snprintf(url, sizeof url, "%s/", server->url);
  fail_each(scenario, url, 2, 10);
  loopback_stop(server);
  return check_report("net_nomem");
}
