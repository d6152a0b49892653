/* SPDX-License-Identifier: MIT */
/*
 * The pool in both its kinds, under load, with cancels, early ends and forks.
 * Meant above all for ThreadSanitizer: `make ctest MODE=tsan`.
 */
#include "test/check.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "net/pool.h"
#include "test/loopback.h"

static struct loopback *server;

/* Fair enough, and the same each time. */
static unsigned dice(unsigned sides) {
  static unsigned state = 11;
  state = state * 1103515245U + 12345U;
  return (state >> 16) % sides;
}

static asr_pool *open_pool(bool io_thread) {
  asr_options options = {.max_connections = 16,
                         .max_in_flight = 5000,
                         .max_response = 100000,
                         .connect_timeout = 5};
  options.io_thread = io_thread;
  return asr_pool_new(&options);
}

static asr_ticket submit(asr_pool *pool, const char *path, double timeout) {
  char url[128];
  struct asr_span header = asr_span_of("X-Test: 1");
  asr_request request = {.method = asr_span_of("GET"),
                         .url = {NULL, 0},
                         .body = {NULL, 0},
                         .has_body = false,
                         .headers = &header,
                         .header_count = 1,
                         .timeout = timeout,
                         .max_response = 1000};
  asr_refusal why;
  snprintf(url, sizeof url, "%s%s", server->url, path);
  request.url = asr_span_of(url);
  return asr_pool_submit(pool, &request, &why);
}

/* Collects what has finished; counts by kind. */
static size_t collect(asr_pool *pool, size_t counts[ASR_QUEUE_FULL + 1]) {
  size_t n = 0;
  asr_ticket ticket;
  while ((ticket = asr_pool_poll(pool)) != 0) {
    asr_job *job = asr_pool_take(pool, ticket);
    counts[job->kind]++;
    if (job->kind == ASR_FINE) {
      CHECK(asr_job_status(job) == 200);
      CHECK_SPAN(asr_job_data(job), "ok");
    }
    asr_job_release(job);
    n++;
  }
  return n;
}

/* Every ticket comes back, once, whatever is asked in between. */
static void all_come_back(bool io_thread) {
  enum { MANY = 3000 };
  asr_pool *pool = open_pool(io_thread);
  size_t counts[ASR_QUEUE_FULL + 1] = {0};
  size_t back = 0, cancels = 0, i;
  asr_counts totals;
  for (i = 0; i < MANY; i++) {
    bool slow = i % 50 == 0;
    asr_ticket ticket = submit(pool, slow ? "/slow" : "/", slow ? 0.05 : 20);
    CHECK(ticket > 0);
    if (dice(4) == 0) {
      asr_pool_step(pool, 0);
    }
    if (dice(5) == 0 && asr_pool_cancel(pool, ticket)) {
      asr_pool_cancel(pool, ticket);
      cancels++;
    }
    if (dice(50) == 0) {
      back += collect(pool, counts);
      asr_pool_counts(pool, &totals);
      /* At work there are never more than 16; libcurl may keep an idle
       * connection above what it was told. */
      CHECK(totals.active <= 16 && totals.sockets <= 17);
    }
  }
  while (asr_pool_step(pool, 1) > 0) {
    back += collect(pool, counts);
  }
  back += collect(pool, counts);
  asr_pool_counts(pool, &totals);
  CHECK(totals.active == 0 && totals.sockets <= 17);
  CHECK(back == MANY);
  CHECK(counts[ASR_CANCELLED] <= cancels);
  CHECK(io_thread || counts[ASR_CANCELLED] == cancels);
  CHECK(counts[ASR_TIMEOUT] > 0 && counts[ASR_FINE] > MANY / 2);
  CHECK(counts[ASR_FINE] + counts[ASR_TIMEOUT] + counts[ASR_CANCELLED] == MANY);
  asr_pool_free(pool);
}

/* Waiting for one ticket leaves the others alone. */
static void wait_for_one(bool io_thread) {
  asr_pool *pool = open_pool(io_thread);
  asr_ticket slow = submit(pool, "/slow", 20), quick = submit(pool, "/", 20);
  asr_job *job;
  CHECK(asr_pool_wait(pool, quick, 10));
  job = asr_pool_take(pool, quick);
  CHECK(asr_job_status(job) == 200);
  CHECK(!asr_pool_take(pool, quick));
  asr_job_release(job);
  CHECK(!asr_pool_knows(pool, quick) && asr_pool_knows(pool, slow));
  CHECK(!asr_pool_wait(pool, slow, 0.01));
  CHECK(asr_pool_cancel(pool, slow));
  CHECK(asr_pool_wait(pool, slow, 10));
  CHECK(!asr_pool_cancel(pool, slow));
  job = asr_pool_take(pool, slow);
  asr_pool_free(pool); /* what was taken out lives on */
  CHECK(job->kind == ASR_CANCELLED);
  asr_job_release(job);
}

