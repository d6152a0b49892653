/* SPDX-License-Identifier: MIT */
/* Jobs ordered by deadline: a binary heap that knows each job's place. */
#ifndef ASR_DEADLINES_H
#define ASR_DEADLINES_H

#include "net/job.h"

typedef struct asr_deadlines {
  asr_job **heap; /* from 1 */
  size_t count, room;
} asr_deadlines;

/* False: no memory, nothing changed. */
bool asr_deadlines_add(asr_deadlines *deadlines, asr_job *job);
/* Does nothing for a job that is not in. */
void asr_deadlines_remove(asr_deadlines *deadlines, asr_job *job);
/* The job whose deadline comes first, or NULL; it stays in. */
asr_job *asr_deadlines_first(const asr_deadlines *deadlines);
void asr_deadlines_free(asr_deadlines *deadlines);

#endif
