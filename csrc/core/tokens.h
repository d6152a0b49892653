/* SPDX-License-Identifier: MIT */
/*
 * Signed tokens that are good for a while longer, by audience: kept here, so
 * that none lies in a table of Lua's. Bounded: where too many audiences meet,
 * the one that was not asked for longest makes room. All bytes zero is an
 * empty store; it has one owner, and one thread at a time.
 */
#ifndef ASR_TOKENS_H
#define ASR_TOKENS_H

#include <stdint.h>

#include "core/jwt.h"

/* In sets of ASR_TOKEN_WAYS; longer texts (audience and line) are not kept. */
enum { ASR_TOKEN_SETS = 64, ASR_TOKEN_WAYS = 4, ASR_TOKEN_KEPT = 4096 };

struct asr_kept_token {
  char *text; /* the audience, then the header line */
  size_t audience_len, len;
  uint64_t hash, used; /* used: when it was asked for, by `turn` */
  int64_t at, lifetime;
};

struct asr_tokens {
  struct asr_kept_token *kept; /* sets times ways, or NULL */
  uint64_t turn;
};

struct asr_token_wish {
  const struct asr_signer *signer;
  struct asr_span audience;
  uint64_t hash;                /* asr_place_hash of the audience */
  int64_t now, lifetime, reuse; /* Unix seconds; seconds */
};

/* Adds the line "Authorization: Bearer <token>" to `out`, without its CRLF:
 * the kept one, if it was signed for this audience and lifetime less than
 * `reuse` seconds ago (and not in the future: a clock may be set back), else
 * a new one. *at is when it was signed. Failures are those of
 * asr_signer_token; that nothing can be kept is none. */
enum asr_status asr_tokens_line(struct asr_tokens *t,
                                const struct asr_token_wish *wish,
                                struct asr_buf *out, int64_t *at);
/* Wipes and frees everything; may be called again. */
void asr_tokens_close(struct asr_tokens *t);

#endif
