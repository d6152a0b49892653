/* SPDX-License-Identifier: MIT */
/*
 * A growing buffer with a ceiling. It has one owner, who calls
 * asr_buf_close() at the end. The first failure sticks: later additions do
 * nothing and return it again, so that a writer may check once, at the end.
 * All bytes zero is a closed buffer (its ceiling is 0).
 */
#ifndef ASR_BUF_H
#define ASR_BUF_H

#include <stddef.h>

#include "core/span.h"
#include "core/status.h"

struct asr_buf {
  char *data; /* owned; moves whenever the buffer grows */
  size_t len;
  size_t cap;
  size_t ceiling; /* len never passes it */
  enum asr_status status;
};

/* Allocates nothing. */
void asr_buf_init(struct asr_buf *b, size_t ceiling);
/* In `n` bytes of the caller's, which it cannot outgrow; not to be closed. */
void asr_buf_within(struct asr_buf *b, char *bytes, size_t n);
/* Frees the memory; may be called again. */
void asr_buf_close(struct asr_buf *b);
/* Empties it and forgets a failure; keeps the memory, unless that is more
 * than `keep` bytes. */
void asr_buf_reset(struct asr_buf *b, size_t keep);

/* ASR_OK, ASR_NOMEM or ASR_TOO_BIG. */
enum asr_status asr_buf_add(struct asr_buf *b, const char *p, size_t n);
enum asr_status asr_buf_add_span(struct asr_buf *b, struct asr_span s);
enum asr_status asr_buf_add_text(struct asr_buf *b, const char *text);
enum asr_status asr_buf_add_byte(struct asr_buf *b, char c);
/* Makes the failure stick as an addition would; for writers on top of this. */
enum asr_status asr_buf_fail(struct asr_buf *b, enum asr_status status);
/* Room for `n` more bytes: where to write them, or NULL (see status). The
 * caller then adds to `len` what it wrote. */
char *asr_buf_room(struct asr_buf *b, size_t n);
/* What has been written; valid until the next addition. */
struct asr_span asr_buf_span(const struct asr_buf *b);

#endif
