/* SPDX-License-Identifier: MIT */
/* Counts allocations and makes one fail. They are those of libcrypto's hooks,
 * which the library's own memory comes through too. */
#ifndef ASR_TEST_FAILING_H
#define ASR_TEST_FAILING_H

#include <openssl/crypto.h>
#include <stdlib.h>

#include "test/check.h"

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

/* To be called before anything allocates. */
static inline int count_allocations(void) {
  return CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free);
}

/* Plays a scenario with each of its allocations failing in turn: it must come
 * to an end with nothing left over, and well again afterwards. A scenario says
 * how much went well (`all` at most), or -1 if it could not begin. */
static inline void fail_each(int (*scenario)(const char *url), const char *url,
                             int all, long least) {
  long i, count, before;
  CHECK(scenario(url) == all); /* what is made once is made here */
  before = living;
  allocated = 0;
  CHECK(scenario(url) == all);
  count = allocated;
  CHECK(count > least && living == before);
  for (i = 1; i <= count; i++) {
    int well;
    fail_at = i;
    well = scenario(url);
    fail_at = 0;
    CHECK(well >= -1 && well <= all);
    if (!CHECK(living == before)) {
      fprintf(stderr, "  allocation %ld of %ld leaves %ld\n", i, count,
              living - before);
      before = living;
    }
  }
  CHECK(scenario(url) == all);
}

#endif
