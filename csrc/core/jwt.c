/* SPDX-License-Identifier: MIT */
#include "core/jwt.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "core/base64url.h"
#include "core/jsonr.h"
#include "core/jsonw.h"
#include "core/mem.h"

/* ---- the key */

static EVP_MAC_CTX *keyed_context(struct asr_span key) {
  char digest[] = "SHA256"; /* OSSL_PARAM takes no pointer to const */
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  EVP_MAC_CTX *ctx = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
  EVP_MAC_free(hmac);
  if (ctx != NULL &&
      !EVP_MAC_init(ctx, (const unsigned char *)key.p, key.n, params)) {
    EVP_MAC_CTX_free(ctx);
    ctx = NULL;
  }
  return ctx;
}

static enum asr_status make_head(struct asr_signer *s, struct asr_span key_id) {
  struct asr_buf json, head;
  enum asr_status status = ASR_OK;
  asr_buf_init(&json, ASR_TOKEN_MAX);
  asr_buf_init(&head, ASR_TOKEN_MAX);
  asr_buf_add_text(&json, "{\"alg\":\"HS256\",\"typ\":\"JWT\"");
  if (key_id.p != NULL) {
    asr_buf_add_text(&json, ",\"kid\":");
    status = asr_jsonw_string(&json, key_id);
  }
  asr_buf_add_byte(&json, '}');
  if (status == ASR_OK && json.status == ASR_OK) {
    asr_base64url_add(&head, asr_buf_span(&json));
    asr_buf_add_byte(&head, '.');
  }
  if (status == ASR_OK) {
    status = json.status != ASR_OK ? json.status : head.status;
  }
  asr_buf_close(&json);
  if (status != ASR_OK) {
    asr_buf_close(&head);
  }
  s->head = head.data; /* the signer owns it from here */
  s->head_len = head.len;
  return status;
}

enum asr_status asr_signer_init(struct asr_signer *s, struct asr_span key,
                                struct asr_span key_id) {
  memset(s, 0, sizeof *s);
  if (key.n == 0) {
    return ASR_INVALID;
  }
  enum asr_status status = make_head(s, key_id);
  if (status != ASR_OK) {
    return status;
  }
  ERR_set_mark(); /* errors of ours must not stay in the thread's queue */
  s->mac = keyed_context(key);
  ERR_pop_to_mark();
  if (s->mac == NULL) {
    asr_signer_close(s);
    return ASR_CRYPTO;
  }
  return ASR_OK;
}

enum asr_status asr_signer_copy(struct asr_signer *copy,
                                const struct asr_signer *s) {
  memset(copy, 0, sizeof *copy);
  if (s->mac == NULL) {
    return ASR_CRYPTO;
  }
  copy->head = asr_realloc(NULL, s->head_len);
  if (copy->head == NULL) {
    return ASR_NOMEM;
  }
  memcpy(copy->head, s->head, s->head_len);
  copy->head_len = s->head_len;
  ERR_set_mark();
  copy->mac = EVP_MAC_CTX_dup(s->mac);
  ERR_pop_to_mark();
  if (copy->mac == NULL) {
    asr_signer_close(copy);
    return ASR_CRYPTO;
  }
  return ASR_OK;
}

void asr_signer_close(struct asr_signer *s) {
  EVP_MAC_CTX_free(s->mac); /* cleanses the key */
  asr_free(s->head);
  memset(s, 0, sizeof *s);
}

/* ---- signatures */

enum asr_status asr_signer_mac(const struct asr_signer *s, struct asr_span data,
                               unsigned char mac[ASR_MAC_SIZE]) {
  if (s->mac == NULL) {
    return ASR_CRYPTO;
  }
  size_t n = 0;
  ERR_set_mark();
  EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(s->mac);
  bool ok = ctx != NULL &&
            EVP_MAC_update(ctx, (const unsigned char *)data.p, data.n) &&
            EVP_MAC_final(ctx, mac, &n, ASR_MAC_SIZE) && n == ASR_MAC_SIZE;
  EVP_MAC_CTX_free(ctx);
  ERR_pop_to_mark();
  return ok ? ASR_OK : ASR_CRYPTO;
}

/* Signs what `out` holds from `from` on. */
static enum asr_status add_signature(const struct asr_signer *s, size_t from,
                                     struct asr_buf *out) {
  unsigned char mac[ASR_MAC_SIZE];
  if (out->status != ASR_OK) {
    return out->status;
  }
  struct asr_span signed_part = asr_span(out->data + from, out->len - from);
  enum asr_status status = asr_signer_mac(s, signed_part, mac);
  if (status != ASR_OK) {
    return status;
  }
  asr_buf_add_byte(out, '.');
  return asr_base64url_add(out, asr_span((const char *)mac, sizeof mac));
}

enum asr_status asr_signer_sign(const struct asr_signer *s,
                                struct asr_span header, struct asr_span payload,
                                struct asr_buf *out) {
  size_t from = out->len;
  asr_base64url_add(out, header);
  asr_buf_add_byte(out, '.');
  asr_base64url_add(out, payload);
  return add_signature(s, from, out);
}

