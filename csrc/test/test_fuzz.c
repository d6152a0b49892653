/* SPDX-License-Identifier: MIT */
/* The fuzzers' bodies, run for a moment over mutations of a few seeds; always
 * the same ones. They abort when something does not hold. */
#include "check.h"

/* Each file has the one name that libFuzzer knows. */
#define LLVMFuzzerTestOneInput fuzz_jsonr
#include "fuzz_jsonr.c" /* NOLINT(bugprone-suspicious-include) */
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_url
#include "fuzz_url.c" /* NOLINT(bugprone-suspicious-include) */
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_connstr
#include "fuzz_connstr.c" /* NOLINT(bugprone-suspicious-include) */
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_http1
#include "fuzz_http1.c" /* NOLINT(bugprone-suspicious-include) */
#undef LLVMFuzzerTestOneInput

enum { MAX_INPUT = 512, ROUNDS = 8000 };

static uint32_t next_random(uint64_t *state) {
  *state = *state * 6364136223846793005U + 1442695040888963407U;
  return (uint32_t)(*state >> 33);
}

/* One change: a byte, a piece copied within the text, or a piece cut out. */
static size_t mutate(uint8_t *data, size_t n, uint64_t *state) {
  static const char spice[] = "\"\\{}[]:,;=/?#%@.-+eE09udDu\x80\xC3\xED\xFF \t";
  size_t at = n > 0 ? next_random(state) % n : 0;
  size_t some = 1 + next_random(state) % 8;
  switch (next_random(state) % 4) {
  case 0:
    data[at] = (uint8_t)next_random(state);
    return n > 0 ? n : 1;
  case 1:
    data[at] = (uint8_t)spice[next_random(state) % (sizeof spice - 1)];
    return n > 0 ? n : 1;
  case 2:
    some = some < n - at ? some : n - at;
    some = n + some <= MAX_INPUT ? some : 0;
    memmove(data + at + some, data + at, n - at);
    return n + some;
  default:
    some = some < n - at ? some : n - at;
    memmove(data + at, data + at + some, n - at - some);
    return n - some;
  }
}

static void loop(int (*fuzz)(const uint8_t *, size_t), const char *const *seeds,
                 size_t count) {
  uint64_t state = 20241201;
  uint8_t data[MAX_INPUT];
  for (int round = 0; round < ROUNDS; round++) {
    const char *seed = seeds[(size_t)round % count];
    size_t n = 0;
    for (; seed[n] != '\0'; n++) {
      data[n] = (uint8_t)seed[n];
    }
    for (uint32_t m = next_random(&state) % 6; m > 0; m--) {
      n = mutate(data, n, &state);
    }
    uint8_t *exact = malloc(n > 0 ? n : 1); /* an overrun is then seen */
    if (!CHECK(exact != NULL)) {
      return;
    }
    memcpy(exact, data, n);
    CHECK(fuzz(exact, n) == 0);
    free(exact);
  }
}

int main(void) {
  static const char *const json[] = {
      "{\"target\":\"newMessage\",\"arguments\":[1,-2.5e-3,true,null,[],{}]}",
      "[\"\\u00e9\\ud83d\\ude00\\n\",\"\xC3\xA9\xF0\x9F\x98\x80\",\"\\\\\"]",
      "[9007199254740993,18446744073709551615,-9223372036854775808,1e400,-0]",
      "[[[[[[[[{\"a\":[{\"b\":{}}]}]]]]]]]] ", "0.1"};
  static const char *const urls[] = {
      "https://host.service.signalr.net:8443/p/a?b=1%202&c",
      "http://[::1]:8888/", "/api/hubs/{hub}/groups/{group}/:send", "http://a"};
  static const char *const strings[] = {
      "Endpoint=https://a.b:1/p;AccessKey=k=;Version=1.0;Port=99;",
      " endpoint = http://a ; AuthType=azure.app;ClientId=c;TenantId=t;"
      "ClientSecret=s;ClientEndpoint=http://c;ServerEndpoint=https://s"};
  static const char *const answers[] = {
      "!HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: b\r\n\r\nabc",
      "xHTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 404 No\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
      "QHTTP/1.0 200 OK\r\nConnection: close\r\n\r\nto the end"};
  loop(fuzz_http1, answers, sizeof answers / sizeof answers[0]);
  loop(fuzz_jsonr, json, sizeof json / sizeof json[0]);
  loop(fuzz_url, urls, sizeof urls / sizeof urls[0]);
  loop(fuzz_connstr, strings, sizeof strings / sizeof strings[0]);
  return check_report("fuzz");
}
