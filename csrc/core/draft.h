/* SPDX-License-Identifier: MIT */
/*
 * A body that is being written, in the block of memory that will carry it:
 * there is room in front for the job's own state and for the request's head,
 * so that neither body nor head is copied on its way to the wire.
 */
#ifndef ASR_DRAFT_H
#define ASR_DRAFT_H

#include "core/buf.h"
#include "core/place.h"

enum {
  ASR_DRAFT_STATE = 640, /* bytes in front, for what owns the block later */
  ASR_DRAFT_HEAD = 64    /* bytes of a head beside what its place has */
};

/* All bytes zero: there is none. It has one owner, as a buffer has. */
struct asr_draft {
  struct asr_buf block;
  size_t front; /* bytes before the body */
};

/* Begins a body of at most `most` bytes for a place; what was there goes. */
enum asr_status asr_draft_begin(struct asr_draft *d, const struct asr_place *p,
                                size_t most);
/* The body, as far as it has been written. */
struct asr_span asr_draft_body(const struct asr_draft *d);
/* The block, which is the caller's from now on (asr_free); the draft is none
 * any more. */
char *asr_draft_take(struct asr_draft *d);
void asr_draft_close(struct asr_draft *d);

#endif
