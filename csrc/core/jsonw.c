/* SPDX-License-Identifier: MIT */
#include "core/jsonw.h"

#include <math.h>

#include "core/decimal.h"
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

/* Writes the digits of `value` up to `end`, where 20 bytes have to be. */
static struct asr_span write_digits(char *end, uint64_t value) {
  char *p = end;
  do {
    *--p = (char)('0' + value % 10);
    value /= 10;
  } while (value > 0);
  return asr_span(p, (size_t)(end - p));
}

enum asr_status asr_jsonw_uint(struct asr_buf *out, uint64_t value) {
  char digits[20];
  return asr_buf_add_span(out, write_digits(digits + sizeof digits, value));
}

enum asr_status asr_jsonw_int(struct asr_buf *out, int64_t value) {
  if (value < 0) {
    asr_buf_add_byte(out, '-');
    return asr_jsonw_uint(out, (uint64_t)0 - (uint64_t)value);
  }
  return asr_jsonw_uint(out, (uint64_t)value);
}

/* ---- doubles */

static void add_zeros(struct asr_buf *out, int n) {
  while (n-- > 0) {
    asr_buf_add_byte(out, '0');
  }
}

/* 123 as 1.23, 12.3, 0.00123: `before` digits stand before the point. */
static void add_point(struct asr_buf *out, struct asr_span digits, int before) {
  if (before <= 0) {
    asr_buf_add_text(out, "0.");
    add_zeros(out, -before);
    asr_buf_add_span(out, digits);
    return;
  }
  size_t n = (size_t)before;
  asr_buf_add(out, digits.p, n);
  asr_buf_add_byte(out, '.');
  asr_buf_add(out, digits.p + n, digits.n - n);
}

static void add_exponent(struct asr_buf *out, int exponent) {
  asr_buf_add_text(out, exponent < 0 ? "e-" : "e+");
  exponent = exponent < 0 ? -exponent : exponent;
  add_zeros(out, exponent < 10);
  asr_jsonw_uint(out, (uint64_t)exponent);
}

/* Neither integral nor 0. As printf's %g does it with 15 digits or more:
 * with an exponent below 1e-4 and where zeros would have to be made up. */
static void add_decimal(struct asr_buf *out, double x, bool fraction) {
  struct asr_decimal d = asr_decimal_of(x);
  char text[ASR_DECIMAL_DIGITS + 3];
  struct asr_span digits = write_digits(text + sizeof text, d.digits);
  int n = (int)digits.n, before = n + d.exponent;
  if (before < -3 || before > (n > 15 ? n : 15)) {
    if (n > 1) {
      add_point(out, digits, 1);
    } else {
      asr_buf_add_span(out, digits);
    }
    add_exponent(out, before - 1);
  } else if (before < n) {
    add_point(out, digits, before);
  } else {
    asr_buf_add_span(out, digits);
    add_zeros(out, before - n);
    asr_buf_add_text(out, fraction ? ".0" : "");
  }
}

enum asr_status asr_jsonw_double(struct asr_buf *out, double x, bool fraction) {
  if (!isfinite(x)) {
    return ASR_INVALID;
  }
  if (signbit(x)) {
    asr_buf_add_byte(out, '-');
    x = -x;
  }
  if (!asr_is_exact(x)) {
    add_decimal(out, x, fraction);
    return out->status;
  }
  asr_jsonw_uint(out, (uint64_t)x);
  return fraction ? asr_buf_add_text(out, ".0") : out->status;
}
