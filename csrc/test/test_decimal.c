/* SPDX-License-Identifier: MIT */
/* Doubles and decimals against the C library's own, in the C locale. A number
 * as argument: how many random ones (for a long run by hand). */
#include <math.h>
#include <stdlib.h>

#include "core/decimal.h"
#include "test/check.h"

static uint64_t state = 88172645463325252U;

static uint64_t next_random(void) { /* xorshift64 */
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* The fewest digits of printf's that read back equal. */
static int fewest(double x, char text[64]) {
  int digits = 0;
  do {
    snprintf(text, 64, "%.*e", digits++, x);
  } while (strtod(text, NULL) != x);
  return digits;
}

static double beside(double x, int up) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return from_bits(up ? bits + 1 : bits - 1);
}

/* Powers of two whose neighbour below is nearer, so that what is not the
 * nearest decimal of its length reads back all the same. */
static int shorter_than_printf;

/* 0 if the decimal of `x` is printf's shortest, which is the nearest of those
 * as short; or shorter still. */
static int wrong_decimal(double x) {
  struct asr_decimal d = asr_decimal_of(x);
  char text[64], shortest[64], ours[64];
  double back = 0;
  int n = snprintf(text, sizeof text, "%llue%d", (unsigned long long)d.digits,
                   d.exponent);
  int digits = fewest(x, shortest);
  snprintf(ours, sizeof ours, "%.*e", digits - 1, strtod(text, NULL));
  int fine = strtod(text, NULL) == x &&
             asr_decimal_read(asr_span(text, (size_t)n), &back) && back == x;
  if ((int)strcspn(text, "e") < digits) {
    shorter_than_printf++;
  } else {
    fine &= (int)strcspn(text, "e") == digits && strcmp(ours, shortest) == 0;
  }
  if (!fine) {
    fprintf(stderr, "  %a: %s, not %s\n", x, text, shortest);
  }
  return !fine;
}

static int wrong_reading(const char *text, size_t n) {
  double want = strtod(text, NULL), got = 0;
  int read = asr_decimal_read(asr_span(text, n), &got);
  int fine =
      read ? got == want && !signbit(got) == !signbit(want) : isinf(want);
  if (!fine) {
    fprintf(stderr, "  %.60s (%zu): %a, not %a\n", text, n, got, want);
  }
  return !fine;
}

static void writes(long count) {
  int wrong = 0;
  for (int e = -1074; e <= 1023; e++) { /* the gap below is half as wide */
    double x = ldexp(1, e);
    wrong += wrong_decimal(x) + wrong_decimal(beside(x, 1));
    wrong += x > 5e-324 && wrong_decimal(beside(x, 0));
  }
  for (int e = -323; e <= 308; e++) {
    char text[16];
    snprintf(text, sizeof text, "1e%d", e);
    wrong += wrong_decimal(strtod(text, NULL));
  }
  for (long i = 0; i < count; i++) {
    double x = fabs(from_bits(next_random()));
    if (i % 4 == 1) { /* few digits */
      x = (double)(next_random() % 1000000) / (double)(next_random() % 1000);
    } else if (i % 4 == 2) { /* what games send */
      x = (double)(next_random() >> 11) * ldexp(1, -40);
    }
    wrong += isfinite(x) && x > 0 && wrong_decimal(x);
  }
  CHECK(wrong == 0);
  CHECK(shorter_than_printf == 46);
}

/* In the middle between two doubles, and the least above and below it. */
static int wrong_middle(double x) {
  char text[ASR_DECIMAL_TEXT + 8];
  double next = beside(x, 1);
  /* the double of 54 bits that lies between, written out, needs long double */
  long double middle = ((long double)x + (long double)next) / 2;
  int n = snprintf(text, sizeof text, "%.780Lf", middle);
  int wrong = 0;
  if (n < 1 || n > ASR_DECIMAL_TEXT || !isfinite(next)) {
    return 0;
  }
  wrong += wrong_reading(text, (size_t)n);
  text[n - 1] = '1';
  wrong += wrong_reading(text, (size_t)n);
  return wrong;
}

static void reads(long count) {
  static const char *const cases[] = {
      "0.0",
      "-0.0",
      "0e999999999",
      "-0e-999999999",
      "1e-999999999",
      "1e999999999",
      "1e-400",
      "2.4703282292062327e-324",
      "2.4703282292062328e-324",
      "4.9e-324",
      "2.2250738585072011e-308",
      "2.2250738585072014e-308",
      "1.7976931348623157e308",
      "1.7976931348623158e308",
      "1.7976931348623159e308",
      "9007199254740993.0",
      "9007199254740992.5",
      "0.000000000000000000000000000000000000000000000000000000000000000001",
      "100000000000000000000000000000000000000000000000000000000000000000.0",
      "123456789.123456789e-9",
      "1E+2",
      "1.5E-2",
      "10.0e00000000000000000001"};
  int wrong = 0;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    wrong += wrong_reading(cases[i], strlen(cases[i]));
  }
  for (long i = 0; i < count; i++) {
    char text[ASR_DECIMAL_TEXT + 8];
    int n = 1, digits = (int)(next_random() % (i % 64 == 0 ? 1000 : 40)) + 1;
    text[0] = '-';
    for (int k = 0; k < digits; k++) {
      text[n++] = (char)('0' + next_random() % 10);
    }
    text[n++] = '.';
    text[n++] = (char)('0' + next_random() % 10);
    n += snprintf(text + n, 8, "e%d",
                  (int)(next_random() % 700) - 350 - digits / 2);
    wrong += wrong_reading(text, (size_t)n);
    double x = ldexp((double)(next_random() >> 11), -(int)(i % 600));
    wrong += i % 16 == 0 && wrong_middle(x);
  }
  CHECK(wrong == 0);
}

static void too_long(void) {
  static const char tail[] = {'-', '3', '1', '0'};
  char text[ASR_DECIMAL_TEXT + 1];
  double x = 0;
  memset(text, '9', sizeof text);
  text[0] = '0';
  text[1] = '.';
  CHECK(!asr_decimal_read(asr_span(text, sizeof text), &x));
  CHECK(asr_decimal_read(asr_span(text, sizeof text - 1), &x) && x == 1);
  text[ASR_DECIMAL_TEXT - 5] = 'e';
  memcpy(text + ASR_DECIMAL_TEXT - 4, tail, sizeof tail);
  CHECK(asr_decimal_read(asr_span(text, sizeof text - 1), &x) && x == 1e-310);
}

int main(int argc, char **argv) {
  long count = argc > 1 ? strtol(argv[1], NULL, 10) : 40000;
  writes(count);
  reads(count);
  too_long();
  return check_report("decimal");
}
