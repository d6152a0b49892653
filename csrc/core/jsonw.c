/* SPDX-License-Identifier: MIT */
#include "core/jsonw.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/jsonnum.h"
#include "core/utf8.h"

static bool is_plain(unsigned char c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void add_escaped(struct asr_buf *out, unsigned char c) {
  static const char short_forms[] = "btnvfr"; /* 0x08 to 0x0D; no \v in JSON */
  static const char hex[] = "0123456789abcdef";
  char text[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
  size_t n = sizeof text;
  if (c == '"' || c == '\\') {
    text[1] = (char)c;
    n = 2;
  } else if (c >= 0x08 && c <= 0x0D && c != 0x0B) {
    text[1] = short_forms[c - 0x08];
    n = 2;
  }
  asr_buf_add(out, text, n);
}

enum asr_status asr_jsonw_string(struct asr_buf *out, struct asr_span s) {
  size_t i = 0;
  asr_buf_add_byte(out, '"');
  while (i < s.n) {
    size_t from = i;
    while (i < s.n && is_plain((unsigned char)s.p[i])) {
      i++;
    }
    asr_buf_add(out, s.p + from, i - from);
    if (i == s.n) {
      break;
    }
    if ((unsigned char)s.p[i] < 0x80) {
      add_escaped(out, (unsigned char)s.p[i++]);
      continue;
    }
    size_t step = asr_utf8_step(s.p + i, s.n - i);
    if (step == 0) {
      return ASR_INVALID;
    }
    asr_buf_add(out, s.p + i, step);
    i += step;
  }
  return asr_buf_add_byte(out, '"');
}

enum asr_status asr_jsonw_uint(struct asr_buf *out, uint64_t value) {
  char digits[20];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  return asr_buf_add(out, digits + at, sizeof digits - at);
}

enum asr_status asr_jsonw_int(struct asr_buf *out, int64_t value) {
  if (value < 0) {
    asr_buf_add_byte(out, '-');
    return asr_jsonw_uint(out, (uint64_t)0 - (uint64_t)value);
  }
  return asr_jsonw_uint(out, (uint64_t)value);
}

/* Copies what printf wrote; any run of bytes that is no part of a number in
 * the C locale is the locale's decimal point (which may be several bytes). */
static void add_in_c_locale(struct asr_buf *out, const char *text) {
  static const char number[] = "0123456789+-e";
  while (*text != '\0') {
    size_t n = strspn(text, number);
    asr_buf_add(out, text, n);
    text += n;
    if (*text != '\0') {
      asr_buf_add_byte(out, '.');
      text += strcspn(text, number);
    }
  }
}

static void add_shortest(struct asr_buf *out, double x, bool fraction) {
  char text[64];
  /* %g drops zeros at the end, so that 15 digits give the shortest form if
   * any of up to 15 does; not so for denormal numbers, which hold fewer */
  int digits = -DBL_MIN < x && x < DBL_MIN ? 1 : 15;
  do { /* the comparison is made in the same locale that printed */
    snprintf(text, sizeof text, "%.*g", digits, x);
  } while (strtod(text, NULL) != x && ++digits <= 17);
  add_in_c_locale(out, text);
  if (fraction && text[strspn(text, "-0123456789")] == '\0') {
    asr_buf_add_text(out, ".0");
  }
}

/* The common case of a few digits after the point, without printf: an integer
 * of at most 15 digits over a power of ten. Dividing the two rounds correctly,
 * so that this decimal reads back as `x`; and it is the one that %.15g would
 * print, because no two decimals of 15 digits are the same double. */
static bool add_short_decimal(struct asr_buf *out, double x) {
  static const double powers[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  static const uint64_t whole[] = {10, 100, 1000, 10000, 100000, 1000000};
  double size = x < 0 ? -x : x;
  if (FLT_EVAL_METHOD != 0 || size < 1e-4 || size >= 1e9) {
    return false;
  }
  for (int k = 0; k < 6; k++) {
    uint64_t digits = (uint64_t)(size * powers[k] + 0.5);
    if ((double)digits / powers[k] != size) {
      continue;
    }
    if (x < 0) {
      asr_buf_add_byte(out, '-');
    }
    asr_jsonw_uint(out, digits / whole[k]);
    /* the fraction, with a 1 before it that keeps its zeros, as the point */
    size_t point = out->len;
    asr_jsonw_uint(out, digits % whole[k] + whole[k]);
    if (out->status == ASR_OK) {
      out->data[point] = '.';
    }
    return true;
  }
  return false;
}

enum asr_status asr_jsonw_double(struct asr_buf *out, double x, bool fraction) {
  if (!isfinite(x)) {
    return ASR_INVALID;
  }
  if (!asr_is_exact(x)) {
    if (!add_short_decimal(out, x)) {
      add_shortest(out, x, fraction);
    }
    return out->status;
  }
  if (signbit(x)) {
    asr_buf_add_byte(out, '-');
  }
  asr_jsonw_uint(out, (uint64_t)(x < 0 ? -x : x));
  return fraction ? asr_buf_add_text(out, ".0") : out->status;
}
