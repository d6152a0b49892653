/* SPDX-License-Identifier: MIT */
#include "net/forward.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/span.h"

static char *part(CURLU *u, CURLUPart which, unsigned flags) {
  char *text = NULL;
  return curl_url_get(u, which, &text, flags) == CURLUE_OK ? text : NULL;
}

static void drop(char *secret) {
  if (secret != NULL) {
    OPENSSL_cleanse(secret, strlen(secret));
    curl_free(secret);
  }
}

static char *join(const char *format, const char *a, const char *b,
                  const char *c) {
  size_t size = strlen(format) + strlen(a) + strlen(b) + strlen(c) + 1;
  char *text = asr_realloc(NULL, size);
  if (text != NULL) {
    snprintf(text, size, format, a, b, c);
  }
  return text;
}

/* Basic: base64 of name:password */
static char *basic(const char *user, const char *password) {
  char *plain = join("%s:%s%s", user, password, "");
  size_t n = plain != NULL ? strlen(plain) : 0;
  unsigned char *coded = plain != NULL ? asr_realloc(NULL, n * 2 + 8) : NULL;
  char *line = NULL;
  if (coded != NULL) {
    EVP_EncodeBlock(coded, (const unsigned char *)plain, (int)n);
    line = join("Proxy-Authorization: Basic %s\r\n%s%s", (char *)coded, "", "");
    OPENSSL_cleanse(coded, n * 2 + 8);
  }
  if (plain != NULL) {
    OPENSSL_cleanse(plain, n);
  }
  asr_free(coded);
  asr_free(plain);
  return line;
}

/* libcurl takes 1080 for a proxy without a port; of https it is 443. */
static bool take(struct asr_forward *f, CURLU *u, const char *scheme) {
  char *host = part(u, CURLUPART_HOST, 0);
  char *port = part(u, CURLUPART_PORT, 0);
  char *user = part(u, CURLUPART_USER, CURLU_URLDECODE);
  char *password = part(u, CURLUPART_PASSWORD, CURLU_URLDECODE);
  bool tls = asr_span_eq(asr_span_of(scheme), asr_span_of("https"));
  const char *otherwise = tls ? "443" : "1080";
  bool fine = host != NULL;
  if (fine) {
    f->url = join("%s://%s:%s", scheme, host, port != NULL ? port : otherwise);
    fine = f->url != NULL;
  }
  if (fine && user != NULL) {
    f->line = basic(user, password != NULL ? password : "");
    fine = f->line != NULL;
  }
  curl_free(host);
  curl_free(port);
  curl_free(user);
  drop(password);
  return fine;
}

bool asr_forward_open(struct asr_forward *f, const char *proxy) {
  memset(f, 0, sizeof *f);
  if (proxy == NULL) {
    return true;
  }
  CURLU *u = curl_url();
  bool fine = u != NULL;
  if (fine && curl_url_set(u, CURLUPART_URL, proxy,
                           CURLU_NON_SUPPORT_SCHEME | CURLU_DEFAULT_SCHEME) ==
                  CURLUE_OK) {
    char *scheme = part(u, CURLUPART_SCHEME, 0);
    bool https = scheme != NULL && strcmp(scheme, "https") == 0;
    bool bare = strstr(proxy, "://") == NULL;
    if (scheme != NULL && (bare || https || strcmp(scheme, "http") == 0)) {
      fine = take(f, u, bare ? "http" : scheme);
    }
    curl_free(scheme);
  }
  curl_url_cleanup(u);
  return fine;
}

void asr_forward_close(struct asr_forward *f) {
  if (f->line != NULL) {
    OPENSSL_cleanse(f->line, strlen(f->line));
  }
  asr_free(f->line);
  asr_free(f->url);
  memset(f, 0, sizeof *f);
}
