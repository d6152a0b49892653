/* SPDX-License-Identifier: MIT */
#include "core/place.h"
#include "core/tokens.h"

#include <stdio.h>

#include "test/check.h"

static struct asr_signer signer;

/* Asks for `audience` at `now`; returns when its token was signed. */
static int64_t ask(struct asr_tokens *t, const char *audience, int64_t now) {
  struct asr_token_wish wish = {&signer,
                                asr_span_of(audience),
                                asr_place_hash(asr_span_of(audience)),
                                now,
                                3600,
                                60};
  struct asr_claims claims = {
      {NULL, 0}, asr_span_of(audience), now, wish.lifetime};
  struct asr_buf line, want;
  int64_t at = -1;
  asr_buf_init(&line, ASR_TOKEN_MAX);
  asr_buf_init(&want, ASR_TOKEN_MAX);
  CHECK(asr_tokens_line(t, &wish, &line, &at) == ASR_OK);
  claims.now = at;
  asr_buf_add_text(&want, ASR_BEARER);
  CHECK(asr_signer_token(&signer, &claims, &want) == ASR_OK);
  CHECK(asr_span_eq(asr_buf_span(&line), asr_buf_span(&want)));
  asr_buf_close(&line);
  asr_buf_close(&want);
  return at;
}

static void keeps_for_a_while(void) {
  struct asr_tokens t = {0};
  CHECK(ask(&t, "a", 1000) == 1000);
  CHECK(ask(&t, "a", 1059) == 1000);
  CHECK(ask(&t, "b", 1059) == 1059);
  CHECK(ask(&t, "a", 1060) == 1060);
  CHECK(ask(&t, "a", 1059) == 1059); /* the clock was set back */
  asr_tokens_close(&t);
  asr_tokens_close(&t);
  CHECK(ask(&t, "a", 1060) == 1060); /* closed is empty */
  asr_tokens_close(&t);
}

static long count_kept(const struct asr_tokens *t) {
  long n = 0;
  for (int i = 0; i < ASR_TOKEN_SETS * ASR_TOKEN_WAYS; i++) {
    n += t->kept[i].text != NULL;
  }
  return n;
}

/* What is asked for all the time stays, whatever else comes by. */
static void gives_up_what_is_not_asked_for(void) {
  struct asr_tokens t = {0};
  CHECK(ask(&t, "often", 1000) == 1000);
  for (int i = 0; i < 5000; i++) {
    char audience[32];
    snprintf(audience, sizeof audience, "http://h/%d", i);
    CHECK(ask(&t, audience, 1001) == 1001);
    CHECK(ask(&t, "often", 1001) == 1000);
  }
  CHECK(count_kept(&t) == (long)ASR_TOKEN_SETS * ASR_TOKEN_WAYS);
  asr_tokens_close(&t);
}

static void keeps_nothing_long(void) {
  struct asr_tokens t = {0};
  char audience[ASR_TOKEN_KEPT + 1];
  memset(audience, 'x', sizeof audience);
  audience[ASR_TOKEN_KEPT] = '\0';
  CHECK(ask(&t, audience, 1000) == 1000);
  CHECK(ask(&t, audience, 1001) == 1001);
  CHECK(count_kept(&t) == 0);
  asr_tokens_close(&t);
}

static void refuses(void) {
  struct asr_tokens t = {0};
  struct asr_signer closed = {0};
  struct asr_buf line;
  int64_t at;
  struct asr_token_wish wish = {&closed, asr_span_of("a"), 1, 1, 1, 60};
  asr_buf_init(&line, ASR_TOKEN_MAX);
  CHECK(asr_tokens_line(&t, &wish, &line, &at) == ASR_CRYPTO);
  wish.signer = &signer;
  wish.audience = asr_span_of("\xff");
  CHECK(asr_tokens_line(&t, &wish, &line, &at) == ASR_INVALID);
  CHECK(count_kept(&t) == 0);
  asr_buf_close(&line);
  asr_tokens_close(&t);
}

int main(void) {
  CHECK(asr_signer_init(&signer, asr_span_of("key"), asr_span(NULL, 0)) ==
        ASR_OK);
  keeps_for_a_while();
  gives_up_what_is_not_asked_for();
  keeps_nothing_long();
  refuses();
  asr_signer_close(&signer);
  return check_report("tokens");
}
