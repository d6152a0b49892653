/* SPDX-License-Identifier: MIT */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "core/jsonnum.h"
#include "core/jsonw.h"

static void integers(void) {
  static const struct {
    int64_t value;
    const char *text;
  } cases[] = {{0, "0"},
               {-1, "-1"},
               {9007199254740993, "9007199254740993"},
               {INT64_MAX, "9223372036854775807"},
               {INT64_MIN, "-9223372036854775808"}};
  struct asr_buf b;
  asr_buf_init(&b, 100);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    asr_buf_reset(&b, 100);
    CHECK(asr_jsonw_int(&b, cases[i].value) == ASR_OK);
    CHECK_BUF(b, cases[i].text);
  }
  asr_buf_reset(&b, 100);
  CHECK(asr_jsonw_uint(&b, UINT64_MAX) == ASR_OK);
  CHECK_BUF(b, "18446744073709551615");
  asr_buf_close(&b);
}

static void doubles(void) {
  static const struct {
    double value;
    const char *text, *as_float;
  } cases[] = {
      {0.0, "0", "0.0"},
      {-0.0, "-0", "-0.0"},
      {5.0, "5", "5.0"},
      {-5.0, "-5", "-5.0"},
      {0.1, "0.1", "0.1"},
      {-1.5, "-1.5", "-1.5"},
      {1.0 / 3, "0.3333333333333333", "0.3333333333333333"},
      {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
      {1e15, "1000000000000000", "1000000000000000.0"},
      {9007199254740991.0, "9007199254740991", "9007199254740991.0"},
      {9007199254740992.0, "9007199254740992", "9007199254740992.0"},
      {9007199254740994.0, "9007199254740994", "9007199254740994.0"},
      {-9007199254740994.0, "-9007199254740994", "-9007199254740994.0"},
      {18446744073709551616.0, "1.8446744073709552e+19",
       "1.8446744073709552e+19"},
      {1e16, "1e+16", "1e+16"},
      {1e308, "1e+308", "1e+308"},
      {DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"},
      {DBL_MIN, "2.2250738585072014e-308", "2.2250738585072014e-308"},
      {5e-324, "5e-324", "5e-324"},
      {-1e-310, "-1e-310", "-1e-310"},
      {0x1p-24, "5.960464477539063e-08", "5.960464477539063e-08"},
      {0x1p-1017, "7.120236347223045e-307", "7.120236347223045e-307"},
      {0.0001, "0.0001", "0.0001"},
      {0.00012345, "0.00012345", "0.00012345"},
      {0.00001, "1e-05", "1e-05"},
      {1234567890.125, "1234567890.125", "1234567890.125"},
      {12345678901234568.0, "12345678901234568", "12345678901234568.0"},
      {123456789012345680.0, "1.2345678901234568e+17",
       "1.2345678901234568e+17"},
      {1e-7, "1e-07", "1e-07"},
      {1e21, "1e+21", "1e+21"}};
  struct asr_buf b;
  asr_buf_init(&b, 100);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    asr_buf_reset(&b, 100);
    CHECK(asr_jsonw_double(&b, cases[i].value, false) == ASR_OK);
    CHECK_BUF(b, cases[i].text);
    asr_buf_reset(&b, 100);
    CHECK(asr_jsonw_double(&b, cases[i].value, true) == ASR_OK);
    CHECK_BUF(b, cases[i].as_float);
  }
  asr_buf_reset(&b, 100);
  CHECK(asr_jsonw_double(&b, (double)NAN, false) == ASR_INVALID);
  CHECK(asr_jsonw_double(&b, (double)INFINITY, true) == ASR_INVALID);
  CHECK(asr_jsonw_double(&b, -(double)INFINITY, false) == ASR_INVALID);
  CHECK(b.len == 0 && b.status == ASR_OK);
  asr_buf_close(&b);
}

static void strings(void) {
  static const struct {
    const char *in, *out;
  } cases[] = {{"", "\"\""},
               {"plain /", "\"plain /\""},
               {"\"\\", "\"\\\"\\\\\""},
               {"\b\f\n\r\t\v\x01\x1f\x7f",
                "\"\\b\\f\\n\\r\\t\\u000b\\u0001\\u001f\x7f\""},
               {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 x",
                "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 x\""}};
  struct asr_buf b;
  asr_buf_init(&b, 100);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    asr_buf_reset(&b, 100);
    CHECK(asr_jsonw_string(&b, asr_span_of(cases[i].in)) == ASR_OK);
    CHECK_BUF(b, cases[i].out);
  }
  asr_buf_reset(&b, 100);
  CHECK(asr_jsonw_string(&b, asr_span("a\0b", 3)) == ASR_OK);
  CHECK_BUF(b, "\"a\\u0000b\"");
  CHECK(asr_jsonw_string(&b, asr_span_of("a\xC3")) == ASR_INVALID);
  CHECK(asr_jsonw_string(&b, asr_span_of("\xED\xA0\x80")) == ASR_INVALID);
  CHECK(b.status == ASR_OK);
  asr_buf_close(&b);
  asr_buf_init(&b, 3);
  CHECK(asr_jsonw_string(&b, asr_span_of("abc")) == ASR_TOO_BIG);
  asr_buf_close(&b);
}

