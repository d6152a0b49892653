/* SPDX-License-Identifier: MIT */
/* RFC 4648 section 5, without padding, as RFC 7515 wants it. */
#ifndef ASR_BASE64URL_H
#define ASR_BASE64URL_H

#include "core/buf.h"

enum asr_status asr_base64url_add(struct asr_buf *out, struct asr_span bytes);

#endif
