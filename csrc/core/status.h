/* SPDX-License-Identifier: MIT */
/* How every function of the core that can fail says so. */
#ifndef ASR_STATUS_H
#define ASR_STATUS_H

enum asr_status {
  ASR_OK = 0,
  ASR_NOMEM,   /* the allocator gave nothing */
  ASR_TOO_BIG, /* a buffer's ceiling, or a nesting limit, would be passed */
  ASR_INVALID, /* the input breaks a rule */
  ASR_CRYPTO   /* libcrypto refused */
};

/* A short English text; static, never NULL. */
const char *asr_status_text(enum asr_status status);

#endif
