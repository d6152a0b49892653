/* SPDX-License-Identifier: MIT */
/* Each answer is read whole, byte by byte, and in two pieces cut anywhere. */
#include "core/http1.h"

#include <stdlib.h>

#include "test/check.h"

enum { MOST = 64 };

struct answer {
  const char *text;
  enum asr_http1_state state;
  int status;
  const char *body;
  int keeps;
  size_t left; /* bytes of the text that belong to no answer */
};

#define HEAD "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"

static const struct answer answers[] = {
    {HEAD "Content-Length: 2\r\n\r\nok", ASR_HTTP1_WHOLE, 200, "ok", 1, 0},
    {HEAD "content-LENGTH:2\r\n\r\nok!", ASR_HTTP1_WHOLE, 200, "ok", 1, 1},
    {"HTTP/1.1 202 \r\nContent-Length: 0\r\n\r\n", ASR_HTTP1_WHOLE, 202, "", 1,
     0},
    {"HTTP/1.1 202\r\nContent-Length:\t0 \r\n\r\n", ASR_HTTP1_WHOLE, 202, "", 1,
     0},
    {HEAD "Content-Length: 2, 2\r\n\r\nok", ASR_HTTP1_WHOLE, 200, "ok", 1, 0},
    {HEAD "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", ASR_HTTP1_WHOLE,
     200, "ok", 1, 0},
    {HEAD "Content-Length: 2\r\nConnection: x, Close\r\n\r\nok",
     ASR_HTTP1_WHOLE, 200, "ok", 0, 0},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", ASR_HTTP1_WHOLE, 200,
     "ok", 0, 0},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nok",
     ASR_HTTP1_WHOLE, 200, "ok", 1, 0},
    {HEAD "\r\nto the end", ASR_HTTP1_WHOLE, 200, "to the end", 0, 0},
    {"HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n", ASR_HTTP1_WHOLE, 204, "",
     0, 0},
    {"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n", ASR_HTTP1_WHOLE, 204, "",
     1, 0},
    {"HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", ASR_HTTP1_WHOLE,
     304, "", 1, 0},
    {CHUNKED "3\r\nabc\r\nA ;x=\"y\"\r\n0123456789\r\n0\r\n\r\n",
     ASR_HTTP1_WHOLE, 200, "abc0123456789", 1, 0},
    {CHUNKED "0003\r\nabc\r\n000\r\nX: y\r\nZ:\r\n\r\nHTTP", ASR_HTTP1_WHOLE,
     200, "abc", 1, 4},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: a\r\n\r\n" HEAD
     "Content-Length: 1\r\n\r\nx",
     ASR_HTTP1_WHOLE, 200, "x", 1, 0},
    /* what is left open */
    {"", ASR_HTTP1_MORE, 0, "", 0, 0},
    {"HTTP/1.1 100 Continue\r\n\r\n", ASR_HTTP1_MORE, 100, "", 0, 0},
    {HEAD "Content-Length: 3\r\n\r\nok", ASR_HTTP1_MORE, 200, "ok", 1, 0},
    {CHUNKED "3\r\nabc\r\n", ASR_HTTP1_MORE, 200, "abc", 1, 0},
    {CHUNKED "3\r\nabc\r\n0\r\n", ASR_HTTP1_MORE, 200, "abc", 1, 0},
    /* what is over a limit */
    {HEAD "Content-Length: 65\r\n\r\n", ASR_HTTP1_LARGE, 200, "", 1, 0},
    {HEAD "Content-Length: 99999999999999999999999\r\n\r\n", ASR_HTTP1_LARGE,
     200, "", 1, 0},
    {CHUNKED "41\r\n", ASR_HTTP1_LARGE, 200, "", 1, 0},
    {CHUNKED "3\r\nabc\r\nffffffffffffffffffff\r\n", ASR_HTTP1_LARGE, 200,
     "abc", 1, 0},
    /* what is no HTTP */
    {"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", ASR_HTTP1_BAD, 0, "", 0, 0},
    {"HTTP/2 200\r\n\r\n", ASR_HTTP1_BAD, 0, "", 0, 0},
    {"HTTP/1.1 20 OK\r\n\r\n", ASR_HTTP1_BAD, 0, "", 0, 0},
    {"HTTP/1.1 099 OK\r\n\r\n", ASR_HTTP1_BAD, 0, "", 0, 0},
    {"HTTP/1.1 2000 OK\r\n\r\n", ASR_HTTP1_BAD, 0, "", 0, 0},
    {"HTTP/1.2 200 OK\r\n\r\n", ASR_HTTP1_BAD, 0, "", 0, 0},
    {"\r\nHTTP/1.1 200 OK\r\n\r\n", ASR_HTTP1_BAD, 0, "", 0, 0},
    {"HTTP/1.1 101 Switching\r\n\r\n", ASR_HTTP1_BAD, 101, "", 0, 0},
    {HEAD "A : b\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD " c\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "Content-Length: 1\r\n 2\r\n\r\n", ASR_HTTP1_BAD, 200, "", 1, 0},
    {HEAD ": b\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "A\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "A: b\rc\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "A: b\r\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "A: b\nC: d\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "A: \x01\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "A: abcdefghijkl\x7fmnopqrstuvw\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0,
     0},
    {HEAD "Content-Length: 2, 3\r\n\r\nok", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "Content-Length: +2\r\n\r\nok", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "Content-Length:\r\n\r\nok", ASR_HTTP1_BAD, 200, "", 0, 0},
    {HEAD "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", ASR_HTTP1_BAD, 200,
     "", 1, 0},
    {HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
     ASR_HTTP1_BAD, 200, "", 1, 0},
    {HEAD "Transfer-Encoding: gzip, chunked\r\n\r\n", ASR_HTTP1_BAD, 200, "", 0,
     0},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ASR_HTTP1_BAD,
     200, "", 0, 0},
    {CHUNKED "x\r\n", ASR_HTTP1_BAD, 200, "", 1, 0},
    {CHUNKED "-1\r\n", ASR_HTTP1_BAD, 200, "", 1, 0},
    {CHUNKED "0x3\r\n", ASR_HTTP1_BAD, 200, "", 1, 0},
    {CHUNKED " 3\r\n", ASR_HTTP1_BAD, 200, "", 1, 0},
    {CHUNKED "3\nabc", ASR_HTTP1_BAD, 200, "", 1, 0},
    {CHUNKED "2\r\nabc\r\n", ASR_HTTP1_BAD, 200, "ab", 1, 0},
    {CHUNKED "0\r\nbad\r\n\r\n", ASR_HTTP1_BAD, 200, "", 1, 0},
};

