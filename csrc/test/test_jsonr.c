/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "check.h"
#include "core/jsonnum.h"
#include "core/jsonr.h"

/* Writes the events of a text, one letter each, with the texts. */
static enum asr_status trace(struct asr_buf *out, struct asr_span text,
                             struct asr_jsonr *r) {
  static const char letters[] = ".{}[]ksntf0";
  struct asr_buf scratch;
  struct asr_json_event e;
  enum asr_status status;
  asr_buf_reset(out, 100000);
  asr_buf_init(&scratch, text.n);
  asr_jsonr_init(r, text, &scratch);
  while ((status = asr_jsonr_next(r, &e)) == ASR_OK && e.type != ASR_JSON_END) {
    asr_buf_add_byte(out, letters[e.type]);
    if (e.type == ASR_JSON_KEY || e.type == ASR_JSON_STRING ||
        e.type == ASR_JSON_NUMBER) {
      asr_buf_add_byte(out, '<');
      asr_buf_add_span(out, e.text);
      asr_buf_add_byte(out, '>');
    }
  }
  asr_buf_close(&scratch);
  return status;
}

static void events(void) {
  static const char *const cases[][2] = {
      {"null", "0"},
      {" \t\r\n true ", "t"},
      {"false", "f"},
      {"[]", "[]"},
      {"{}", "{}"},
      {"[1,[ ],{ } , -0.5e+10]", "[n<1>[]{}n<-0.5e+10>]"},
      {"{\"a\":1,\"b\":{\"\":[null]}}", "{k<a>n<1>k<b>{k<>[0]}}"},
      {"\"\"", "s<>"},
      {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "s<a\"\\/\b\f\n\r\tz>"},
      {"\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"",
       "s<A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80>"},
      {"\"\xC3\xA9\x7f\"", "s<\xC3\xA9\x7f>"},
      {"{\"k\\n\":\"v\\t\"}", "{k<k\n>s<v\t>}"},
      {"[\"\\u0061\",\"b\"]", "[s<a>s<b>]"},
  };
  struct asr_buf out;
  struct asr_jsonr r;
  asr_buf_init(&out, 100000);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    CHECK(trace(&out, asr_span_of(cases[i][0]), &r) == ASR_OK);
    CHECK_BUF(out, cases[i][1]);
    CHECK(asr_json_check(&r, asr_span_of(cases[i][0])) == ASR_OK);
  }
  CHECK(trace(&out, asr_span_of("\"a\\u0000b\""), &r) == ASR_OK);
  CHECK(asr_span_eq(asr_buf_span(&out), asr_span("s<a\0b>", 6)));
  asr_buf_close(&out);
}

