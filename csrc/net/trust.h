/* SPDX-License-Identifier: MIT */
/*
 * Whom TLS believes: the CA certificates, parsed once for all connections.
 * libcurl would parse the system's bundle again for each, which costs 20 ms,
 * because its own store is kept by the multi handle, and each connection here
 * has one of its own.
 */
#ifndef ASR_TRUST_H
#define ASR_TRUST_H

#include <curl/curl.h>

#include "net/options.h"

struct asr_trust {
  void *store;       /* an X509_STORE, or NULL */
  bool loaded;       /* it was tried */
  const char *fault; /* a constant: why there is none, or NULL */
};

/* Parses what the options name, or the system's own; once, or
 * again after a failure. Takes 20 to 40 ms
 * for the system's bundle. */
void asr_trust_load(struct asr_trust *trust, const struct asr_options *options);
void asr_trust_free(struct asr_trust *trust);
/* Has a handle believe in it. False: libcurl has no memory. */
bool asr_trust_give(struct asr_trust *trust, CURL *easy,
                    const struct asr_options *options);

#endif
