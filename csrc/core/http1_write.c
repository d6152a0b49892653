/* SPDX-License-Identifier: MIT */
/* The writer: a head is written backwards into the room before its body. */
#include <string.h>

#include "core/http1.h"

static const char version[] = " HTTP/1.1\r\n";
static const char length_name[] = "Content-Length: ";

static size_t digits_of(size_t value) {
  size_t n = 1;
  for (; value > 9; value /= 10) {
    n++;
  }
  return n;
}

size_t asr_http1_head_size(const struct asr_http1_request *q) {
  size_t n = q->method.n + 1 + q->base.n + q->target.n + q->query.n +
             sizeof version - 1 + q->lines.n + q->authorization.n + q->more.n +
             2;
  if (q->has_body) {
    n += sizeof length_name - 1 + digits_of(q->body) + 2;
  }
  return n;
}

static char *before(char *at, const char *p, size_t n) {
  at -= n;
  return n > 0 ? memcpy(at, p, n) : at;
}

static char *before_span(char *at, struct asr_span s) {
  return before(at, s.p, s.n);
}

static char *before_number(char *at, size_t value) {
  do {
    *--at = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  return at;
}

char *asr_http1_put_head(const struct asr_http1_request *q, char *end) {
  char *at = before(end, "\r\n", 2);
  if (q->has_body) {
    at = before(at, "\r\n", 2);
    at = before_number(at, q->body);
    at = before(at, length_name, sizeof length_name - 1);
  }
  at = before_span(at, q->more);
  at = before_span(at, q->authorization);
  at = before_span(at, q->lines);
  at = before(at, version, sizeof version - 1);
  at = before_span(at, q->query);
  at = before_span(at, q->target);
  at = before_span(at, q->base);
  at = before(at, " ", 1);
  return before_span(at, q->method);
}

bool asr_http1_header(struct asr_span head, size_t *at, struct asr_span *name,
                      struct asr_span *value) {
  if (*at == 0) { /* the status line */
    const char *first = memchr(head.p, '\n', head.n);
    *at = first != NULL ? (size_t)(first - head.p) + 1 : head.n;
  }
  if (*at + 2 >= head.n) { /* the empty line at the end */
    return false;
  }
  const char *p = head.p + *at;
  const char *end = memchr(p, '\n', head.n - *at);
  const char *colon = end != NULL ? memchr(p, ':', (size_t)(end - p)) : NULL;
  if (colon == NULL) {
    return false;
  }
  *at += (size_t)(end - p) + 1;
  *name = asr_span(p, (size_t)(colon - p));
  *value = asr_span_trim(asr_span(colon + 1, (size_t)(end - colon) - 2));
  return true;
}
