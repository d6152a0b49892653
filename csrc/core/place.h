/* SPDX-License-Identifier: MIT */
/*
 * A place: all that is the same for each request to one operation on one
 * thing. Made once, then only read; requests copy out of it.
 */
#ifndef ASR_PLACE_H
#define ASR_PLACE_H

#include <stdint.h>

#include "core/span.h"
#include "core/status.h"

struct asr_place {
  struct asr_span method;
  struct asr_span origin;   /* "https://host:8443", a NUL behind it */
  struct asr_span target;   /* path, and the constant part of the query */
  struct asr_span lines;    /* Host, User-Agent, Content-Type: with CRLF */
  struct asr_span audience; /* what a token for it is signed for */
  uint64_t hash;            /* of the audience */
  size_t authorization;     /* bytes to leave for a token's line */
  bool repeatable;          /* going out twice does no harm */
  bool has_body;            /* POST, PUT: a length is said, 0 too */
  char *texts;              /* owned; the spans point into it */
};

/* What a place is made of: `url` without the parts of a single call. */
struct asr_place_parts {
  struct asr_span method, url, agent, content_type, audience;
  size_t authorization;
  bool repeatable;
};

/* ASR_OK, or ASR_NOMEM; all zero is closed. */
enum asr_status asr_place_init(struct asr_place *p,
                               const struct asr_place_parts *parts);
void asr_place_close(struct asr_place *p);

/* Scheme and authority of an absolute URL; then its target, which may be
 * empty or begin with the query. */
void asr_place_split(struct asr_span url, struct asr_span *origin,
                     struct asr_span *target);
/* FNV-1a, as tokens are found by. Audiences that are made to collide cost a
 * signature each, no more. */
uint64_t asr_place_hash(struct asr_span text);

#endif