/* ---- claims */

static bool is_reserved(struct asr_span name) {
  return asr_span_eq(name, asr_span_of("nbf")) ||
         asr_span_eq(name, asr_span_of("exp")) ||
         asr_span_eq(name, asr_span_of("iat")) ||
         asr_span_eq(name, asr_span_of("aud"));
}

/* The names of members read so far, one after the other, each behind its
 * length. */
static bool is_among(const struct asr_buf *names, struct asr_span name) {
  size_t at = 0, n;
  while (at < names->len) {
    memcpy(&n, names->data + at, sizeof n);
    at += sizeof n;
    if (asr_span_eq(name, asr_span(names->data + at, n))) {
      return true;
    }
    at += n;
  }
  return false;
}

static const char *add_name(struct asr_buf *names, struct asr_span name,
                            size_t *count) {
  if (is_reserved(name)) {
    return "must not have nbf, exp, iat or aud, which are set by the signer";
  }
  if (is_among(names, name)) {
    return "must not have two members of one name";
  }
  if (++*count > ASR_CLAIMS_MAX) {
    return "must not have more than 1000 members";
  }
  asr_buf_add(names, (const char *)&name.n, sizeof name.n);
  asr_buf_add_span(names, name);
  return NULL;
}

/* Reads members up to the end; *problem is NULL unless one breaks a rule. */
static enum asr_status read_members(struct asr_jsonr *r, struct asr_buf *names,
                                    size_t *count, const char **problem) {
  struct asr_json_event e;
  enum asr_status status = asr_jsonr_next(r, &e);
  if (status == ASR_OK && e.type != ASR_JSON_OBJECT) {
    *problem = "must be a JSON object";
  }
  while (status == ASR_OK && *problem == NULL && e.type != ASR_JSON_END) {
    status = asr_jsonr_next(r, &e);
    if (status == ASR_OK && e.type == ASR_JSON_KEY && r->depth == 1) {
      *problem = add_name(names, e.text, count);
    }
  }
  return *problem != NULL   ? ASR_INVALID
         : status != ASR_OK ? status
                            : names->status;
}

enum asr_status asr_claims_check(struct asr_span text, size_t *count,
                                 const char **problem) {
  struct asr_buf scratch, names; /* a name may be written with escapes */
  struct asr_jsonr r;
  asr_buf_init(&scratch, text.n);
  asr_buf_init(&names, text.n + ASR_CLAIMS_MAX * sizeof(size_t));
  asr_jsonr_init(&r, text, &scratch);
  *count = 0;
  *problem = NULL;
  enum asr_status status = read_members(&r, &names, count, problem);
  if (status == ASR_INVALID || status == ASR_TOO_BIG) {
    *problem = *problem != NULL ? *problem : r.why;
    status = ASR_INVALID;
  }
  asr_buf_close(&names);
  asr_buf_close(&scratch);
  return status;
}

/* The text between the braces of an object that was checked. */
static struct asr_span inside(struct asr_span text) {
  while (text.p[0] != '{') {
    text = asr_span(text.p + 1, text.n - 1);
  }
  while (text.p[text.n - 1] != '}') {
    text.n--;
  }
  return asr_span(text.p + 1, text.n - 2);
}

static enum asr_status add_custom(struct asr_buf *out, struct asr_span text) {
  size_t count = 0;
  const char *problem;
  if (text.p == NULL) {
    return ASR_OK;
  }
  enum asr_status status = asr_claims_check(text, &count, &problem);
  if (status == ASR_OK && count > 0) {
    asr_buf_add_span(out, inside(text));
    asr_buf_add_byte(out, ',');
  }
  return status;
}

static enum asr_status add_payload(struct asr_buf *out,
                                   const struct asr_claims *claims) {
  asr_buf_add_byte(out, '{');
  enum asr_status status = add_custom(out, claims->custom);
  if (status != ASR_OK) {
    return status;
  }
  asr_buf_add_text(out, "\"nbf\":");
  asr_jsonw_int(out, claims->now);
  asr_buf_add_text(out, ",\"exp\":");
  asr_jsonw_int(out, claims->now + claims->lifetime);
  asr_buf_add_text(out, ",\"iat\":");
  asr_jsonw_int(out, claims->now);
  asr_buf_add_text(out, ",\"aud\":");
  status = asr_jsonw_string(out, claims->audience);
  asr_buf_add_byte(out, '}');
  return status != ASR_OK ? status : out->status;
}

enum asr_status asr_signer_token(const struct asr_signer *s,
                                 const struct asr_claims *claims,
                                 struct asr_buf *out) {
  struct asr_buf payload;
  size_t from = out->len;
  if (s->mac == NULL) {
    return ASR_CRYPTO;
  }
  asr_buf_init(&payload, ASR_TOKEN_MAX);
  enum asr_status status = add_payload(&payload, claims);
  if (status == ASR_OK) {
    asr_buf_add(out, s->head, s->head_len);
    asr_base64url_add(out, asr_buf_span(&payload));
    status = add_signature(s, from, out);
  }
  asr_buf_close(&payload);
  return status;
}
