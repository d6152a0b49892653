/* SPDX-License-Identifier: MIT */
/* Writes the scalars of JSON; brackets and commas are the caller's. */
#ifndef ASR_JSONW_H
#define ASR_JSONW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/* Quoted and escaped. ASR_INVALID if the bytes are not UTF-8; what has been
 * written of it by then stays in the buffer, whose own status is untouched. */
enum asr_status asr_jsonw_string(struct asr_buf *out, struct asr_span s);
enum asr_status asr_jsonw_int(struct asr_buf *out, int64_t value);
enum asr_status asr_jsonw_uint(struct asr_buf *out, uint64_t value);
/*
 * A number that is integral within -2^53..2^53 without fraction or exponent
 * (with ".0" if `fraction`), every other in the fewest digits that read back
 * equal; -0.0 is "-0". ASR_INVALID for NaN and the infinities.
 */
enum asr_status asr_jsonw_double(struct asr_buf *out, double x, bool fraction);

#endif
