/* SPDX-License-Identifier: MIT */
/*
 * A pull parser for JSON (RFC 8259, strictly): asr_jsonr_next() gives one
 * event after the other, checks the nesting and the grammar, that strings
 * are UTF-8, and that escaped surrogates come in pairs. It accepts exactly
 * one value with white space around it, no byte order mark.
 */
#ifndef ASR_JSONR_H
#define ASR_JSONR_H

#include <stdbool.h>

#include "core/buf.h"

enum { ASR_JSON_DEPTH = 128 }; /* arrays and objects within each other */

enum asr_json_type {
  ASR_JSON_END, /* the value is complete and nothing follows */
  ASR_JSON_OBJECT,
  ASR_JSON_OBJECT_END,
  ASR_JSON_ARRAY,
  ASR_JSON_ARRAY_END,
  ASR_JSON_KEY,
  ASR_JSON_STRING,
  ASR_JSON_NUMBER, /* text: as it stands; see jsonnum.h */
  ASR_JSON_TRUE,
  ASR_JSON_FALSE,
  ASR_JSON_NULL
};

struct asr_json_event {
  enum asr_json_type type;
  struct asr_span text; /* of keys and strings (decoded) and numbers; valid
                           until the next call, and as long as the input */
};

struct asr_jsonr {
  const char *start, *p, *end; /* the input: the caller's, must outlive it */
  struct asr_buf *scratch;     /* the caller's; may be NULL */
  const char *why;             /* after a failure: the rule; static */
  int state;
  int depth;
  char open[ASR_JSON_DEPTH]; /* '{' or '[' of each level */
};

/* Strings with escapes are decoded into `scratch` (its ceiling should be the
 * length of `text`). Without one they are only checked, and their events
 * carry the text as it was escaped. */
void asr_jsonr_init(struct asr_jsonr *r, struct asr_span text,
                    struct asr_buf *scratch);
/* ASR_INVALID (see `why` and asr_jsonr_at), ASR_TOO_BIG (nesting; the same)
 * or the scratch buffer's failure. After a failure it must not go on. */
enum asr_status asr_jsonr_next(struct asr_jsonr *r, struct asr_json_event *e);
/* Bytes before the place that parsing has reached. */
size_t asr_jsonr_at(const struct asr_jsonr *r);

/* Reads all of `text`; allocates nothing. `r` holds why and where. */
enum asr_status asr_json_check(struct asr_jsonr *r, struct asr_span text);

#endif
