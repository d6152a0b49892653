/* SPDX-License-Identifier: MIT */
#include "core/base64url.h"

#include <stdint.h>

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* The last one or two bytes become two or three digits, not four. */
static size_t put_tail(char *out, const unsigned char *in, size_t left) {
  uint32_t v = (uint32_t)in[0] << 16 | (left > 1 ? (uint32_t)in[1] << 8 : 0);
  out[0] = ALPHABET[v >> 18];
  out[1] = ALPHABET[(v >> 12) & 63];
  if (left > 1) {
    out[2] = ALPHABET[(v >> 6) & 63];
  }
  return left + 1;
}

enum asr_status asr_base64url_add(struct asr_buf *out, struct asr_span bytes) {
  if (bytes.n > SIZE_MAX / 2) {
    return asr_buf_fail(out, ASR_TOO_BIG);
  }
  size_t whole = bytes.n / 3, left = bytes.n % 3;
  char *room = asr_buf_room(out, whole * 4 + (left > 0 ? left + 1 : 0));
  if (room == NULL) {
    return out->status;
  }
  const unsigned char *in = (const unsigned char *)bytes.p;
  char *o = room;
  for (size_t i = 0; i < whole; i++, in += 3, o += 4) {
    uint32_t v = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
    o[0] = ALPHABET[v >> 18];
    o[1] = ALPHABET[(v >> 12) & 63];
    o[2] = ALPHABET[(v >> 6) & 63];
    o[3] = ALPHABET[v & 63];
  }
  if (left > 0) {
    o += put_tail(o, in, left);
  }
  out->len += (size_t)(o - room);
  return out->status;
}
