/* SPDX-License-Identifier: MIT */
#include "core/place.h"

#include <string.h>

#include "core/buf.h"
#include "core/mem.h"

void asr_place_split(struct asr_span url, struct asr_span *origin,
                     struct asr_span *target) {
  size_t n = 0, slashes = 0;
  while (n < url.n && (slashes < 2 || (url.p[n] != '/' && url.p[n] != '?'))) {
    slashes += url.p[n++] == '/';
  }
  *origin = asr_span(url.p, n);
  *target = asr_span(url.p + n, url.n - n);
}

uint64_t asr_place_hash(struct asr_span text) {
  uint64_t h = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < text.n; i++) {
    h = (h ^ (unsigned char)text.p[i]) * UINT64_C(0x100000001b3);
  }
  return h;
}

static struct asr_span host_of(struct asr_span origin) {
  struct asr_span rest = origin;
  (void)asr_span_cut(&rest, '/');
  (void)asr_span_cut(&rest, '/');
  return rest;
}

/* Adds the pieces and says where they begin: the text may still move. */
static size_t add(struct asr_buf *out, const struct asr_span *pieces,
                  size_t count) {
  size_t from = out->len;
  for (size_t i = 0; i < count; i++) {
    asr_buf_add_span(out, pieces[i]);
  }
  return from;
}

static struct asr_span piece(const char *text) {
  return asr_span_of(text);
}

enum asr_status asr_place_init(struct asr_place *p,
                               const struct asr_place_parts *parts) {
  struct asr_span origin, target;
  struct asr_buf all;
  memset(p, 0, sizeof *p);
  asr_buf_init(&all, SIZE_MAX / 2);
  asr_place_split(parts->url, &origin, &target);
  bool typed = parts->content_type.n > 0;
  bool bare = target.n == 0 || target.p[0] != '/';
  struct asr_span first[] = {origin, asr_span("", 1)};
  struct asr_span second[] = {piece(bare ? "/" : ""), target};
  struct asr_span third[] = {piece("Host: "),
                             host_of(origin),
                             piece("\r\n"),
                             parts->agent,
                             piece("\r\n"),
                             parts->content_type,
                             piece(typed ? "\r\n" : "")};
  size_t method = add(&all, &parts->method, 1);
  size_t base = add(&all, first, 2);
  size_t path = add(&all, second, 2);
  size_t lines = add(&all, third, 7);
  size_t audience = add(&all, &parts->audience, 1);
  if (all.status != ASR_OK) {
    asr_buf_close(&all);
    return ASR_NOMEM;
  }
  const char *t = all.data;
  p->texts = all.data; /* the place's from now on */
  p->method = asr_span(t + method, base - method);
  p->origin = asr_span(t + base, path - base - 1);
  p->target = asr_span(t + path, lines - path);
  p->lines = asr_span(t + lines, audience - lines);
  p->audience = asr_span(t + audience, all.len - audience);
  p->hash = asr_place_hash(p->audience);
  p->authorization = parts->authorization;
  p->repeatable = parts->repeatable;
  p->has_body = asr_span_eq(p->method, piece("POST")) ||
                asr_span_eq(p->method, piece("PUT"));
  return ASR_OK;
}

void asr_place_close(struct asr_place *p) {
  asr_free(p->texts);
  memset(p, 0, sizeof *p);
}