static uint64_t next_random(uint64_t *state) { /* xorshift64 */
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Written and read back, with strtod as a second opinion. */
static int survives(struct asr_buf *b, double x, int fraction) {
  asr_buf_reset(b, 100);
  if (asr_jsonw_double(b, x, fraction) != ASR_OK) {
    return 0;
  }
  struct asr_number n = asr_json_number(asr_buf_span(b));
  double back = n.kind == ASR_NUMBER_INT    ? (double)n.i
                : n.kind == ASR_NUMBER_UINT ? (double)n.u
                                            : n.d;
  asr_buf_add_byte(b, '\0');
  double other = strtod(b->data, NULL);
  return back == x && other == x && !signbit(back) == !signbit(x);
}

static void round_trips(void) {
  uint64_t state = 88172645463325252U;
  int wrong = 0;
  struct asr_buf b;
  asr_buf_init(&b, 100);
  for (int i = 0; i < 60000; i++) {
    uint64_t bits = next_random(&state);
    double x;
    if (i % 3 == 1) { /* near integers; and few digits after the point */
      x = (double)(int64_t)(bits >> (bits % 50)) / 1024;
    } else if (i % 3 == 2) {
      x = (double)(bits % 10000000) / 1000;
    } else {
      memcpy(&x, &bits, sizeof x);
    }
    wrong += isfinite(x) && !survives(&b, x, i & 1);
  }
  CHECK(wrong == 0);
  for (int e = -1074; e <= 1023; e++) { /* every power of two */
    wrong += !survives(&b, ldexp(1, e), 0) || !survives(&b, -ldexp(1, e), 1);
  }
  CHECK(wrong == 0);
  asr_buf_close(&b);
}

/* Where 15 digits are enough, the text is printf's. */
static void decimals(void) {
  uint64_t state = 1442695040888963407U;
  int wrong = 0;
  struct asr_buf b;
  asr_buf_init(&b, 100);
  for (int i = 0; i < 60000; i++) {
    static const double scales[] = {1e1, 1e2, 1e3, 1e5, 1e6, 1e7, 1e8};
    uint64_t bits = next_random(&state);
    double x = ((double)(bits % 2000000000) - 1e9) / scales[i % 7];
    char text[32];
    if (x == (double)(int64_t)x) {
      continue;
    }
    asr_buf_reset(&b, 100);
    asr_jsonw_double(&b, x, i & 1);
    snprintf(text, sizeof text, "%.15g", x);
    wrong += !asr_span_eq(asr_buf_span(&b), asr_span_of(text));
  }
  CHECK(wrong == 0);
  asr_buf_close(&b);
}

int main(void) {
  integers();
  doubles();
  strings();
  round_trips();
  decimals();
  return check_report("jsonw");
}