/* Each must be refused, at the byte given (counted from 0). */
static const struct {
  const char *text;
  size_t at;
} BAD[] = {
    {"", 0},
    {" ", 1},
    {"nul", 0},
    {"nulll", 4},
    {"True", 0},
    {"1 2", 2},
    {"[", 1},
    {"]", 0},
    {"[1", 2},
    {"[1,", 3},
    {"[1,]", 3},
    {"[,1]", 1},
    {"[1 2]", 3},
    {"[1}", 2},
    {"{", 1},
    {"}", 0},
    {"{1:2}", 1},
    {"{\"a\"}", 4},
    {"{\"a\":}", 5},
    {"{\"a\":1,}", 7},
    {"{\"a\":1]", 6},
    {"{,}", 1},
    {"{\"a\" 1}", 5},
    {"{a:1}", 1},
    {"{'a':1}", 1},
    {"{\"a\":1 \"b\":2}", 7},
    {"[1]]", 3},
    {"[],", 2},
    {"// c\n1", 0},
    {"[1,/**/2]", 3},
    {"\xEF\xBB\xBF 1", 0},
    /* numbers */
    {"01", 1},
    {"-01", 2},
    {"-", 1},
    {"+1", 0},
    {".5", 0},
    {"5.", 2},
    {"5.e1", 2},
    {"1e", 2},
    {"1e+", 3},
    {"1E-x", 3},
    {"0x10", 1},
    {"--1", 1},
    {"NaN", 0},
    {"Infinity", 0},
    {"-Infinity", 1},
    {"1.2.3", 3},
    {"1_000", 1},
    /* strings */
    {"\"", 1},
    {"\"a", 2},
    {"\"\\", 2},
    {"\"\\\"", 3},
    {"\"\\x\"", 2},
    {"\"\\u12\"", 3},
    {"\"\\u12G4\"", 3},
    {"\"\n\"", 1},
    {"\"\t\"", 1},
    {"\"\\ud800\"", 7},
    {"\"\\udc00\"", 7},
    {"\"\\ud800\\n\"", 7},
    {"\"\\ud800\\ud800\"", 13},
    {"\"\\ud83d\\u0041\"", 13},
    {"\"\\udc00\\ud800\"", 7},
    {"\"\xFF\"", 1},
    {"\"a\xC3\"", 2},
    {"\"\xC0\x80\"", 1},
    {"\"\xED\xA0\x80\"", 1},
    {"\"\xF4\x90\x80\x80\"", 1},
    {"\"\\n\x80\"", 3},
    {"{\"\xC3\":1}", 2},
    {"'a'", 0},
};

static void refused(void) {
  struct asr_buf out;
  struct asr_jsonr r;
  asr_buf_init(&out, 100000);
  for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
    struct asr_span text = asr_span_of(BAD[i].text);
    int ok = CHECK(trace(&out, text, &r) == ASR_INVALID);
    ok &= CHECK(r.why != NULL && asr_jsonr_at(&r) == BAD[i].at);
    ok &= CHECK(asr_json_check(&r, text) == ASR_INVALID);
    ok &= CHECK(r.why != NULL && asr_jsonr_at(&r) == BAD[i].at);
    if (!ok) {
      fprintf(stderr, "  %s: %s at %zu\n", BAD[i].text,
              r.why != NULL ? r.why : "-", asr_jsonr_at(&r));
    }
  }
  CHECK(asr_json_check(&r, asr_span("1\0", 2)) == ASR_INVALID);
  CHECK(asr_json_check(&r, asr_span("\"\0\"", 3)) == ASR_INVALID);
  CHECK(asr_json_check(&r, asr_span("\"\\\0\"", 4)) == ASR_INVALID);
  asr_buf_close(&out);
}

static void nest(struct asr_buf *b, const char *open, const char *close,
                 int levels) {
  asr_buf_reset(b, 1 << 20);
  for (int i = 0; i < levels; i++) {
    asr_buf_add_text(b, open);
  }
  asr_buf_add_byte(b, '1');
  for (int i = 0; i < levels; i++) {
    asr_buf_add_text(b, close);
  }
}

static void depth(void) {
  struct asr_buf b;
  struct asr_jsonr r;
  asr_buf_init(&b, 1 << 20);
  nest(&b, "[", "]", ASR_JSON_DEPTH);
  CHECK(asr_json_check(&r, asr_buf_span(&b)) == ASR_OK);
  nest(&b, "{\"a\":", "}", ASR_JSON_DEPTH);
  CHECK(asr_json_check(&r, asr_buf_span(&b)) == ASR_OK);
  nest(&b, "[", "]", ASR_JSON_DEPTH + 1);
  CHECK(asr_json_check(&r, asr_buf_span(&b)) == ASR_TOO_BIG);
  CHECK(r.why != NULL && asr_jsonr_at(&r) == ASR_JSON_DEPTH);
  nest(&b, "[{\"a\":", "}]", 50000);
  CHECK(asr_json_check(&r, asr_buf_span(&b)) == ASR_TOO_BIG);
  asr_buf_close(&b);
}

