/* SPDX-License-Identifier: MIT */
#include "core/buf.h"

#include <string.h>

#include "core/mem.h"

enum { FIRST_CAPACITY = 256 };

void asr_buf_init(struct asr_buf *b, size_t ceiling) {
  memset(b, 0, sizeof *b);
  b->ceiling = ceiling;
}

void asr_buf_within(struct asr_buf *b, char *bytes, size_t n) {
  asr_buf_init(b, n);
  b->data = bytes;
  b->cap = n;
}

void asr_buf_close(struct asr_buf *b) {
  asr_free(b->data);
  asr_buf_init(b, 0);
}

void asr_buf_reset(struct asr_buf *b, size_t keep) {
  b->len = 0;
  b->status = ASR_OK;
  if (b->cap > keep) {
    asr_free(b->data);
    b->data = NULL;
    b->cap = 0;
  }
}

enum asr_status asr_buf_fail(struct asr_buf *b, enum asr_status status) {
  if (b->status == ASR_OK) {
    b->status = status;
  }
  return b->status;
}

static bool grow(struct asr_buf *b, size_t need) {
  size_t cap = b->cap < FIRST_CAPACITY ? FIRST_CAPACITY : b->cap;
  while (cap < need) {
    cap = cap > b->ceiling / 2 ? b->ceiling : cap * 2;
  }
  char *data = asr_realloc(b->data, cap);
  if (data == NULL) {
    asr_buf_fail(b, ASR_NOMEM);
    return false;
  }
  b->data = data;
  b->cap = cap;
  return true;
}

char *asr_buf_room(struct asr_buf *b, size_t n) {
  if (b->status != ASR_OK) {
    return NULL;
  }
  if (n > b->ceiling - b->len) {
    asr_buf_fail(b, ASR_TOO_BIG);
    return NULL;
  }
  if ((b->data == NULL || n > b->cap - b->len) && !grow(b, b->len + n)) {
    return NULL;
  }
  return b->data + b->len;
}

enum asr_status asr_buf_add(struct asr_buf *b, const char *p, size_t n) {
  if (n == 0) {
    return b->status;
  }
  char *room = asr_buf_room(b, n);
  if (room != NULL) {
    memcpy(room, p, n);
    b->len += n;
  }
  return b->status;
}

enum asr_status asr_buf_add_span(struct asr_buf *b, struct asr_span s) {
  return asr_buf_add(b, s.p, s.n);
}

enum asr_status asr_buf_add_text(struct asr_buf *b, const char *text) {
  return asr_buf_add(b, text, strlen(text));
}

enum asr_status asr_buf_add_byte(struct asr_buf *b, char c) {
  return asr_buf_add(b, &c, 1);
}

struct asr_span asr_buf_span(const struct asr_buf *b) {
  return asr_span(b->data != NULL ? b->data : "", b->len);
}
