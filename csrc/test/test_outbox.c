/* SPDX-License-Identifier: MIT */
/*
 * The outbox with a pool of both kinds against a server that takes, refuses,
 * and stays silent: whatever happens, each message that was accepted is
 * counted once. Also for ThreadSanitizer: `make ctest MODE=tsan`.
 */
#include "test/check.h"

#include <stdlib.h>
#include <sys/wait.h>

#include "net/pool.h"
#include "test/loopback.h"

static struct loopback *server;

enum { DESTINATIONS = 40, LABEL_MOST = 48 };

struct bench {
  asr_pool *pool;
  asr_outbox *outbox;
  struct asr_signer signer;
};

static const asr_outbox_options usual = {.limit = 1000,
                                         .bytes = 1000000,
                                         .abreast = 8,
                                         .report = true,
                                         .lifetime = 60};

static struct bench open_bench(bool io_thread, asr_outbox_options how) {
  asr_options options = {.max_connections = 16,
                         .max_in_flight = 100,
                         .max_response = 100000,
                         .connect_timeout = 5};
  struct bench b = {NULL, NULL, {NULL, NULL, 0}};
  options.io_thread = io_thread;
  how.agent = asr_span_of("User-Agent: test");
  CHECK(asr_signer_init(&b.signer, asr_span_of("key"), asr_span(NULL, 0)) ==
        ASR_OK);
  b.pool = asr_pool_new(&options);
  b.outbox = asr_outbox_new(&how, &b.signer);
  asr_signer_close(&b.signer); /* the outbox has its own */
  CHECK(asr_pool_attach(b.pool, b.outbox));
  CHECK(!asr_pool_attach(b.pool, b.outbox));
  return b;
}

static void close_bench(struct bench *b) {
  asr_pool_free(b->pool);
  asr_outbox_release(b->outbox);
}

static bool put_to(const struct bench *b, const char *url, int number,
                   double timeout) {
  char body[LABEL_MOST], label[LABEL_MOST];
  asr_message message = {.method = asr_span_of("POST"),
                         .url = asr_span_of(url),
                         .audience = asr_span_of(url),
                         .content_type = asr_span_of("Content-Type: text/x"),
                         .timeout = timeout,
                         .max_response = 1000,
                         .retry = {2, 0.001, 0.004}};
  asr_refusal why;
  snprintf(body, sizeof body, "{\"n\":%d}", number);
  snprintf(label, sizeof label, "%d", number);
  message.body = asr_span_of(body);
  message.label = asr_span_of(label);
  return asr_pool_enqueue(b->pool, &message, &why);
}

static bool put(const struct bench *b, const char *path, int number,
                double timeout) {
  char url[128];
  snprintf(url, sizeof url, "%s%s", server->url, path);
  return put_to(b, url, number, timeout);
}

/* What must hold at any time. */
static asr_outbox_counts balance(const struct bench *b) {
  asr_outbox_counts c;
  asr_outbox_counts_of(b->outbox, &c);
  CHECK(c.accepted ==
        c.delivered + c.failed + c.dropped + c.lost + c.queued + c.in_flight);
  CHECK(c.in_flight <= 8);
  CHECK(c.queued + c.in_flight > 0 || c.bytes == 0);
  return c;
}

/* Reads the reports that are there, by their end. */
static size_t read_reports(const struct bench *b, size_t ends[3]) {
  asr_entry *entry;
  size_t n = 0;
  while ((entry = asr_outbox_take_report(b->outbox)) != NULL) {
    char body[LABEL_MOST];
    snprintf(body, sizeof body, "{\"n\":%.*s}", (int)entry->label.n,
             entry->label.p);
    CHECK_SPAN(asr_span(entry->job->body, entry->job->head.body), body);
    ends[entry->end]++;
    n++;
    asr_entry_free(entry);
  }
  return n;
}

static void settle(const struct bench *b, size_t ends[3]) {
  int rounds = 0;
  while (asr_outbox_pending(b->outbox) > 0 && rounds++ < 100000) {
    asr_pool_step(b->pool, 0.5);
    balance(b);
    read_reports(b, ends);
  }
  CHECK(asr_outbox_pending(b->outbox) == 0);
  read_reports(b, ends);
}

/* A mixture of all that can happen. */
static void everything(bool io_thread, bool ordered) {
  enum { MANY = 800 };
  static const char *const kinds[] = {"/none", "/busy", "/none", "/what"};
  asr_outbox_options how = usual;
  struct bench b;
  size_t ends[3] = {0};
  asr_outbox_counts c;
  int i;
  how.ordered = ordered;
  b = open_bench(io_thread, how);
  for (i = 0; i < MANY; i++) {
    char path[64];
    snprintf(path, sizeof path, "%s/%d", kinds[i % 4], i % DESTINATIONS);
    CHECK(put(&b, path, i, 20));
    if (i % 100 == 0)
      asr_pool_step(b.pool, 0);
    if (i % 100 == 50)
      CHECK(put_to(&b, "http://127.0.0.1:1/", i, 20));
    if (i % 200 == 0)
      CHECK(put(&b, "/slow", i, 0.02));
  }
  settle(&b, ends);
  c = balance(&b);
  CHECK(c.delivered == MANY / 2);
  CHECK(c.failed == c.accepted - c.delivered && ends[ASR_FAILED] == c.failed);
  CHECK(c.dropped + c.lost + c.refused == 0 && c.reports == 0);
  close_bench(&b);
}

/* Nothing overtakes within a destination, although all fail and are tried
 * again: the reports come in the order of the messages. */