/* The descriptor tells of what has come back. */
static void polled(bool io_thread) {
  asr_pool *pool = open_pool(io_thread);
  asr_ticket ticket = submit(pool, "/", 20);
  int rounds = 0;
  while (asr_pool_poll(pool) != ticket && rounds++ < 1000) {
    double seconds = asr_pool_timeout(pool);
    struct pollfd fd = {asr_pool_fd(pool), POLLIN, 0};
    poll(&fd, 1, seconds < 0 || seconds > 5 ? 5000 : (int)(seconds * 1000 + 1));
    asr_pool_step(pool, 0);
  }
  CHECK(rounds < 1000);
  asr_pool_free(pool);
}

/* A pool ends at any moment, whatever is in flight. */
static void early_ends(bool io_thread) {
  int i, k;
  for (i = 0; i < 60; i++) {
    asr_pool *pool = open_pool(io_thread);
    asr_ticket last = 0;
    for (k = 0; k < i; k++) {
      last = submit(pool, k % 3 ? "/" : "/slow", 20);
    }
    if (i % 3 == 1) {
      asr_pool_step(pool, 0.001 * (i % 5));
    }
    if (i % 4 == 1) {
      asr_pool_cancel(pool, last);
    }
    asr_pool_free(pool);
  }
  CHECK(i == 60);
}

static int child(asr_pool *pool) {
  size_t counts[ASR_QUEUE_FULL + 1] = {0};
  if (asr_pool_step(pool, 0) != 0 || collect(pool, counts) != 20) {
    return 1;
  }
  if (counts[ASR_CLOSED] + counts[ASR_FINE] != 20 || counts[ASR_CLOSED] == 0) {
    return 2;
  }
#ifndef __SANITIZE_THREAD__ /* it allows a fork's child no threads */
  if (!asr_pool_wait(pool, submit(pool, "/", 20), 10) ||
      collect(pool, counts) != 1) {
    return 3;
  }
#endif
  asr_pool_free(pool);
  return 0;
}

/* The child has no such thread; the parent's goes on undisturbed. */
static void forks(bool io_thread) {
  asr_pool *pool = open_pool(io_thread);
  size_t counts[ASR_QUEUE_FULL + 1] = {0};
  int i, status = -1;
  pid_t pid;
  for (i = 0; i < 20; i++) {
    submit(pool, i % 2 ? "/" : "/slow", 1);
  }
  asr_pool_step(pool, 0.01);
  fflush(NULL);
  pid = fork();
  if (pid == 0) {
    _exit(child(pool));
  }
  waitpid(pid, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  while (asr_pool_step(pool, 1) > 0) {
  }
  CHECK(collect(pool, counts) == 20);
  CHECK(counts[ASR_FINE] == 10 && counts[ASR_TIMEOUT] == 10);
  asr_pool_free(pool);
}

/* With the limit reached nothing more is taken, until something is released. */
static void limits(bool io_thread) {
  asr_options options = {.max_connections = 2,
                         .max_in_flight = 3,
                         .max_response = 1000,
                         .connect_timeout = 5};
  asr_pool *pool;
  asr_ticket first;
  options.io_thread = io_thread;
  pool = asr_pool_new(&options);
  first = submit(pool, "/", 20);
  CHECK(submit(pool, "/", 20) && submit(pool, "/", 20));
  CHECK(!submit(pool, "/", 20));
  CHECK(asr_pool_wait(pool, first, 10));
  CHECK(!submit(pool, "/", 20));
  asr_job_release(asr_pool_take(pool, first));
  CHECK(submit(pool, "/", 20) > 0);
  asr_pool_free(pool);
}

int main(void) {
  int io_thread;
  server = loopback_start();
  for (io_thread = 0; io_thread < 2; io_thread++) {
    all_come_back(io_thread);
    wait_for_one(io_thread);
    polled(io_thread);
    early_ends(io_thread);
    limits(io_thread);
    /* A thread may hold ASan's allocator when a fork comes: its child could
     * not allocate. */
#ifdef __SANITIZE_ADDRESS__
    if (!io_thread)
#endif
      forks(io_thread);
  }
  loopback_stop(server);
  return check_report("io_thread");
}
