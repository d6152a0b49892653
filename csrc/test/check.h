/* SPDX-License-Identifier: MIT */
/* The smallest harness: count checks, name those that fail, exit with that.
 * A test program is one file that ends with `return check_report("name")`. */
#ifndef ASR_CHECK_H
#define ASR_CHECK_H

#include <stdio.h>
#include <string.h>

#include "core/buf.h"

static int check_count, check_failures;

static inline int check_that(int ok, const char *what, const char *file,
                             int line) {
  check_count++;
  if (!ok) {
    check_failures++;
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
  }
  return ok;
}

static inline int check_same(struct asr_span got, const char *want, size_t n,
                             const char *file, int line) {
  int ok = asr_span_eq(got, asr_span(want, n));
  if (!check_that(ok, "texts differ", file, line)) {
    fprintf(stderr, "  got:  %.*s\n  want: %.*s\n", (int)got.n, got.p, (int)n,
            want);
  }
  return ok;
}

/* Nothing checked is a failure too. */
static inline int check_report(const char *name) {
  printf("%s: %d checks, %d failed\n", name, check_count, check_failures);
  return check_failures > 0 || check_count == 0;
}

#define CHECK(condition)                                                       \
  check_that(!!(condition), #condition, __FILE__, __LINE__)
#define CHECK_SPAN(got, want)                                                  \
  check_same((got), (want), strlen(want), __FILE__, __LINE__)
#define CHECK_BUF(b, want) CHECK_SPAN(asr_buf_span(&(b)), want)

#endif
