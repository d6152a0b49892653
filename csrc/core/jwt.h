/* SPDX-License-Identifier: MIT */
/* HS256 tokens (RFC 7515, RFC 7519) with a key that is prepared once. */
#ifndef ASR_JWT_H
#define ASR_JWT_H

#include <stdint.h>

#include "core/buf.h"

/* The header line of a request before its token. */
#define ASR_BEARER "Authorization: Bearer "

enum { ASR_MAC_SIZE = 32, ASR_TOKEN_MAX = 1 << 20, ASR_CLAIMS_MAX = 1000 };

/*
 * All bytes zero is a closed signer. Between init and close nothing in it
 * changes: any number of threads may sign with the same one at the same time
 * (each signature duplicates the keyed context). init and close belong to
 * one owner, who sees to it that nobody signs by then.
 */
struct asr_signer {
  struct evp_mac_ctx_st *mac; /* holds the only copy of the key kept here */
  char *head;                 /* the encoded header of token(), with its "." */
  size_t head_len;
};

struct asr_claims {
  struct asr_span custom;   /* the text of a JSON object, or not there */
  struct asr_span audience; /* UTF-8 */
  int64_t now, lifetime;    /* Unix seconds, seconds */
};

/* `key` is not kept; it must not be empty. `key_id` becomes the header's kid
 * (not there: no kid). On failure the signer is closed. */
enum asr_status asr_signer_init(struct asr_signer *s, struct asr_span key,
                                struct asr_span key_id);
/* Makes `copy` another signer with the same key and header, to be closed on
 * its own. On failure it is closed. */
enum asr_status asr_signer_copy(struct asr_signer *copy,
                                const struct asr_signer *s);
/* Whether `text` may be the claims of a token: a JSON object of *count members,
 * at most ASR_CLAIMS_MAX, all of different names and none of them nbf, exp,
 * iat or aud. ASR_INVALID: *problem says why, a static text, either a rule
 * ("must ...") or what of it is no JSON. */
enum asr_status asr_claims_check(struct asr_span text, size_t *count,
                                 const char **problem);
/* Adds a token with the header {"alg":"HS256","typ":"JWT"[,"kid":...]} and
 * the members of `custom`, then nbf, exp, iat, aud. ASR_INVALID: the audience
 * is not UTF-8, or asr_claims_check refuses `custom`. */
enum asr_status asr_signer_token(const struct asr_signer *s,
                                 const struct asr_claims *claims,
                                 struct asr_buf *out);
/* Adds a token over exactly these bytes. */
enum asr_status asr_signer_sign(const struct asr_signer *s,
                                struct asr_span header, struct asr_span payload,
                                struct asr_buf *out);
/* HMAC-SHA256 of `data`. A closed signer gives ASR_CRYPTO, as above. */
enum asr_status asr_signer_mac(const struct asr_signer *s, struct asr_span data,
                               unsigned char mac[ASR_MAC_SIZE]);
/* Wipes the key and frees everything; may be called again. */
void asr_signer_close(struct asr_signer *s);

#endif
