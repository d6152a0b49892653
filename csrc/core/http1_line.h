/* SPDX-License-Identifier: MIT */
/* The lines of an answer, for the reader of http1.h alone: each function
 * judges one, given without its CRLF. */
#ifndef ASR_HTTP1_LINE_H
#define ASR_HTTP1_LINE_H

#include <stdint.h>

#include "core/span.h"

/* The status, or 0 for what is no status line. */
int asr_http1_status(struct asr_span line, bool *old);
/* A header line: its name, and its value without the white space around. */
bool asr_http1_split(struct asr_span line, struct asr_span *name,
                     struct asr_span *value);
/* One number, or the same one several times with commas. What is more than
 * any limit is told as UINT64_MAX. */
bool asr_http1_length(struct asr_span value, uint64_t *length);
/* Hexadecimal digits, then nothing or an extension. */
bool asr_http1_chunk_size(struct asr_span line, uint64_t *size);
/* Whether a piece of a line holds no control character but the tab, one CR as
 * its last byte, and, if it `ends` the line, the LF behind that. */
bool asr_http1_fits(struct asr_span piece, bool ends);

#endif
