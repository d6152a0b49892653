/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdint.h>

#include "check.h"
#include "core/jwt.h"
#include "golden.h"

static const char AUDIENCE[] = "http://localhost:8888/api/hubs/chat/:send";

static void hex_mac(const struct asr_signer *s, struct asr_span data,
                    char out[2 * ASR_MAC_SIZE + 1]) {
  unsigned char mac[ASR_MAC_SIZE] = {0};
  CHECK(asr_signer_mac(s, data, mac) == ASR_OK);
  for (size_t i = 0; i < ASR_MAC_SIZE; i++) {
    snprintf(out + 2 * i, 3, "%02x", mac[i]);
  }
}

/* RFC 4231, test cases 1 to 4, 6 and 7 (5 is about truncation). */
static void rfc4231(void) {
  char aa[131], dd[50], cd[50], b0b[20];
  memset(aa, 0xaa, sizeof aa);
  memset(dd, 0xdd, sizeof dd);
  memset(cd, 0xcd, sizeof cd);
  memset(b0b, 0x0b, sizeof b0b);
  const struct {
    struct asr_span key, data;
    const char *mac;
  } cases[] = {
      {{b0b, 20},
       asr_span_of("Hi There"),
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {asr_span_of("Jefe"), asr_span_of("what do ya want for nothing?"),
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {{aa, 20},
       {dd, 50},
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {asr_span_of("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
                   "\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"),
       {cd, 50},
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {{aa, 131},
       asr_span_of("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {{aa, 131},
       asr_span_of("This is a test using a larger than block-size key and a "
                   "larger than block-size data. The key needs to be hashed "
                   "before being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct asr_signer s;
    char hex[2 * ASR_MAC_SIZE + 1];
    CHECK(asr_signer_init(&s, cases[i].key, asr_span(NULL, 0)) == ASR_OK);
    for (int again = 0; again < 2; again++) { /* the keyed context is kept */
      hex_mac(&s, cases[i].data, hex);
      CHECK_SPAN(asr_span_of(hex), cases[i].mac);
    }
    asr_signer_close(&s);
  }
}

/* RFC 7515, appendix A.1. */
static void rfc7515(void) {
  static const unsigned char key[64] = {
      3,   35,  53,  75,  43,  15,  165, 188, 131, 126, 6,   101, 119,
      123, 166, 143, 90,  179, 40,  230, 240, 84,  201, 40,  169, 15,
      132, 178, 210, 80,  46,  191, 211, 251, 90,  146, 210, 6,   71,
      239, 150, 138, 180, 195, 119, 98,  61,  34,  61,  46,  33,  114,
      5,   46,  79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
  struct asr_signer s;
  struct asr_buf out;
  asr_buf_init(&out, 1000);
  CHECK(asr_signer_init(&s, asr_span((const char *)key, sizeof key),
                        asr_span(NULL, 0)) == ASR_OK);
  CHECK(asr_signer_sign(
            &s, asr_span_of("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"),
            asr_span_of("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                        "\"http://example.com/is_root\":true}"),
            &out) == ASR_OK);
  CHECK_BUF(out, "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
                 "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
                 "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
                 "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  asr_signer_close(&s);
  asr_buf_close(&out);
}

static void golden(void) {
  struct golden g;
  int lines = 0;
  if (!CHECK(golden_open(&g, "spec/golden/tokens.jsonl"))) {
    return;
  }
  while (golden_next(&g)) {
    struct asr_signer s;
    struct asr_buf out;
    struct asr_span token = golden_get(&g, "token");
    asr_buf_init(&out, ASR_TOKEN_MAX);
    CHECK(asr_signer_init(&s, golden_get(&g, "key"), asr_span(NULL, 0)) ==
          ASR_OK);
    CHECK(asr_signer_sign(&s, golden_get(&g, "header"),
                          golden_get(&g, "payload"), &out) == ASR_OK);
    CHECK(token.n > 0 && asr_span_eq(asr_buf_span(&out), token));
    asr_buf_close(&out);
    asr_signer_close(&s);
    lines++;
  }
  CHECK(feof(g.file) && lines == 20);
  golden_close(&g);
}

/* token() must be sign() of the header and payload that jwt.h promises. */
static void check_token(const struct asr_claims *claims, const char *kid,
                        const char *header, const char *payload) {
  struct asr_signer s;
  struct asr_buf got, want;
  asr_buf_init(&got, 10000);
  asr_buf_init(&want, 10000);
  CHECK(asr_signer_init(&s, asr_span_of("key"), asr_span_of(kid)) == ASR_OK);
  asr_buf_add_text(&got, "before:"); /* it adds, and signs only its own */
  asr_buf_add_text(&want, "before:");
  CHECK(asr_signer_token(&s, claims, &got) == ASR_OK);
  CHECK(asr_signer_sign(&s, asr_span_of(header), asr_span_of(payload), &want) ==
        ASR_OK);
  CHECK(asr_span_eq(asr_buf_span(&got), asr_buf_span(&want)));
  asr_signer_close(&s);
  asr_buf_close(&got);
  asr_buf_close(&want);
}

static void tokens(void) {
  struct asr_claims claims = {
      {NULL, 0}, asr_span_of(AUDIENCE), 1795480209, 3600};
  check_token(&claims, NULL, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
              "{\"nbf\":1795480209,\"exp\":1795483809,\"iat\":1795480209,"
              "\"aud\":\"http://localhost:8888/api/hubs/chat/:send\"}");
  claims.custom = asr_span_of(" { \"asrs.s.uid\" : \"u\\u00e9\",\"n\":[{}] } ");
  check_token(&claims, "k\"1",
              "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k\\\"1\"}",
              "{ \"asrs.s.uid\" : \"u\\u00e9\",\"n\":[{}] ,"
              "\"nbf\":1795480209,\"exp\":1795483809,\"iat\":1795480209,"
              "\"aud\":\"http://localhost:8888/api/hubs/chat/:send\"}");
  claims.custom = asr_span_of("{ }");
  claims.audience = asr_span_of("\"\\\n");
  check_token(&claims, NULL, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
              "{\"nbf\":1795480209,\"exp\":1795483809,\"iat\":1795480209,"
              "\"aud\":\"\\\"\\\\\\n\"}");
}

static void refused(void) {
  static const char *const customs[] = {"",
                                        "[]",
                                        "1",
                                        "{",
                                        "{}x",
                                        "{\"a\":1,}",
                                        "{\"aud\":\"x\"}",
                                        "{\"\\u0061ud\":1}",
                                        "{\"a\":{},\"exp\":1}",
                                        "{\"nbf\":1}",
                                        "{\"iat\":1}",
                                        "{\"a\":1,\"b\":{},\"a\":2}",
                                        "{\"a\":1,\"\\u0061\":2}",
                                        "\v{\"a\":1}",
                                        "{\"a\":1}\f",
                                        "{\"a\":\"\xff\"}"};
  struct asr_signer s;
  struct asr_buf out;
  struct asr_claims claims = {{NULL, 0}, asr_span_of("a"), 1, 1};
  asr_buf_init(&out, 10000);
  CHECK(asr_signer_init(&s, asr_span_of(""), asr_span(NULL, 0)) == ASR_INVALID);
  CHECK(s.mac == NULL && s.head == NULL);
  CHECK(asr_signer_init(&s, asr_span_of("k"), asr_span_of("\xff")) ==
        ASR_INVALID);
  CHECK(s.mac == NULL && s.head == NULL);
  CHECK(asr_signer_init(&s, asr_span_of("k"), asr_span(NULL, 0)) == ASR_OK);
  for (size_t i = 0; i < sizeof customs / sizeof customs[0]; i++) {
    claims.custom = asr_span_of(customs[i]);
    CHECK(asr_signer_token(&s, &claims, &out) == ASR_INVALID);
  }
  claims.custom = asr_span_of("{\"a\":{\"aud\":1}}"); /* not its own name */
  CHECK(asr_signer_token(&s, &claims, &out) == ASR_OK);
  claims.audience = asr_span_of("\xff");
  CHECK(asr_signer_token(&s, &claims, &out) == ASR_INVALID);
  claims.audience = asr_span_of("a");
  asr_buf_close(&out);
  CHECK(asr_signer_token(&s, &claims, &out) == ASR_TOO_BIG);
  asr_signer_close(&s);
  asr_signer_close(&s);
  asr_buf_init(&out, 10000);
  CHECK(asr_signer_token(&s, &claims, &out) == ASR_CRYPTO && out.len == 0);
  asr_buf_close(&out);
}

/* ---- many threads, one signer */

struct job {
  const struct asr_signer *signer;
  struct asr_span want;
  int wrong;
};

static void *sign_often(void *arg) {
  struct job *job = arg;
  struct asr_claims claims = {{NULL, 0}, asr_span_of(AUDIENCE), 5, 5};
  struct asr_buf out;
  asr_buf_init(&out, 10000);
  for (int i = 0; i < 500; i++) {
    asr_buf_reset(&out, 10000);
    job->wrong += asr_signer_token(job->signer, &claims, &out) != ASR_OK ||
                  !asr_span_eq(asr_buf_span(&out), job->want);
  }
  asr_buf_close(&out);
  return NULL;
}

static void threads(void) {
  enum { THREADS = 4 };
  struct asr_claims claims = {{NULL, 0}, asr_span_of(AUDIENCE), 5, 5};
  struct asr_signer s;
  struct asr_buf want;
  pthread_t ids[THREADS];
  struct job jobs[THREADS];
  asr_buf_init(&want, 10000);
  CHECK(asr_signer_init(&s, asr_span_of("key"), asr_span(NULL, 0)) == ASR_OK);
  CHECK(asr_signer_token(&s, &claims, &want) == ASR_OK);
  for (int i = 0; i < THREADS; i++) {
    jobs[i] = (struct job){&s, asr_buf_span(&want), 0};
    CHECK(pthread_create(&ids[i], NULL, sign_often, &jobs[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++) {
    CHECK(pthread_join(ids[i], NULL) == 0);
    CHECK(jobs[i].wrong == 0);
  }
  asr_signer_close(&s);
  asr_buf_close(&want);
}

int main(void) {
  rfc4231();
  rfc7515();
  golden();
  tokens();
  refused();
  threads();
  return check_report("jwt");
}
