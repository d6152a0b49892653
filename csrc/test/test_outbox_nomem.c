/* SPDX-License-Identifier: MIT */
/*
 * Counts the allocations of a few messages through an outbox, then makes the
 * i-th of them fail, for every i: each message is refused or accounted for,
 * and nothing is left behind.
 */
#include "test/check.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "net/pool.h"
#include "test/loopback.h"

static long allocated, living, fail_at; /* fail_at counts down; 0: never */

static int refuse(void) {
  allocated++;
  return fail_at > 0 && --fail_at == 0;
}

static void *count_malloc(size_t n, const char *file, int line) {
  void *p = refuse() ? NULL : malloc(n);
  (void)file;
  (void)line;
  living += p != NULL;
  return p;
}

static void *count_realloc(void *p, size_t n, const char *file, int line) {
  void *q = refuse() ? NULL : realloc(p, n);
  (void)file;
  (void)line;
  living += p == NULL && q != NULL;
  return q;
}

static void count_free(void *p, const char *file, int line) {
  (void)file;
  (void)line;
  living -= p != NULL;
  free(p);
}

static int put(asr_pool *pool, const char *url) {
  asr_message message = {.method = asr_span_of("POST"),
                         .url = asr_span_of(url),
                         .audience = asr_span_of("http://host/"),
                         .body = asr_span_of("{}"),
                         .timeout = 0.3,
                         .max_response = 1000,
                         .retry = {1, 0.001, 0.001}};
  asr_refusal why;
  return asr_pool_enqueue(pool, &message, &why);
}

static void drain(asr_pool *pool, asr_outbox *outbox, uint64_t taken) {
  asr_outbox_counts c;
  int rounds = 0;
  while (asr_outbox_pending(outbox) > 0 && rounds++ < 1000)
    asr_pool_step(pool, 0.1);
  asr_outbox_counts_of(outbox, &c);
  CHECK(c.accepted == taken && c.queued + c.in_flight == 0 && c.bytes == 0);
  CHECK(c.accepted == c.delivered + c.failed);
  while (asr_outbox_report(outbox) != NULL)
    asr_outbox_reported(outbox);
}

/* How many of three messages were taken, or -1 without a pool. */
static int scenario(const char *server) {
  asr_options options = {.max_connections = 2,
                         .max_in_flight = 10,
                         .max_response = 1000,
                         .connect_timeout = 2};
  asr_outbox_options how = {.limit = 10,
                            .bytes = 10000,
                            .abreast = 2,
                            .ordered = true,
                            .report = true,
                            .lifetime = 60,
                            .agent = asr_span_of("User-Agent: test")};
  struct asr_signer signer;
  asr_pool *pool = asr_pool_new(&options);
  asr_outbox *outbox = NULL;
  char none[96], busy[96];
  int taken = -1;
  snprintf(none, sizeof none, "%s/none", server);
  snprintf(busy, sizeof busy, "%s/busy", server);
  if (asr_signer_init(&signer, asr_span_of("key"), asr_span(NULL, 0)) ==
      ASR_OK) {
    outbox = asr_outbox_new(&how, &signer);
    asr_signer_close(&signer);
  }
  if (pool && outbox && asr_pool_attach(pool, outbox)) {
    taken = put(pool, none) + put(pool, busy) + put(pool, none);
    drain(pool, outbox, (uint64_t)taken);
  }
  asr_pool_free(pool);
  asr_outbox_release(outbox);
  return taken;
}

static void every_failure(const char *server) {
  long i, count, before;
  CHECK(scenario(server) == 3); /* what is made once is made here */
  before = living;
  allocated = 0;
  CHECK(scenario(server) == 3);
  count = allocated;
  CHECK(count > 20 && living == before);
  for (i = 1; i <= count; i++) {
    int taken;
    fail_at = i;
    taken = scenario(server);
    fail_at = 0;
    CHECK(taken >= -1 && taken <= 3);
    if (!CHECK(living == before)) {
      fprintf(stderr, "  allocation %ld of %ld leaves %ld\n", i, count,
              living - before);
      before = living;
    }
  }
  CHECK(scenario(server) == 3);
}

int main(void) {
  struct loopback *server;
  CHECK(CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free));
  server = loopback_start();
  every_failure(server->url);
  loopback_stop(server);
  return check_report("outbox_nomem");
}
