/* SPDX-License-Identifier: MIT */
/*
 * The shortest decimal of a double, after Raffaello Giulietti's "The
 * Schubfach way to render doubles" (2020): the interval of the numbers that
 * round to the double is scaled by a power of ten such that it holds one or
 * two integers; among these, and the multiples of ten beside them, lies the
 * answer. The names c, q, k and h are that paper's.
 */
#include "core/decimal.h"

#include <string.h>

/* ---- powers of ten to 128 bits */

struct wide {
  uint64_t high, low;
};

static struct wide multiply(uint64_t a, uint64_t b) {
  uint64_t a1 = a >> 32, a0 = a & UINT32_MAX;
  uint64_t b1 = b >> 32, b0 = b & UINT32_MAX;
  uint64_t low = a0 * b0, cross = a1 * b0 + (low >> 32);
  uint64_t other = a0 * b1 + (cross & UINT32_MAX);
  struct wide w = {a1 * b1 + (cross >> 32) + (other >> 32),
                   other << 32 | (low & UINT32_MAX)};
  return w;
}

enum { LEAST_POWER = -292, STEP = 27, FIRST_STEP = -11 };

/* The first 128 bits of 10^(27 i), i from -11, rounded down. */
static const struct wide STEPS[] = {{0xa76c582338ed2621, 0xaf2af2b80af6f24e},
                                    {0x873e4f75e2224e68, 0x5a7744a6e804a291},
                                    {0xda7f5bf590966848, 0xaf39a475506a899e},
                                    {0xb080392cc4349dec, 0xbd8d794d96aacfb3},
                                    {0x8e938662882af53e, 0x547eb47b7282ee9c},
                                    {0xe65829b3046b0afa, 0x0cb4a5a3112a5112},
                                    {0xba121a4650e4ddeb, 0x92f34d62616ce413},
                                    {0x964e858c91ba2655, 0x3a6a07f8d510f86f},
                                    {0xf2d56790ab41c2a2, 0xfae27299423fb9c3},
                                    {0xc428d05aa4751e4c, 0xaa97e14c3c26b886},
                                    {0x9e74d1b791e07e48, 0x775ea264cf55347d},
                                    {0x8000000000000000, 0x0000000000000000},
                                    {0xcecb8f27f4200f3a, 0x0000000000000000},
                                    {0xa70c3c40a64e6c51, 0x999090b65f67d924},
                                    {0x86f0ac99b4e8dafd, 0x69a028bb3ded71a3},
                                    {0xda01ee641a708de9, 0xe80e6f4820cc9495},
                                    {0xb01ae745b101e9e4, 0x5ec05dcff72e7f8f},
                                    {0x8e41ade9fbebc27d, 0x14588f13be847307},
                                    {0xe5d3ef282a242e81, 0x8f1668c8a86da5fa},
                                    {0xb9a74a0637ce2ee1, 0x6d953e2bd7173692},
                                    {0x95f83d0a1fb69cd9, 0x4abdaf101564f98e},
                                    {0xf24a01a73cf2dccf, 0xbc633b39673c8cec},
                                    {0xc3b8358109e84f07, 0x0a862f80ec4700c8},
                                    {0x9e19db92b4e31ba9, 0x6c07a2c26a8346d1}};

/* What the product of a step and a power of five lacks to the power of ten,
 * rounded up: two bits for each power from LEAST_POWER on. */
static const uint32_t LACKS[] = {
    0xa5556955, 0xe99a9655, 0xbeabaaaa, 0xa99a9966, 0xa965aa95, 0xaeba7aaa,
    0xa6596aa6, 0x9965a955, 0xa9565959, 0x56559556, 0x55555555, 0xeaa95555,
    0xaeaa6aab, 0x5a59566b, 0x95565555, 0x66a5a6aa, 0xa9a6aa99, 0x9a65aa6e,
    0x0000009a, 0x00000000, 0x00000000, 0x55000000, 0x55555555, 0xaaaae555,
    0xaebeebaf, 0xaaa9aaa5, 0x6a5a56aa, 0xa69a9aa6, 0x55565aaa, 0x55566565,
    0xaaa6aa96, 0x99aa9a9a, 0x9996a5a5, 0x55556a96, 0x55565555, 0x95595555,
    0x55555555, 0x55555555, 0x00015555};

