/* SPDX-License-Identifier: MIT */
/* buf, span, status, base64url, utf8. */
#include "check.h"
#include "core/base64url.h"
#include "core/utf8.h"

static void growth(void) {
  struct asr_buf b;
  asr_buf_init(&b, 1000);
  for (int i = 0; i < 1000; i++) {
    CHECK(asr_buf_add_byte(&b, (char)('a' + i % 26)) == ASR_OK);
  }
  CHECK(b.len == 1000 && b.data[999] == 'a' + 999 % 26);
  CHECK(asr_buf_add_byte(&b, 'x') == ASR_TOO_BIG && b.len == 1000);
  CHECK(asr_buf_add(&b, "", 0) == ASR_TOO_BIG); /* it sticks */
  CHECK(asr_buf_room(&b, 1) == NULL);
  asr_buf_reset(&b, 1 << 20);
  CHECK(b.len == 0 && b.status == ASR_OK && b.cap >= 1000);
  asr_buf_add_text(&b, "again");
  CHECK_BUF(b, "again");
  asr_buf_reset(&b, 10);
  CHECK(b.data == NULL && b.cap == 0);
  CHECK_BUF(b, "");
  asr_buf_close(&b);
  asr_buf_close(&b);
  CHECK(asr_buf_add_byte(&b, 'x') == ASR_TOO_BIG); /* closed */
}

static void ceilings(void) {
  struct asr_buf zero, b;
  memset(&zero, 0, sizeof zero);
  CHECK(asr_buf_add_text(&zero, "x") == ASR_TOO_BIG);
  asr_buf_close(&zero);
  asr_buf_init(&b, 300);
  char bytes[300] = {0};
  CHECK(asr_buf_add(&b, bytes, 200) == ASR_OK);
  CHECK(asr_buf_add(&b, bytes, 100) == ASR_OK && b.len == 300);
  CHECK(asr_buf_add(&b, bytes, 1) == ASR_TOO_BIG);
  asr_buf_close(&b);
  asr_buf_init(&b, (size_t)-1);
  CHECK(asr_buf_add_byte(&b, 'x') == ASR_OK);
  CHECK(asr_buf_room(&b, (size_t)-1) == NULL && b.status == ASR_TOO_BIG);
  asr_buf_reset(&b, 0);
  CHECK(asr_buf_fail(&b, ASR_INVALID) == ASR_INVALID);
  CHECK(asr_buf_fail(&b, ASR_NOMEM) == ASR_INVALID); /* the first one */
  asr_buf_close(&b);
}

static void spans(void) {
  struct asr_span rest = asr_span_of("a=b=c");
  CHECK_SPAN(asr_span_cut(&rest, '='), "a");
  CHECK_SPAN(rest, "b=c");
  CHECK_SPAN(asr_span_cut(&rest, ';'), "b=c");
  CHECK(rest.p == NULL);
  rest = asr_span_of("x=");
  asr_span_cut(&rest, '=');
  CHECK(rest.p != NULL && rest.n == 0);
  CHECK_SPAN(asr_span_trim(asr_span_of(" \t\r\n a b \v\f ")), "a b");
  CHECK(asr_span_trim(asr_span_of("  ")).n == 0);
  CHECK(asr_span_ieq(asr_span_of("AccessKey"), asr_span_of("accesskey")));
  CHECK(!asr_span_ieq(asr_span_of("@"), asr_span_of("`")));
  CHECK(!asr_span_eq(asr_span_of("a"), asr_span_of("A")));
  CHECK(asr_span_of(NULL).p == NULL);
  CHECK(asr_span_number(asr_span_of("65535"), 65535) == 65535);
  CHECK(asr_span_number(asr_span_of("65536"), 65535) == -1);
  CHECK(asr_span_number(asr_span_of("99999999999999999999"), 65535) == -1);
  CHECK(asr_span_number(asr_span_of("9"), 5) == -1);
  CHECK(asr_span_number(asr_span_of("5"), 5) == 5);
  CHECK(asr_span_number(asr_span_of("05"), 5) == 5);
  CHECK(asr_span_number(asr_span_of("1"), 0) == -1);
  CHECK(asr_span_number(asr_span_of(""), 65535) == -1);
  CHECK(asr_span_number(asr_span_of("+1"), 65535) == -1);
  CHECK(asr_span_number(asr_span_of("007"), 65535) == 7);
  for (int s = ASR_OK; s <= ASR_CRYPTO; s++) {
    CHECK(strlen(asr_status_text((enum asr_status)s)) > 0);
  }
}

/* RFC 4648 section 10, without padding; and the two letters of its own. */
static void base64url(void) {
  static const char *const pairs[][2] = {{"", ""},
                                         {"f", "Zg"},
                                         {"fo", "Zm8"},
                                         {"foo", "Zm9v"},
                                         {"foob", "Zm9vYg"},
                                         {"fooba", "Zm9vYmE"},
                                         {"foobar", "Zm9vYmFy"},
                                         {"\xfb\xff\xfe", "-__-"}};
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    struct asr_buf b;
    asr_buf_init(&b, strlen(pairs[i][1]));
    CHECK(asr_base64url_add(&b, asr_span_of(pairs[i][0])) == ASR_OK);
    CHECK_BUF(b, pairs[i][1]);
    asr_buf_close(&b);
  }
  struct asr_buf b;
  asr_buf_init(&b, 3);
  CHECK(asr_base64url_add(&b, asr_span_of("foo")) == ASR_TOO_BIG);
  CHECK(b.len == 0);
  asr_buf_close(&b);
}

/* A slow and different way to say what UTF-8 is: encode every code point. */
static void utf8_all(void) {
  int wrong = 0;
  for (uint32_t code = 0; code <= 0x10FFFF; code++) {
    char bytes[4];
    size_t n = asr_utf8_put(bytes, code);
    int surrogate = code >= 0xD800 && code <= 0xDFFF;
    size_t want = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    wrong += n != want;
    wrong += asr_utf8_step(bytes, n) != (surrogate ? 0 : n);
    wrong += n > 1 && asr_utf8_step(bytes, n - 1) != 0;
  }
  CHECK(wrong == 0);
}

static void utf8_bad(void) {
  static const char *const bad[] = {"\x80",
                                    "\xBF",
                                    "\xC0\x80",
                                    "\xC1\xBF",
                                    "\xC2",
                                    "\xC2\x41",
                                    "\xE0\x9F\xBF",
                                    "\xED\xA0\x80",
                                    "\xE2\x82",
                                    "\xE2\x28\xA1",
                                    "\xF0\x8F\xBF\xBF",
                                    "\xF4\x90\x80\x80",
                                    "\xF0\x9F\x98",
                                    "\xF5\x80\x80\x80",
                                    "\xFE",
                                    "\xFF"};
  size_t n = 0;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK(asr_utf8_step(bad[i], strlen(bad[i])) == 0);
    CHECK(!asr_utf8_count(asr_span_of(bad[i]), &n));
  }
  CHECK(asr_utf8_step("", 0) == 0);
  CHECK(
      asr_utf8_count(asr_span_of("h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), &n));
  CHECK(n == 4);
  CHECK(asr_utf8_count(asr_span("\0\0", 2), &n) && n == 2);
}

int main(void) {
  growth();
  ceilings();
  spans();
  base64url();
  utf8_all();
  utf8_bad();
  return check_report("buf");
}
