/* SPDX-License-Identifier: MIT */
/*
 * A flag that one thread raises and another waits for by its descriptor: an
 * eventfd on Linux, a pipe elsewhere.
 */
#ifndef ASR_WAKEUP_H
#define ASR_WAKEUP_H

#include <stdbool.h>

typedef struct asr_wakeup {
  int fd;     /* readable while the flag is up */
  int raiser; /* where it is raised; the same for an eventfd */
} asr_wakeup;

/* Not inherited by exec. False: no descriptors; there is nothing to close. */
bool asr_wakeup_open(asr_wakeup *wakeup);
void asr_wakeup_close(asr_wakeup *wakeup);
void asr_wakeup_raise(const asr_wakeup *wakeup);
void asr_wakeup_lower(const asr_wakeup *wakeup);
/* For who watches the flag being raised and has no need to lower it: to be
 * called before looking what it was raised for, or a pipe would fill up. */
void asr_wakeup_seen(const asr_wakeup *wakeup);

#endif
