/* SPDX-License-Identifier: MIT */
/* The head of an HTTP/1.x answer: strict, nothing is guessed or repaired. */
#ifndef ASR_HTTPHEAD_H
#define ASR_HTTPHEAD_H

#include <stdint.h>

#include "core/span.h"
#include "core/status.h"

/* How the body ends. */
enum asr_http_body {
  ASR_HTTP_REST,   /* with the connection */
  ASR_HTTP_LENGTH, /* after `length` bytes */
  ASR_HTTP_CHUNKS  /* with a chunk of no size */
};

/* Every longer length is taken for this one, which is over every limit. */
#define ASR_HTTP_HUGE ((uint64_t)1 << 53)

struct asr_http_head {
  uint64_t length;
  enum asr_http_body body;
  int status; /* 100 to 999 */
  bool keep;  /* the connection may carry another request */
};

/* Reads a head: the status line and the header lines, each with its CRLF,
 * without the empty line behind them. ASR_INVALID when it is none; then
 * `problem` says why, a static text. */
enum asr_status asr_http_head_parse(struct asr_span text,
                                    struct asr_http_head *head,
                                    const char **problem);

/* Takes the next header line off `rest` (lines with their CRLF). ASR_INVALID
 * for a malformed one; false in `any` when there are none left. The spans
 * point into the text. */
enum asr_status asr_http_header_next(struct asr_span *rest, bool *any,
                                     struct asr_span *name,
                                     struct asr_span *value);

/* Of a head that asr_http_head_parse took: what is behind its first line. */
struct asr_span asr_http_header_lines(struct asr_span text);

#endif