/* In two pieces, the first of `first` bytes; 0: byte by byte. */
static void read_in_pieces(const struct answer *a, size_t first) {
  struct asr_http1 r;
  size_t at = 0, n = strlen(a->text), used = 0;
  asr_http1_start(&r, false, MOST);
  while (at < n && r.state == ASR_HTTP1_MORE) {
    size_t some = first == 0 ? 1 : at < first ? first - at : n - at;
    (void)asr_http1_feed(&r, a->text + at, some, &used);
    at += used;
  }
  enum asr_http1_state state = asr_http1_end(&r);
  if (!CHECK(state == a->state) || !CHECK(r.status == a->status) ||
      !CHECK_SPAN(asr_buf_span(&r.body), a->body) ||
      !CHECK(state != ASR_HTTP1_WHOLE || asr_http1_keeps(&r) == a->keeps) ||
      !CHECK(state != ASR_HTTP1_WHOLE || n - at == a->left) ||
      !CHECK((r.problem != NULL) == (state > ASR_HTTP1_WHOLE))) {
    fprintf(stderr, "  cut at %zu: state %d, %s\n%s\n", first, (int)state,
            r.problem != NULL ? r.problem : "", a->text);
  }
  asr_http1_close(&r);
  asr_http1_close(&r);
}

static void test_answers(void) {
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    for (size_t cut = 0; cut <= strlen(answers[i].text); cut++) {
      read_in_pieces(&answers[i], cut);
    }
  }
}

static void test_head_request(void) {
  static const char text[] = HEAD "Content-Length: 99999\r\n\r\n";
  struct asr_http1 r;
  size_t used = 0;
  asr_http1_start(&r, true, MOST);
  CHECK(!asr_http1_began(&r));
  CHECK(asr_http1_feed(&r, text, strlen(text), &used) == ASR_HTTP1_WHOLE);
  CHECK(asr_http1_began(&r) && asr_http1_keeps(&r) && r.body.len == 0);
  asr_http1_close(&r);
}

