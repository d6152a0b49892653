/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "core/url.h"

static void escaping(void) {
  struct asr_buf b, all;
  asr_buf_init(&b, 4096);
  asr_buf_init(&all, 256);
  asr_url_escape(&b, asr_span_of("AZaz09-._~ /:%+\xC3\xA9"));
  CHECK_BUF(b, "AZaz09-._~%20%2F%3A%25%2B%C3%A9");
  asr_buf_reset(&b, 4096);
  for (int c = 0; c < 256; c++) {
    asr_buf_add_byte(&all, (char)c);
  }
  asr_url_escape(&b, asr_buf_span(&all));
  CHECK(b.len == 66 + (256 - 66) * 3);
  struct asr_buf back;
  asr_buf_init(&back, 256);
  asr_url_unescape(&back, asr_buf_span(&b));
  CHECK(asr_span_eq(asr_buf_span(&back), asr_buf_span(&all)));
  asr_buf_reset(&back, 256);
  asr_url_unescape(&back, asr_span_of("a+b%2b%4%zz%"));
  CHECK_BUF(back, "a b+%4%zz%");
  asr_buf_close(&back);
  asr_buf_close(&all);
  asr_buf_init(&all, 2);
  CHECK(asr_url_escape(&all, asr_span_of("/")) == ASR_TOO_BIG);
  asr_buf_close(&all);
  asr_buf_close(&b);
}

static void templates(void) {
  struct asr_span rest = asr_span_of("/a/{hub}{group}/:send"), literal, name;
  CHECK(asr_url_template_next(&rest, &literal, &name) == ASR_OK);
  CHECK_SPAN(literal, "/a/");
  CHECK_SPAN(name, "hub");
  CHECK(asr_url_template_next(&rest, &literal, &name) == ASR_OK);
  CHECK_SPAN(literal, "");
  CHECK_SPAN(name, "group");
  CHECK(asr_url_template_next(&rest, &literal, &name) == ASR_OK);
  CHECK_SPAN(literal, "/:send");
  CHECK(name.p == NULL && rest.p == NULL);
  static const char *const bad[] = {"{", "a{b", "}", "a}b{c}", "{}"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    rest = asr_span_of(bad[i]);
    CHECK(asr_url_template_next(&rest, &literal, &name) == ASR_INVALID);
  }
}

static void accepted(void) {
  static const struct {
    const char *text, *scheme, *host, *path, *query, *base;
    unsigned port;
  } cases[] = {
      {"http://a", "http", "a", "/", NULL, "http://a", 80},
      {"HTTPS://A.B/", "https", "A.B", "/", NULL, "https://a.b", 443},
      {"https://a:443/x", "https", "a", "/x", NULL, "https://a/x", 443},
      {"http://a:443/x//", "http", "a", "/x//", NULL, "http://a:443/x", 443},
      {"http://h:8888/p/q?x=1&y=/?z", "http", "h", "/p/q", "x=1&y=/?z",
       "http://h:8888/p/q", 8888},
      {"http://a?q", "http", "a", "/", "q", "http://a", 80},
      {"http://a/?", "http", "a", "/", "", "http://a", 80},
      {"http://[::1]:99/", "http", "[::1]", "/", NULL, "http://[::1]:99", 99},
      {"http://[FE80::1]", "http", "[FE80::1]", "/", NULL, "http://[fe80::1]",
       80},
      {"http://127.0.0.1:65535", "http", "127.0.0.1", "/", NULL,
       "http://127.0.0.1:65535", 65535},
      {"http://a/@b", "http", "a", "/@b", NULL, "http://a/@b", 80},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct asr_url url;
    struct asr_buf b;
    const char *why = NULL;
    asr_buf_init(&b, 1000);
    CHECK(asr_url_parse(asr_span_of(cases[i].text), &url, &why) == ASR_OK);
    CHECK_SPAN(url.scheme, cases[i].scheme);
    CHECK_SPAN(url.host, cases[i].host);
    CHECK_SPAN(url.path, cases[i].path);
    CHECK((url.query.p == NULL) == (cases[i].query == NULL));
    CHECK_SPAN(url.query, cases[i].query != NULL ? cases[i].query : "");
    CHECK(url.port == cases[i].port);
    CHECK(asr_url_add_base(&b, &url) == ASR_OK);
    CHECK_BUF(b, cases[i].base);
    asr_buf_close(&b);
  }
}

static void refused(void) {
  static const struct {
    const char *text, *why;
  } cases[] = {
      {"", "absolute"},
      {"a", "absolute"},
      {"/p", "absolute"},
      {"//a/p", "absolute"},
      {"ftp://a", "absolute"},
      {"ws://a", "absolute"},
      {"http:/a", "absolute"},
      {"http:a", "absolute"},
      {"http://", "absolute"},
      {"http:///p", "absolute"},
      {"http://?q", "absolute"},
      {"http://u@a", "user name"},
      {"http://u:p@a/", "user name"},
      {"http://a#f", "fragment"},
      {"http://a/p?q#f", "fragment"},
      {"http://a:0", "port"},
      {"http://a:65536", "port"},
      {"http://a:", "port"},
      {"http://a:8x", "port"},
      {"http://a:-1", "port"},
      {"http://a b", "printable"},
      {"http://a/\n", "printable"},
      {"http://a/\\b", "printable"},
      {"http://\xC3\xA9/", "printable"},
      {"http://a,b/", "host"},
      {"http://[]", "host"},
      {"http://[::1", "host"},
      {"http://::1", "host"},
      {"http://a[b]", "host"},
      {"http://[::1]x", "host"},
      {"http://:80", "host"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct asr_url url;
    const char *why = "";
    CHECK(asr_url_parse(asr_span_of(cases[i].text), &url, &why) == ASR_INVALID);
    if (!CHECK(strstr(why, cases[i].why) != NULL)) {
      fprintf(stderr, "  %s: %s\n", cases[i].text, why);
    }
  }
}

int main(void) {
  escaping();
  templates();
  accepted();
  refused();
  return check_report("url");
}
