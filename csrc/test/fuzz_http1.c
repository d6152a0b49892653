/* SPDX-License-Identifier: MIT */
/* For libFuzzer and AFL++; built as fuzz_jsonr.c is. The first byte says
 * whether the request was a HEAD and how the rest is cut into pieces: however
 * an answer arrives, it is read the same. */
#include <stdint.h>
#include <stdlib.h>

#include "core/http1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_HTTP1_MOST = 300 };

static void http1_must(int condition) {
  if (!condition) {
    abort();
  }
}

/* Feeds it in pieces of 1 to `most` bytes; returns how many were used. Each
 * piece lies in memory of its own, so that an overrun is seen. */
static size_t http1_feed(struct asr_http1 *r, struct asr_span all, size_t most,
                         bool headless) {
  size_t at = 0, used = 0;
  uint32_t chance = (uint32_t)most;
  asr_http1_start(r, headless, FUZZ_HTTP1_MOST);
  while (at < all.n && r->state == ASR_HTTP1_MORE) {
    chance = chance * 1664525U + 1013904223U;
    size_t some = 1 + (chance >> 8) % most;
    some = some < all.n - at ? some : all.n - at;
    char *piece = malloc(some);
    http1_must(piece != NULL);
    for (size_t i = 0; i < some; i++) {
      piece[i] = all.p[at + i];
    }
    (void)asr_http1_feed(r, piece, some, &used);
    free(piece);
    http1_must(used <= some);
    at += used;
    if (used < some) {
      http1_must(r->state != ASR_HTTP1_MORE);
    }
  }
  (void)asr_http1_end(r);
  return at;
}

static void http1_headers(const struct asr_http1 *r) {
  struct asr_span head = asr_buf_span(&r->head), name, value;
  size_t at = 0;
  while (asr_http1_header(head, &at, &name, &value)) {
    http1_must(name.n > 0 && name.p > head.p);
    http1_must(value.p + value.n <= head.p + head.n);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct asr_http1 one, many;
  if (size < 2) {
    return 0;
  }
  bool headless = data[0] % 8 == 0;
  struct asr_span all = asr_span((const char *)data + 1, size - 1);
  size_t a = http1_feed(&one, all, all.n, headless);
  size_t b = http1_feed(&many, all, 1 + data[0] / 8, headless);
  http1_must(one.state == many.state && one.status == many.status);
  http1_must(one.problem == many.problem);
  http1_must(one.body.len <= FUZZ_HTTP1_MOST);
  if (one.state == ASR_HTTP1_WHOLE) {
    http1_must(a == b && asr_http1_keeps(&one) == asr_http1_keeps(&many));
    http1_must(asr_span_eq(asr_buf_span(&one.head), asr_buf_span(&many.head)));
    http1_must(asr_span_eq(asr_buf_span(&one.body), asr_buf_span(&many.body)));
    http1_headers(&one);
  }
  asr_http1_close(&one);
  asr_http1_close(&many);
  return 0;
}