/* Something that never ends is refused at its limit, not kept. */
static void endless(const char *start, const char *more, size_t limit,
                    enum asr_http1_state wanted) {
  struct asr_http1 r;
  size_t used = 0, fed = 0;
  asr_http1_start(&r, false, MOST);
  (void)asr_http1_feed(&r, start, strlen(start), &used);
  while (r.state == ASR_HTTP1_MORE && fed < 10 * limit) {
    (void)asr_http1_feed(&r, more, strlen(more), &used);
    fed += used;
  }
  CHECK(r.state == wanted && r.problem != NULL);
  CHECK(fed <= limit && r.head.cap <= (size_t)2 * ASR_HTTP1_HEAD_MAX);
  asr_http1_close(&r);
}

static void test_limits(void) {
  size_t head = ASR_HTTP1_HEAD_MAX, line = ASR_HTTP1_CHUNK_LINE_MAX;
  endless("", "x", head, ASR_HTTP1_LARGE);
  endless(HEAD, "Name: value of it\r\n", head, ASR_HTTP1_LARGE);
  endless(HEAD "A: ", "xxxxxxxxxxxxxxxxxx", head, ASR_HTTP1_LARGE);
  endless(CHUNKED, "0", line, ASR_HTTP1_LARGE);
  endless(CHUNKED "0\r\n", "Name: value\r\n", head, ASR_HTTP1_LARGE);
  endless("", "HTTP/1.1 100 Continue\r\n\r\n", (size_t)25 * 17, ASR_HTTP1_BAD);
  endless(HEAD "\r\n", "x", MOST, ASR_HTTP1_LARGE);
}

static void test_folded(void) {
  static const char text[] =
      HEAD "A: one\r\n\ttwo\r\n  three\r\nContent-Length: 0\r\n\r\n";
  struct asr_span name, value;
  struct asr_http1 r;
  size_t at = 0, used = 0;
  asr_http1_start(&r, false, MOST);
  CHECK(asr_http1_feed(&r, text, strlen(text), &used) == ASR_HTTP1_WHOLE);
  CHECK(asr_http1_header(asr_buf_span(&r.head), &at, &name, &value));
  CHECK_SPAN(value, "one  \ttwo    three");
  asr_http1_close(&r);
}

static void test_headers(void) {
  static const char head[] = HEAD "A: 1\r\nb-C:\r\nD:  two words \r\n\r\n";
  struct asr_span name, value;
  size_t at = 0;
  CHECK(asr_http1_header(asr_span_of(head), &at, &name, &value));
  CHECK_SPAN(name, "A");
  CHECK_SPAN(value, "1");
  CHECK(asr_http1_header(asr_span_of(head), &at, &name, &value));
  CHECK_SPAN(name, "b-C");
  CHECK_SPAN(value, "");
  CHECK(asr_http1_header(asr_span_of(head), &at, &name, &value));
  CHECK_SPAN(name, "D");
  CHECK_SPAN(value, "two words");
  CHECK(!asr_http1_header(asr_span_of(head), &at, &name, &value));
}

static void wrote(struct asr_http1_request q, const char *want) {
  char room[512];
  size_t n = asr_http1_head_size(&q);
  char *end = room + sizeof room;
  char *from = asr_http1_put_head(&q, end);
  CHECK((size_t)(end - from) == n);
  CHECK_SPAN(asr_span(from, n), want);
}

static void test_writer(void) {
  struct asr_http1_request q = {0};
  q.method = asr_span_of("POST");
  q.target = asr_span_of("/api");
  q.lines = asr_span_of("Host: a\r\n");
  q.has_body = true;
  wrote(q, "POST /api HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  q.query = asr_span_of("?b=1");
  q.authorization = asr_span_of("Authorization: Bearer t\r\n");
  q.more = asr_span_of("X: y\r\n");
  q.body = 1048576;
  wrote(q, "POST /api?b=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\n"
           "X: y\r\nContent-Length: 1048576\r\n\r\n");
  q.method = asr_span_of("HEAD");
  q.has_body = false;
  q.query = q.authorization = q.more = asr_span(NULL, 0);
  wrote(q, "HEAD /api HTTP/1.1\r\nHost: a\r\n\r\n");
}

int main(void) {
  test_answers();
  test_head_request();
  test_limits();
  test_folded();
  test_headers();
  test_writer();
  return check_report("http1");
}
