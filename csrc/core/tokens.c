/* SPDX-License-Identifier: MIT */
#include "core/tokens.h"

#include <string.h>

#include "core/mem.h"

static bool is_for(const struct asr_kept_token *k, uint64_t hash,
                   struct asr_span audience) {
  return k->text != NULL && k->hash == hash &&
         asr_span_eq(audience, asr_span(k->text, k->audience_len));
}

static bool is_good(const struct asr_kept_token *k,
                    const struct asr_token_wish *wish) {
  return k->lifetime == wish->lifetime && k->at <= wish->now &&
         wish->now - k->at < wish->reuse;
}

/* The place for an audience: its own, a free one, or the one to be given up.
 * NULL without memory. */
static struct asr_kept_token *place_for(struct asr_tokens *t, uint64_t hash,
                                        struct asr_span audience) {
  if (t->kept == NULL) {
    size_t size = sizeof *t->kept * ASR_TOKEN_SETS * ASR_TOKEN_WAYS;
    t->kept = asr_realloc(NULL, size);
    if (t->kept == NULL) {
      return NULL;
    }
    memset(t->kept, 0, size);
  }
  struct asr_kept_token *set = &t->kept[hash % ASR_TOKEN_SETS * ASR_TOKEN_WAYS];
  struct asr_kept_token *place = set;
  for (int i = 0; i < ASR_TOKEN_WAYS; i++) {
    if (is_for(&set[i], hash, audience)) {
      return &set[i];
    }
    if (set[i].used < place->used) { /* a free one was never used */
      place = &set[i];
    }
  }
  return place;
}

static void give_up(struct asr_kept_token *k) {
  asr_wipe(k->text, k->audience_len + k->len);
  memset(k, 0, sizeof *k);
}

/* Without memory it keeps nothing. */
static void keep(struct asr_kept_token *k, const struct asr_token_wish *wish,
                 uint64_t hash, struct asr_span line) {
  struct asr_span audience = wish->audience;
  give_up(k);
  if (audience.n + line.n > ASR_TOKEN_KEPT) {
    return;
  }
  k->text = asr_realloc(NULL, audience.n + line.n);
  if (k->text == NULL) {
    return;
  }
  memcpy(k->text, audience.p, audience.n);
  memcpy(k->text + audience.n, line.p, line.n);
  k->audience_len = audience.n;
  k->len = line.n;
  k->hash = hash;
  k->at = wish->now;
  k->lifetime = wish->lifetime;
}

static enum asr_status sign(const struct asr_token_wish *wish,
                            struct asr_buf *out) {
  struct asr_claims claims = {
      {NULL, 0}, wish->audience, wish->now, wish->lifetime};
  asr_buf_add_text(out, ASR_BEARER);
  return asr_signer_token(wish->signer, &claims, out);
}

enum asr_status asr_tokens_line(struct asr_tokens *t,
                                const struct asr_token_wish *wish,
                                struct asr_buf *out, int64_t *at) {
  uint64_t hash = wish->hash;
  struct asr_kept_token *k = place_for(t, hash, wish->audience);
  bool kept = k != NULL && is_for(k, hash, wish->audience) && is_good(k, wish);
  *at = kept ? k->at : wish->now;
  if (kept) {
    k->used = ++t->turn;
    return asr_buf_add(out, k->text + k->audience_len, k->len);
  }
  size_t from = out->len;
  enum asr_status status = sign(wish, out);
  if (status == ASR_OK && wish->reuse > 0 && k != NULL) {
    keep(k, wish, hash, asr_span(out->data + from, out->len - from));
    k->used = k->text != NULL ? ++t->turn : 0;
  }
  return status;
}

void asr_tokens_close(struct asr_tokens *t) {
  for (int i = 0; t->kept != NULL && i < ASR_TOKEN_SETS * ASR_TOKEN_WAYS; i++) {
    give_up(&t->kept[i]);
  }
  asr_free(t->kept);
  memset(t, 0, sizeof *t);
}