static void small_scratch(void) {
  struct asr_buf scratch;
  struct asr_jsonr r;
  struct asr_json_event e;
  asr_buf_init(&scratch, 2);
  asr_jsonr_init(&r, asr_span_of("[\"ab\",\"ab\\n\"]"), &scratch);
  CHECK(asr_jsonr_next(&r, &e) == ASR_OK);
  CHECK(asr_jsonr_next(&r, &e) == ASR_OK);
  CHECK_SPAN(e.text, "ab"); /* no escapes: the scratch is not needed */
  CHECK(asr_jsonr_next(&r, &e) == ASR_TOO_BIG);
  asr_buf_close(&scratch);
}

static void numbers(void) {
  struct asr_number n = asr_json_number(asr_span_of("9223372036854775807"));
  CHECK(n.kind == ASR_NUMBER_INT && n.i == INT64_MAX);
  n = asr_json_number(asr_span_of("-9223372036854775808"));
  CHECK(n.kind == ASR_NUMBER_INT && n.i == INT64_MIN);
  n = asr_json_number(asr_span_of("9223372036854775808"));
  CHECK(n.kind == ASR_NUMBER_UINT && n.u == (uint64_t)1 << 63);
  n = asr_json_number(asr_span_of("18446744073709551615"));
  CHECK(n.kind == ASR_NUMBER_UINT && n.u == UINT64_MAX);
  n = asr_json_number(asr_span_of("0"));
  CHECK(n.kind == ASR_NUMBER_INT && n.i == 0);
  n = asr_json_number(asr_span_of("-0"));
  CHECK(n.kind == ASR_NUMBER_FLOAT && n.d == 0 && signbit(n.d));
  n = asr_json_number(asr_span_of("-0.0"));
  CHECK(n.kind == ASR_NUMBER_FLOAT && n.d == 0 && signbit(n.d));
  static const char *const texts[] = {"18446744073709551616",
                                      "-9223372036854775809", "1e309", "-1e400",
                                      "123456789012345678901234567890"};
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    CHECK(asr_json_number(asr_span_of(texts[i])).kind == ASR_NUMBER_TEXT);
  }
  static const struct {
    const char *text;
    double value;
  } floats[] = {{"1.0", 1},
                {"1e0", 1},
                {"1.5E+2", 150},
                {"5e-324", 5e-324},
                {"2e-324", 0},
                {"1e-400", 0},
                {"1e308", 1e308},
                {"9007199254740993.0", 9007199254740992.0},
                {"9007199254740993.00000000000000000001", 9007199254740994.0},
                {"1.7976931348623157e308", 1.7976931348623157e308},
                {"2.2250738585072011e-308", 2.2250738585072011e-308},
                {"0.1", 0.1},
                {"-12345.678", -12345.678},
                {"0.000000000000001", 1e-15}};
  for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
    n = asr_json_number(asr_span_of(floats[i].text));
    if (!CHECK(n.kind == ASR_NUMBER_FLOAT && n.d == floats[i].value)) {
      fprintf(stderr, "  %s gives %.17g\n", floats[i].text, n.d);
    }
  }
}

static void long_numbers(void) {
  struct asr_buf b;
  asr_buf_init(&b, 1 << 20);
  asr_buf_add_text(&b, "0.");
  for (int i = 0; i < 1098; i++) {
    asr_buf_add_byte(&b, '3');
  }
  struct asr_number n = asr_json_number(asr_buf_span(&b));
  CHECK(n.kind == ASR_NUMBER_FLOAT && n.d == 1.0 / 3);
  asr_buf_add_byte(&b, '3');
  CHECK(asr_json_number(asr_buf_span(&b)).kind == ASR_NUMBER_TEXT);
  asr_buf_close(&b);
}

int main(void) {
  events();
  refused();
  depth();
  small_scratch();
  numbers();
  long_numbers();
  return check_report("jsonr");
}
