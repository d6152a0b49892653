/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "core/httphead.h"

static struct asr_http_head head;
static const char *problem;

static int parse(const char *text) {
  return asr_http_head_parse(asr_span_of(text), &head, &problem) == ASR_OK;
}

static void status_lines(void) {
  CHECK(parse("HTTP/1.1 200 OK\r\n") && head.status == 200 && head.keep);
  CHECK(head.body == ASR_HTTP_REST);
  CHECK(parse("HTTP/1.0 404 \r\n") && head.status == 404 && !head.keep);
  CHECK(parse("HTTP/1.1 999\r\n") && head.status == 999);
  static const char *const bad[] = {
      "",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK\n",
      "HTTP/1.1 20 OK\r\n",
      "HTTP/1.1 2000 OK\r\n",
      "HTTP/1.1 012 OK\r\n",
      "HTTP/1.1  200 OK\r\n",
      "HTTP/1.2 200 OK\r\n",
      "HTTP/2 200 OK\r\n",
      "http/1.1 200 OK\r\n",
      "HTTP/1.1 200 O\x01K\r\n",
      "\r\n",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK(!parse(bad[i]) && problem != NULL);
  }
}

static void bodies(void) {
  CHECK(parse("HTTP/1.1 200 OK\r\nCONTENT-length:\t 42 \r\n"));
  CHECK(head.body == ASR_HTTP_LENGTH && head.length == 42);
  CHECK(parse("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n"));
  CHECK(head.length == 999999999999999U);
  CHECK(parse("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n"));
  CHECK(head.length == ASR_HTTP_HUGE);
  CHECK(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n"));
  CHECK(head.body == ASR_HTTP_CHUNKS);
  static const char *const bad[] = {
      "HTTP/1.1 200 OK\r\nContent-Length:\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK(!parse(bad[i]) && problem != NULL);
  }
}

static void connections(void) {
  CHECK(parse("HTTP/1.1 200 OK\r\nConnection: x ,Close\r\n") && !head.keep);
  CHECK(parse("HTTP/1.1 200 OK\r\nConnection: closer\r\n") && head.keep);
  CHECK(parse("HTTP/1.1 200 OK\r\nConnection: a\r\nConnection: close\r\n"));
  CHECK(!head.keep);
  CHECK(parse("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n") && head.keep);
}

static void headers(void) {
  static const char *const bad[] = {
      "HTTP/1.1 200 OK\r\nnonsense\r\n", "HTTP/1.1 200 OK\r\n: x\r\n",
      "HTTP/1.1 200 OK\r\nA : x\r\n",    "HTTP/1.1 200 OK\r\nA: x\r\n y\r\n",
      "HTTP/1.1 200 OK\r\nA: x\ry\r\n",  "HTTP/1.1 200 OK\r\nA: x\ny\r\n",
      "HTTP/1.1 200 OK\r\nA: x",         "HTTP/1.1 200 OK\r\nA: \x7F\r\n",
      "HTTP/1.1 200 OK\r\n\r\n",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    CHECK(!parse(bad[i]) && problem != NULL);
  }
  static const char zero[] = "HTTP/1.1 200 OK\r\nA: x\0y\r\n";
  CHECK(asr_http_head_parse(asr_span(zero, sizeof zero - 1), &head, &problem) ==
        ASR_INVALID);
  struct asr_span rest = asr_http_header_lines(
      asr_span_of("HTTP/1.1 200 OK\r\nX-One:  a b\t\r\nx-two:\r\n"));
  struct asr_span name, value;
  bool any = false;
  CHECK(asr_http_header_next(&rest, &any, &name, &value) == ASR_OK && any);
  CHECK_SPAN(name, "X-One");
  CHECK_SPAN(value, "a b");
  CHECK(asr_http_header_next(&rest, &any, &name, &value) == ASR_OK && any);
  CHECK_SPAN(value, "");
  CHECK(asr_http_header_next(&rest, &any, &name, &value) == ASR_OK && !any);
}

int main(void) {
  status_lines();
  bodies();
  connections();
  headers();
  return check_report("httphead");
}
