/* SPDX-License-Identifier: MIT */
#include "core/draft.h"

#include <string.h>

#include "core/mem.h"

enum { FIRST_BODY = 256 };

/* The room is sized so that bodies of the usual size never move. */
enum asr_status asr_draft_begin(struct asr_draft *d, const struct asr_place *p,
                                size_t most) {
  size_t head = p->method.n + p->target.n + p->lines.n + p->authorization;
  asr_buf_close(&d->block);
  d->front = ASR_DRAFT_STATE + p->origin.n + head + ASR_DRAFT_HEAD;
  asr_buf_init(&d->block, d->front + most);
  if (asr_buf_room(&d->block, d->front + FIRST_BODY) != NULL) {
    d->block.len = d->front;
  }
  return d->block.status;
}

struct asr_span asr_draft_body(const struct asr_draft *d) {
  return asr_span(d->block.data + d->front, d->block.len - d->front);
}

char *asr_draft_take(struct asr_draft *d) {
  char *block = d->block.data;
  memset(d, 0, sizeof *d);
  return block;
}

void asr_draft_close(struct asr_draft *d) {
  asr_buf_close(&d->block);
  d->front = 0;
}
