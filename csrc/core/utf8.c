/* SPDX-License-Identifier: MIT */
#include "core/utf8.h"

/* The second byte has a narrower range after some first bytes: that is what
 * keeps out overlong forms (E0, F0), surrogates (ED) and what is beyond
 * U+10FFFF (F4). */
static bool second_fits(unsigned char first, unsigned char second) {
  unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

size_t asr_utf8_step(const char *p, size_t left) {
  const unsigned char *u = (const unsigned char *)p;
  if (left == 0) {
    return 0;
  }
  if (u[0] < 0x80) {
    return 1;
  }
  if (u[0] < 0xC2 || u[0] > 0xF4) {
    return 0;
  }
  size_t n = u[0] < 0xE0 ? 2 : u[0] < 0xF0 ? 3 : 4;
  if (left < n || !second_fits(u[0], u[1])) {
    return 0;
  }
  for (size_t i = 2; i < n; i++) {
    if ((u[i] & 0xC0) != 0x80) {
      return 0;
    }
  }
  return n;
}

size_t asr_utf8_put(char out[4], uint32_t code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (char)(0xC0 | (code >> 6));
    out[1] = (char)(0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = (char)(0xE0 | (code >> 12));
    out[1] = (char)(0x80 | ((code >> 6) & 0x3F));
    out[2] = (char)(0x80 | (code & 0x3F));
    return 3;
  }
  out[0] = (char)(0xF0 | (code >> 18));
  out[1] = (char)(0x80 | ((code >> 12) & 0x3F));
  out[2] = (char)(0x80 | ((code >> 6) & 0x3F));
  out[3] = (char)(0x80 | (code & 0x3F));
  return 4;
}

bool asr_utf8_count(struct asr_span s, size_t *count) {
  size_t n = 0;
  for (size_t i = 0; i < s.n; n++) {
    size_t step = asr_utf8_step(s.p + i, s.n - i);
    if (step == 0) {
      return false;
    }
    i += step;
  }
  *count = n;
  return true;
}
