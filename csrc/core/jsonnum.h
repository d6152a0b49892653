/* SPDX-License-Identifier: MIT */
/* What a JSON number's text stands for, without losing a digit. */
#ifndef ASR_JSONNUM_H
#define ASR_JSONNUM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/span.h"

/* 2^53: within it, on both sides of 0, doubles hold every integer. */
#define ASR_EXACT (INT64_C(1) << 53)

/* Whether `x` is a whole number within it. */
bool asr_is_exact(double x);

enum asr_number_kind {
  ASR_NUMBER_INT,   /* i: an integer within int64_t */
  ASR_NUMBER_UINT,  /* u: an integer beyond it, within uint64_t */
  ASR_NUMBER_FLOAT, /* d: has a fraction or an exponent, or is -0 */
  ASR_NUMBER_TEXT   /* fits none of these: an integer of more than 64 bits, a
                       float beyond the largest double, or a float written
                       with more characters than a double can tell apart */
};

struct asr_number {
  enum asr_number_kind kind;
  int64_t i;
  uint64_t u;
  double d;
};

/* `text` must follow JSON's grammar of numbers (as an event's text does). */
struct asr_number asr_json_number(struct asr_span text);

#endif
