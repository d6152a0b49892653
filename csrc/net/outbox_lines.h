/* SPDX-License-Identifier: MIT */
/*
 * Who waits behind whom: a line for each destination that has a message under
 * way. The one in front is not in the line's list; it is elsewhere, on its way.
 */
#ifndef ASR_OUTBOX_LINES_H
#define ASR_OUTBOX_LINES_H

#include "net/job.h"

typedef struct asr_line asr_line;
struct asr_line {
  asr_line *next; /* of the same bucket */
  uint64_t hash;
  struct asr_span name; /* in this block */
  asr_list behind;
};

typedef struct asr_lines {
  asr_line **buckets;
  size_t room, count; /* room is a power of 2, or 0 */
} asr_lines;

/* The line of a destination, or NULL. */
asr_line *asr_lines_find(const asr_lines *lines, struct asr_span name);
/* Opens a line for a destination that has none. NULL: no memory. */
asr_line *asr_lines_open(asr_lines *lines, struct asr_span name);
/* Closes and frees a line in which nobody waits. */
void asr_lines_close(asr_lines *lines, asr_line *line);
/* Frees everything but the jobs. */
void asr_lines_free(asr_lines *lines);

#endif
