/* SPDX-License-Identifier: MIT */
/*
 * Tells whether a fork lies between a mark and now. Where the system can
 * empty a page in a fork's child, looking costs a load; elsewhere, a getpid.
 */
#ifndef ASR_FORKMARK_H
#define ASR_FORKMARK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct asr_forkmark {
  volatile unsigned char *page; /* 1 where it was made, 0 in a child */
  size_t size;
  pid_t pid;
} asr_forkmark;

void asr_forkmark_init(asr_forkmark *mark);
/* True in a child, until it is renewed there. */
bool asr_forkmark_crossed(const asr_forkmark *mark);
void asr_forkmark_renew(asr_forkmark *mark);
void asr_forkmark_free(asr_forkmark *mark);

#endif
