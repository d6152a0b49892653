/* SPDX-License-Identifier: MIT */
#include "core/mem.h"

#include <openssl/crypto.h>

void *asr_realloc(void *p, size_t size) {
  return OPENSSL_realloc(p, size);
}

void asr_free(void *p) {
  OPENSSL_free(p);
}

void asr_wipe(void *p, size_t n) {
  OPENSSL_clear_free(p, n);
}
