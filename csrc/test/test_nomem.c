/* SPDX-License-Identifier: MIT */
/*
 * Counts the allocations of a scenario, then makes the i-th of them fail, for
 * every i: each time the scenario must say so, and leave nothing behind.
 * libcrypto's allocations are among them; it can do without a few (caches),
 * and then the result must be right.
 */
#include "test/failing.h"

#include "core/connstr.h"
#include "core/jsonr.h"
#include "core/jsonw.h"
#include "core/tokens.h"

/* ---- scenarios: 1 if all went well and the result is right, 0 if memory ran
 * out */

static int failed(enum asr_status status) {
  CHECK(status == ASR_OK || status == ASR_NOMEM || status == ASR_CRYPTO);
  return status != ASR_OK;
}

static int sign(void) {
  struct asr_signer s;
  struct asr_buf out;
  struct asr_claims claims = {asr_span_of("{\"a\\u0062\":\"\\u0063\"}"),
                              asr_span_of("http://localhost/"), 1, 1};
  static const char tokens[] =
      "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImlkIn0.eyJhXHUw"
      "MDYyIjoiXHUwMDYzIiwibmJmIjoxLCJleHAiOjIsImlhdCI6MSwiYXVkIjoi"
      "aHR0cDovL2xvY2FsaG9zdC8ifQ.Dm-WAD1o2qvzxGtelKYE9eN7QLTezxXV5"
      "9IOWu002SMeyJhXHUwMDYyIjoiXHUwMDYzIn0.eyJhXHUwMDYyIjoiXHUwMD"
      "YzIn0.yHuDiotX3ySDhr6hyCd-uAtoEfRYNDWhblvA-PY0MOA";
  int ok = 0;
  asr_buf_init(&out, ASR_TOKEN_MAX);
  if (!failed(asr_signer_init(&s, asr_span_of("key"), asr_span_of("id")))) {
    ok = !failed(asr_signer_token(&s, &claims, &out)) &&
         !failed(asr_signer_sign(&s, claims.custom, claims.custom, &out));
  } else {
    CHECK(s.mac == NULL && s.head == NULL);
  }
  CHECK(!ok || asr_span_eq(asr_buf_span(&out), asr_span_of(tokens)));
  asr_signer_close(&s);
  asr_buf_close(&out);
  return ok;
}

/* What cannot be kept is signed again. */
static int keep_tokens(void) {
  struct asr_signer s;
  struct asr_tokens tokens = {0};
  struct asr_buf out;
  struct asr_token_wish wish = {&s, asr_span_of("http://localhost/"), 7, 1, 1,
                                5};
  int64_t at;
  int ok = 0;
  asr_buf_init(&out, ASR_TOKEN_MAX);
  if (!failed(asr_signer_init(&s, asr_span_of("key"), asr_span_of("id")))) {
    ok = 1;
    for (int i = 0; i < 3; i++) {
      ok &= !failed(asr_tokens_line(&tokens, &wish, &out, &at));
    }
  }
  CHECK(!ok || (out.len % 3 == 0 &&
                memcmp(out.data, out.data + out.len / 3, out.len / 3) == 0));
  asr_tokens_close(&tokens);
  asr_signer_close(&s);
  asr_buf_close(&out);
  return ok;
}

static int read_connection_string(void) {
  static const char text[] = "Endpoint=http://host:8080/path;AccessKey=k;";
  struct asr_connstr cs;
  struct asr_connstr_error error;
  struct asr_buf b;
  asr_buf_init(&b, 1000);
  CHECK(asr_connstr_parse(asr_span_of(text), &cs, &error) == ASR_OK);
  int ok = !failed(asr_url_add_base(&b, &cs.endpoint)) &&
           !failed(asr_url_escape(&b, asr_span_of("/")));
  asr_buf_close(&b);
  return ok;
}

/* Reads escaped strings of growing length and writes them again. */
static int copy_json(void) {
  struct asr_buf in, scratch, out;
  struct asr_jsonr r;
  struct asr_json_event e = {ASR_JSON_NULL, {NULL, 0}};
  enum asr_status status = ASR_OK;
  asr_buf_init(&in, 100000);
  asr_buf_init(&scratch, 100000);
  asr_buf_init(&out, 100000);
  asr_buf_add_text(&in, "[1.5");
  for (int i = 0; i < 6; i++) {
    asr_buf_add_text(&in, ",\"\\n");
    for (int k = 0; k < 100 << i; k++) {
      asr_buf_add_byte(&in, 'x');
    }
    asr_buf_add_byte(&in, '"');
  }
  asr_buf_add_byte(&in, ']');
  asr_jsonr_init(&r, asr_buf_span(&in), &scratch);
  while (in.status == ASR_OK && status == ASR_OK && e.type != ASR_JSON_END) {
    status = asr_jsonr_next(&r, &e);
    if (status == ASR_OK && e.type == ASR_JSON_STRING) {
      status = asr_jsonw_string(&out, e.text);
    }
  }
  int ok = !failed(in.status) && !failed(status) && !failed(out.status);
  asr_buf_close(&in);
  asr_buf_close(&scratch);
  asr_buf_close(&out);
  return ok;
}

/* `libcrypto`: how many failures at most may go without consequences. */
static void try_all(const char *name, int (*scenario)(void), long libcrypto) {
  fail_at = 0;
  CHECK(scenario()); /* libcrypto loads what it keeps */
  long before = living;
  allocated = 0;
  CHECK(scenario());
  long count = allocated, spared = 0;
  CHECK(count > 0 && living == before);
  for (long i = 1; i <= count; i++) {
    fail_at = i;
    int ok = scenario();
    int reached = fail_at == 0;
    fail_at = 0;
    spared += ok;
    if (!CHECK(reached) || !CHECK(living == before)) {
      fprintf(stderr, "  %s, allocation %ld of %ld: ok %d, %ld left over\n",
              name, i, count, ok, living - before);
      before = living;
    }
  }
  CHECK(scenario()); /* and it works again */
  CHECK(spared <= libcrypto);
  printf("%s: %ld allocations, each failed once\n", name, count);
}

int main(void) {
  if (!CHECK(count_allocations())) {
    return check_report("nomem");
  }
  try_all("sign", sign, 10);
  try_all("keep tokens", keep_tokens, 20);
  try_all("read a connection string", read_connection_string, 0);
  try_all("copy JSON", copy_json, 0);
  return check_report("nomem");
}