static const uint64_t FIVES[STEP] = {UINT64_C(1),
                                     UINT64_C(5),
                                     UINT64_C(25),
                                     UINT64_C(125),
                                     UINT64_C(625),
                                     UINT64_C(3125),
                                     UINT64_C(15625),
                                     UINT64_C(78125),
                                     UINT64_C(390625),
                                     UINT64_C(1953125),
                                     UINT64_C(9765625),
                                     UINT64_C(48828125),
                                     UINT64_C(244140625),
                                     UINT64_C(1220703125),
                                     UINT64_C(6103515625),
                                     UINT64_C(30517578125),
                                     UINT64_C(152587890625),
                                     UINT64_C(762939453125),
                                     UINT64_C(3814697265625),
                                     UINT64_C(19073486328125),
                                     UINT64_C(95367431640625),
                                     UINT64_C(476837158203125),
                                     UINT64_C(2384185791015625),
                                     UINT64_C(11920928955078125),
                                     UINT64_C(59604644775390625),
                                     UINT64_C(298023223876953125),
                                     UINT64_C(1490116119384765625)};

/* The first 128 bits of 10^n, rounded up; n from -292 to 324. */
static struct wide power_of_ten(int n) {
  int place = n - LEAST_POWER;
  int step = (n - FIRST_STEP * STEP) / STEP + FIRST_STEP;
  struct wide base = STEPS[step - FIRST_STEP];
  uint64_t five = FIVES[n - step * STEP];
  struct wide low = multiply(base.low, five), w = multiply(base.high, five);
  uint64_t middle = w.low + low.high;
  w.high += middle < w.low;
  w.low = middle;
  int shift = asr_bits_of(w.high); /* of 192 bits the first 128 count */
  if (shift == 0) {                /* five is 1 */
    w = base;
  } else {
    w.high = w.high << (64 - shift) | w.low >> shift;
    w.low = w.low << (64 - shift) | low.low >> shift;
  }
  uint64_t lack = LACKS[place / 16] >> (place % 16 * 2) & 3;
  w.low += lack;
  w.high += w.low < lack;
  return w;
}

/* ---- the search */

/* floor(n / 2^bits) for negative n too. */
static int shift_down(int n, int bits) {
  return n >= 0 ? n >> bits : -((-n + (1 << bits) - 1) >> bits);
}

/* The first 64 of 192 bits of g times c; the last one says whether any of the
 * others was set. */
static uint64_t scale(struct wide g, uint64_t c) {
  struct wide x = multiply(g.low, c), y = multiply(g.high, c);
  uint64_t middle = y.low + x.high;
  y.high += middle < y.low;
  return y.high | (middle > 1);
}

static struct asr_decimal trimmed(uint64_t digits, int exponent) {
  if (digits % 100000000 == 0) { /* as short decimals have it */
    digits /= 100000000;
    exponent += 8;
  }
  while (digits % 10 == 0) {
    digits /= 10;
    exponent++;
  }
  struct asr_decimal d = {digits, exponent};
  return d;
}

/* The answer between `lower` and `upper`, four times as fine as the integers
 * around `v`, which is just as fine. */
static struct asr_decimal choose(uint64_t lower, uint64_t v, uint64_t upper,
                                 int k) {
  uint64_t s = v / 4, tens = s / 10;
  if (s >= 10) {
    bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
    if (below != above) {
      return trimmed(tens + above, k + 1);
    }
  }
  bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
  if (below != above) {
    return trimmed(s + above, k);
  }
  uint64_t middle = 4 * s + 2;
  return trimmed(s + (v > middle || (v == middle && s % 2 == 1)), k);
}

struct asr_decimal asr_decimal_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
  int exponent = (int)(bits >> 52 & 0x7ff);
  uint64_t c = exponent > 0 ? UINT64_C(1) << 52 | fraction : fraction;
  int q = (exponent > 0 ? exponent : 1) - 1075; /* x is c times 2^q */
  bool closer = fraction == 0 && exponent > 1;  /* the next double below */
  /* log10(2) and, for 3/4, log10(4/3), log2(10), as multiples of 2^-n */
  int k = shift_down(q * 1262611 - (closer ? 524031 : 0), 22);
  int h = q + shift_down(-k * 1741647, 19) + 1;
  struct wide g = power_of_ten(-k);
  uint64_t odd = c % 2; /* an even one gets what lies in the middle */
  uint64_t lower = scale(g, (4 * c - 2 + closer) << h) + odd;
  uint64_t upper = scale(g, (4 * c + 2) << h) - odd;
  return choose(lower, scale(g, (4 * c) << h), upper, k);
}
