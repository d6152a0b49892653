/* SPDX-License-Identifier: MIT */
#include "net/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>

/* A store of ours means something only to a libcurl on the OpenSSL that is
 * linked here. Backends that are not in use stand in parentheses. */
static bool is_on_openssl(void) {
  const char *ssl = curl_version_info(CURLVERSION_NOW)->ssl_version;
  const char *at = ssl != NULL ? strstr(ssl, "OpenSSL/3") : NULL;
  return at != NULL && (at == ssl || at[-1] != '(');
}

static bool add_text(X509_STORE *store, const char *pem, size_t size) {
  BIO *in = size <= INT32_MAX ? BIO_new_mem_buf(pem, (int)size) : NULL;
  int added = 0;
  X509 *one = NULL;
  while (in != NULL && (one = PEM_read_bio_X509(in, NULL, NULL, NULL))) {
    added += X509_STORE_add_cert(store, one) == 1;
    X509_free(one);
  }
  BIO_free(in);
  return added > 0;
}

static const char *fill(X509_STORE *store, const struct asr_options *options) {
  const char *file = options->ca_file, *path = options->ca_path;
  if (options->ca_pem != NULL) {
    return add_text(store, options->ca_pem, strlen(options->ca_pem))
               ? NULL
               : "the option ca_pem holds no certificate in PEM";
  }
  if (file == NULL && path == NULL) {
    const curl_version_info_data *about = curl_version_info(CURLVERSION_NOW);
    file = about->cainfo;
    path = file == NULL ? about->capath : NULL;
  }
  if (file != NULL && X509_STORE_load_file(store, file) != 1) {
    return "the CA certificate file cannot be read (is it there, also after a "
           "chroot, and does it hold certificates in PEM?)";
  }
  if (path != NULL && X509_STORE_load_path(store, path) != 1) {
    return "the CA certificate directory cannot be used";
  }
  return NULL;
}

void asr_trust_load(struct asr_trust *trust,
                    const struct asr_options *options) {
  if (trust->loaded && trust->fault == NULL) {
    return;
  }
  asr_trust_free(trust); /* what failed may have passed: descriptors, memory */
  trust->loaded = true;
  if (options->insecure || !is_on_openssl()) {
    return;
  }
  X509_STORE *store = X509_STORE_new();
  if (store == NULL) {
    trust->fault = "no memory for the CA certificates";
    return;
  }
  X509_STORE_set_flags(store,
                       X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  trust->fault = fill(store, options);
  ERR_clear_error();
  trust->store = store;
}

void asr_trust_free(struct asr_trust *trust) {
  X509_STORE_free(trust->store);
  memset(trust, 0, sizeof *trust);
}

static CURLcode hand_over(CURL *easy, void *context, void *arg) {
  (void)easy;
  const struct asr_trust *trust = arg;
  if (trust->store == NULL || trust->fault != NULL) {
    return CURLE_SSL_CACERT_BADFILE;
  }
  SSL_CTX_set1_cert_store(context, trust->store);
  return CURLE_OK;
}

#define SET(easy, option, value)                                               \
  (curl_easy_setopt(easy, option, value) == CURLE_OK)

/* On another TLS library: its own way, which parses for each connection. */
static bool give_names(CURL *easy, const struct asr_options *options) {
  if (options->ca_pem != NULL) {
    struct curl_blob blob = {NULL, strlen(options->ca_pem), CURL_BLOB_COPY};
    memcpy(&blob.data, &options->ca_pem, sizeof blob.data); /* it only reads */
    return SET(easy, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (options->ca_file == NULL && options->ca_path == NULL) {
    return true;
  }
  return SET(easy, CURLOPT_CAINFO, options->ca_file) &&
         SET(easy, CURLOPT_CAPATH, options->ca_path) &&
         SET(easy, CURLOPT_PROXY_CAINFO, options->ca_file) &&
         SET(easy, CURLOPT_PROXY_CAPATH, options->ca_path);
}

bool asr_trust_give(struct asr_trust *trust, CURL *easy,
                    const struct asr_options *options) {
  const char *none = NULL;
  if (options->insecure) {
    return true;
  }
  if (trust->store == NULL) {
    return give_names(easy, options);
  }
  return SET(easy, CURLOPT_CAINFO, none) && SET(easy, CURLOPT_CAPATH, none) &&
         SET(easy, CURLOPT_PROXY_CAINFO, none) &&
         SET(easy, CURLOPT_PROXY_CAPATH, none) &&
         SET(easy, CURLOPT_SSL_CTX_FUNCTION, hand_over) &&
         SET(easy, CURLOPT_SSL_CTX_DATA, trust);
}
