/* SPDX-License-Identifier: MIT */
/*
 * Doubles and their decimals, both ways exact. Nothing here asks the locale,
 * as strtod and printf do, which a host may change between any two calls.
 */
#ifndef ASR_DECIMAL_H
#define ASR_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

enum {
  ASR_DECIMAL_TEXT = 1100, /* a double has at most 767 significant digits */
  ASR_DECIMAL_DIGITS = 17  /* and is told from its neighbours by these */
};

/* How many bits it takes to write `n`; 0 for 0. */
static inline int asr_bits_of(uint64_t n) {
  int bits = 0;
  for (int step = 32; step > 0; step /= 2) {
    if (n >> step > 0) {
      n >>= step;
      bits += step;
    }
  }
  return bits + (n > 0);
}

/* digits times ten to the power of exponent; the last digit is not 0. */
struct asr_decimal {
  uint64_t digits;
  int exponent;
};

/* The shortest decimal that is nearer to `x` (finite, above 0) than to any
 * other double; of several the nearest. */
struct asr_decimal asr_decimal_of(double x);

/* Reads a number of JSON's grammar, rounded to the nearest double, ties to
 * even. False if it is beyond the largest, or has more than ASR_DECIMAL_TEXT
 * bytes. */
bool asr_decimal_read(struct asr_span text, double *x);

#endif
