/* SPDX-License-Identifier: MIT */
/*
 * Counts the allocations of a few messages through an outbox, then makes the
 * i-th of them fail, for every i: each message is refused or accounted for,
 * and nothing is left behind.
 */
#include "test/failing.h"

#include "net/pool.h"
#include "test/loopback.h"

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
  asr_entry *entry;
  int rounds = 0;
  while (asr_outbox_pending(outbox) > 0 && rounds++ < 1000)
    asr_pool_step(pool, 0.1);
  asr_outbox_counts_of(outbox, &c);
  CHECK(c.accepted == taken && c.queued + c.in_flight == 0 && c.bytes == 0);
  CHECK(c.accepted == c.delivered + c.failed);
  while ((entry = asr_outbox_take_report(outbox)) != NULL)
    asr_entry_free(entry);
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

int main(void) {
  struct loopback *server;
  CHECK(count_allocations());
  server = loopback_start();
  fail_each(scenario, server->url, 3, 20);
  loopback_stop(server);
  return check_report("outbox_nomem");
}
