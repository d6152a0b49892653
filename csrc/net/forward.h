/* SPDX-License-Identifier: MIT */
/* Plain HTTP through a proxy of HTTP: the connection goes to the proxy, which
 * is told the whole URL and, in a header, who asks. */
#ifndef ASR_FORWARD_H
#define ASR_FORWARD_H

#include <stdbool.h>

struct asr_forward {
  char *url;  /* of the proxy, without its password; NULL: it does not apply */
  char *line; /* "Proxy-Authorization: ...\r\n", or NULL */
};

/* Reads the option; NULL is fine. A proxy of another kind than http and https
 * leaves `url` NULL. False: no memory. */
bool asr_forward_open(struct asr_forward *f, const char *proxy);
/* Wipes and frees. */
void asr_forward_close(struct asr_forward *f);

#endif