static void in_order(bool io_thread) {
  enum { MANY = 200 };
  asr_outbox_options how = usual;
  int next[4] = {0, 1, 2, 3}, i;
  asr_entry *entry;
  struct bench b;
  how.ordered = true;
  b = open_bench(io_thread, how);
  for (i = 0; i < MANY; i++) {
    char path[64];
    snprintf(path, sizeof path, "/busy/%d", i % 4);
    CHECK(put(&b, path, i, 20));
  }
  while (asr_outbox_pending(b.outbox) > 0)
    asr_pool_step(b.pool, 0.5);
  while ((entry = asr_outbox_take_report(b.outbox)) != NULL) {
    int number = (int)strtol(entry->job->body + 5, NULL, 10);
    CHECK(number == next[number % 4] && entry->attempts == 3);
    next[number % 4] += 4;
    asr_entry_free(entry);
  }
  for (i = 0; i < 4; i++)
    CHECK(next[i] == MANY + i);
  close_bench(&b);
}

/* Closed with messages on the wire, paused, ready and in lines. */
static void cut_short(bool io_thread, bool ordered) {
  enum { MANY = 400 };
  asr_outbox_options how = usual;
  size_t ends[3] = {0};
  asr_outbox_counts c;
  struct bench b;
  int i;
  how.ordered = ordered;
  b = open_bench(io_thread, how);
  for (i = 0; i < MANY; i++)
    CHECK(put(&b,
              i % 3 == 0   ? "/slow"
              : i % 3 == 1 ? "/busy"
                           : "/none",
              i, 20));
  asr_pool_step(b.pool, 0.01);
  asr_pool_step(b.pool, 0.01);
  asr_pool_free(b.pool);
  b.pool = NULL;
  c = balance(&b);
  CHECK(c.queued + c.in_flight == 0 && c.lost > 0);
  CHECK(read_reports(&b, ends) == c.failed + c.lost && c.reports > 0);
  CHECK(ends[ASR_LOST] == c.lost);
  close_bench(&b);
}

static void full(bool io_thread) {
  asr_outbox_options how = usual;
  size_t ends[3] = {0};
  asr_outbox_counts c;
  struct bench b;
  int i;
  how.limit = 20;
  b = open_bench(io_thread, how);
  for (i = 0; i < 50; i++)
    CHECK(put(&b, "/slow", i, 0.3) == (i < 20));
  c = balance(&b);
  CHECK(c.accepted == 20 && c.refused == 30);
  settle(&b, ends);
  close_bench(&b);

  how.drop_oldest = true;
  how.ordered = true;
  how.report = false;
  b = open_bench(io_thread, how);
  for (i = 0; i < 50; i++)
    CHECK(put(&b, "/slow", i, 0.3));
  c = balance(&b);
  CHECK(c.accepted == 50 && c.dropped == 30 && c.reports == 0);
  close_bench(&b);

  how.bytes = 200;
  b = open_bench(io_thread, how);
  for (i = 0; i < 50; i++)
    put(&b, "/slow", i, 0.3);
  c = balance(&b);
  CHECK(c.dropped > 30 && c.bytes <= 200 && c.bytes > 100);
  close_bench(&b);
}

/* Reports that nobody fetches have a limit too. */
static void unheard(void) {
  asr_outbox_options how = usual;
  asr_outbox_counts c;
  size_t ends[3] = {0};
  struct bench b;
  int i, round;
  how.limit = 10;
  b = open_bench(false, how);
  for (round = 0; round < 3; round++) {
    for (i = 0; i < 10; i++)
      CHECK(put(&b, "/what", i, 5));
    while (asr_outbox_pending(b.outbox) > 0)
      asr_pool_step(b.pool, 0.5);
  }
  c = balance(&b);
  CHECK(c.failed == 30 && c.reports == 30);
  CHECK(asr_pool_timeout(b.pool) == 0);
  CHECK(read_reports(&b, ends) == 10 && asr_outbox_untold(b.outbox) == 20);
  CHECK(asr_outbox_untold(b.outbox) == 0);
  CHECK(asr_pool_timeout(b.pool) < 0);
  close_bench(&b);
}

/* What is in the queue is the parent's: the child begins with nothing. */
static void forked(bool io_thread) {
  struct bench b = open_bench(io_thread, usual);
  size_t ends[3] = {0};
  asr_outbox_counts c;
  int i, status = 1;
  pid_t child;
  for (i = 0; i < 100; i++)
    CHECK(put(&b, "/none", i, 10));
  asr_pool_step(b.pool, 0);
  fflush(NULL);
  child = fork();
  if (child == 0) {
    asr_outbox_counts_of(b.outbox, &c);
    if (c.accepted != 0 || asr_outbox_pending(b.outbox) != 0)
      _exit(2);
/* A sanitizer's own locks may have been held by a thread at the fork: then the
 * child can neither allocate nor begin a thread. */
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
    put(&b, "/none", 1, 10);
    for (i = 0; i < 1000 && asr_outbox_pending(b.outbox) > 0; i++)
      asr_pool_step(b.pool, 0.1);
    asr_outbox_counts_of(b.outbox, &c);
    _exit(c.accepted == 1 && c.delivered == 1 ? 0 : 3);
#endif
    _exit(0);
  }
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  if (!CHECK(status == 0))
    fprintf(stderr, "  the child ended with %x\n", (unsigned)status);
  settle(&b, ends);
  c = balance(&b);
  CHECK(c.delivered == 100);
  close_bench(&b);
}

int main(void) {
  int kind;
  server = loopback_start();
  for (kind = 0; kind < 2; kind++) {
    everything(kind, false);
    everything(kind, true);
    in_order(kind);
    cut_short(kind, false);
    cut_short(kind, true);
    full(kind);
    forked(kind);
  }
  unheard();
  loopback_stop(server);
  return check_report("outbox");
}
