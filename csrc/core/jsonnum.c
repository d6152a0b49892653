/* SPDX-License-Identifier: MIT */
#include "core/jsonnum.h"

#include <float.h>

#include "core/decimal.h"

bool asr_is_exact(double x) {
  return x >= (double)-ASR_EXACT && x <= (double)ASR_EXACT &&
         x == (double)(int64_t)x;
}

/* Digits into *value; false if they exceed 64 bits. */
static bool read_digits(struct asr_span s, uint64_t *value) {
  uint64_t v = 0;
  for (size_t i = 0; i < s.n; i++) {
    uint64_t digit = (uint64_t)(s.p[i] - '0');
    if (v > (UINT64_MAX - digit) / 10) {
      return false;
    }
    v = v * 10 + digit;
  }
  *value = v;
  return true;
}

static struct asr_number read_integer(struct asr_span text) {
  struct asr_number number = {ASR_NUMBER_TEXT, 0, 0, 0};
  bool negative = text.p[0] == '-';
  uint64_t v;
  if (!read_digits(asr_span(text.p + negative, text.n - negative), &v)) {
    return number;
  }
  if (negative && v == 0) {
    number.kind = ASR_NUMBER_FLOAT; /* integers have no -0 */
    number.d = -0.0;
  } else if (negative && v <= (uint64_t)INT64_MAX + 1) {
    number.kind = ASR_NUMBER_INT;
    number.i = -1 - (int64_t)(v - 1);
  } else if (!negative && v <= INT64_MAX) {
    number.kind = ASR_NUMBER_INT;
    number.i = (int64_t)v;
  } else if (!negative) {
    number.kind = ASR_NUMBER_UINT;
    number.u = v;
  }
  return number;
}

/* Digits times a power of ten, when both are exact doubles: then one
 * multiplication or division rounds correctly. */
static bool read_short_float(struct asr_span text, double *out) {
#if FLT_EVAL_METHOD == 0
  static const double powers[] = {
      1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
      1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  uint64_t digits = 0;
  int places = 0;
  bool point = false;
  if (text.n > 17) {
    return false;
  }
  for (size_t i = text.p[0] == '-'; i < text.n; i++) {
    char c = text.p[i];
    if (c == 'e' || c == 'E') {
      return false;
    }
    if (c == '.') {
      point = true;
      continue;
    }
    digits = digits * 10 + (uint64_t)(c - '0');
    places += point;
  }
  if (digits > (uint64_t)ASR_EXACT) {
    return false;
  }
  double d = (double)digits / powers[places];
  *out = text.p[0] == '-' ? -d : d;
  return true;
#else
  (void)text;
  (void)out;
  return false;
#endif
}

struct asr_number asr_json_number(struct asr_span text) {
  bool integral = true;
  for (size_t i = 0; i < text.n; i++) {
    integral &= text.p[i] == '-' || (text.p[i] >= '0' && text.p[i] <= '9');
  }
  if (integral) {
    return read_integer(text);
  }
  struct asr_number number = {ASR_NUMBER_FLOAT, 0, 0, 0};
  if (!read_short_float(text, &number.d) &&
      !asr_decimal_read(text, &number.d)) {
    number.kind = ASR_NUMBER_TEXT;
  }
  return number;
}
