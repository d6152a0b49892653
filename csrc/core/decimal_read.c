/* SPDX-License-Identifier: MIT */
/*
 * The double that is nearest to a decimal of any length. The decimal is held
 * exactly, in words of nine digits, and multiplied or divided by powers of two
 * until its integer part has the bits of a double and a few more.
 */
#include "core/decimal.h"

#include <string.h>

enum {
  WORD = 1000000000, /* nine digits */
  SHIFT = 29,        /* bits at a time: 2^29 is less than a word */
  ROOM_BEFORE = 48,  /* words that tiny numbers grow by in front */
  WORDS = 320,       /* those, the text's, and what division adds behind */
  HIGHEST = 310,     /* ten to this is beyond the largest double */
  LOWEST = -330      /* and to this rounds to 0 */
};

/* The words from `first` up to `end`; `point` of them are before the point
 * (negative: that many zero words follow it first). */
struct big {
  uint32_t words[WORDS];
  int first, end, point;
};

static void drop_zeros(struct big *b) {
  while (b->first < b->end && b->words[b->first] == 0) {
    b->first++;
    b->point--;
  }
  while (b->end > b->first && b->words[b->end - 1] == 0) {
    b->end--;
  }
}

static void halve(struct big *b, int bits) {
  const uint64_t mask = (UINT64_C(1) << bits) - 1;
  uint64_t rest = 0;
  for (int i = b->first; i < b->end || rest > 0; i++) {
    uint64_t word = rest * WORD + (i < b->end ? b->words[i] : 0);
    b->words[i] = (uint32_t)(word >> bits);
    rest = word & mask;
    if (i == b->end) {
      b->end++;
    }
  }
  drop_zeros(b);
}

static void twice(struct big *b, int bits) {
  uint64_t carry = 0;
  for (int i = b->end; i-- > b->first;) {
    uint64_t word = ((uint64_t)b->words[i] << bits) + carry;
    b->words[i] = (uint32_t)(word % WORD);
    carry = word / WORD;
  }
  if (carry > 0) {
    b->words[--b->first] = (uint32_t)carry;
    b->point++;
  }
  drop_zeros(b);
}

/* ---- in */

/* The exponent at `p`, within ±100000: more is all the same. */
static int read_exponent(const char *p, const char *end) {
  int value = 0;
  bool negative = *p == '-';
  for (p += *p == '-' || *p == '+'; p < end; p++) {
    value = value < 10000 ? value * 10 + (*p - '0') : value;
  }
  return negative ? -value : value;
}

/* Digits without zeros in front; returns how many. *exponent: the value is
 * 0.d1d2... times ten to its power. */
static int read_digits(struct asr_span text, char digits[ASR_DECIMAL_TEXT],
                       int *exponent) {
  const char *p = text.p, *end = text.p + text.n;
  bool point = false;
  int n = 0;
  *exponent = 0;
  for (; p < end && *p != 'e' && *p != 'E'; p++) {
    if (*p == '.') {
      point = true;
    } else if (*p != '-' && (n > 0 || *p != '0')) {
      digits[n++] = *p;
      *exponent += !point;
    } else if (*p == '0') {
      *exponent -= point;
    }
  }
  *exponent += p < end ? read_exponent(p + 1, end) : 0;
  return n;
}

static void fill(struct big *b, const char *digits, int n, int exponent) {
  int skip = exponent % 9 > 0 ? 9 - exponent % 9 : -(exponent % 9);
  b->first = b->end = ROOM_BEFORE;
  b->point = (exponent + skip) / 9;
  for (int i = -skip; i < n; i += 9, b->end++) {
    uint32_t word = 0;
    for (int k = i; k < i + 9; k++) {
      word = word * 10 + (k >= 0 && k < n ? (uint32_t)(digits[k] - '0') : 0);
    }
    b->words[b->end] = word;
  }
  drop_zeros(b);
}

/* ---- out */

static uint64_t word_at(const struct big *b, int i) {
  return b->first + i < b->end ? b->words[b->first + i] : 0;
}

/* The part before the point, which has two words at most. */
static uint64_t integer_of(const struct big *b) {
  return b->point == 2   ? word_at(b, 0) * WORD + word_at(b, 1)
         : b->point == 1 ? word_at(b, 0)
                         : 0;
}

/* Scales until 55 bits and more stand before the point, or all that the
 * smallest doubles have; the value is then b times 2^(result). */
static int scale(struct big *b) {
  int exponent = 0, bits;
  while (b->point > 2) {
    halve(b, SHIFT);
    exponent += SHIFT;
  }
  while ((bits = asr_bits_of(integer_of(b))) < 55 && exponent > -1076) {
    int shift = bits > 58 - SHIFT ? 58 - bits : SHIFT;
    twice(b, shift);
    exponent -= shift;
  }
  return exponent;
}

/* The bits of the double nearest to `b` times 2^exponent. */
static uint64_t rounded(const struct big *b, int exponent) {
  uint64_t integer = integer_of(b);
  int drop = asr_bits_of(integer) - 53;
  if (drop < -1074 - exponent) {
    drop = -1074 - exponent;
  }
  if (drop < 2) { /* never: the scaling saw to it */
    drop = 2;
  }
  bool rest = b->end - b->first > (b->point > 0 ? b->point : 0);
  uint64_t half = UINT64_C(1) << (drop - 1);
  uint64_t kept = integer >> drop, dropped = integer & (2 * half - 1);
  if (dropped > half || (dropped == half && (rest || kept % 2 == 1))) {
    kept++;
  }
  /* the highest of 53 bits, where it is set, adds one to the exponent */
  return ((uint64_t)(exponent + drop + 1074) << 52) + kept;
}

bool asr_decimal_read(struct asr_span text, double *x) {
  char digits[ASR_DECIMAL_TEXT];
  uint64_t bits = 0;
  int exponent;
  if (text.n > ASR_DECIMAL_TEXT) {
    return false;
  }
  int n = read_digits(text, digits, &exponent);
  if (n > 0 && exponent > HIGHEST) {
    return false;
  }
  if (n > 0 && exponent > LOWEST) {
    struct big b;
    fill(&b, digits, n, exponent);
    bits = rounded(&b, scale(&b));
  }
  if (bits >= UINT64_C(0x7ff) << 52) {
    return false;
  }
  bits |= (uint64_t)(text.n > 0 && text.p[0] == '-') << 63;
  memcpy(x, &bits, sizeof *x);
  return true;
}
