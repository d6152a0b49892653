/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, no more than
 * U+10FFFF. */
#ifndef ASR_UTF8_H
#define ASR_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "core/span.h"

/* Length in bytes (1 to 4) of the character at `p`, or 0 if the `left` bytes
 * there do not begin with a complete, valid one. */
size_t asr_utf8_step(const char *p, size_t left);
/* Writes `code` (a scalar value: not a surrogate, at most 0x10FFFF) to `out`;
 * returns the number of bytes. */
size_t asr_utf8_put(char out[4], uint32_t code);
/* Counts the characters; false if the bytes are not UTF-8. */
bool asr_utf8_count(struct asr_span s, size_t *count);

#endif
