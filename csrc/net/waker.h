/* SPDX-License-Identifier: MIT */
/*
 * Each multi handle has descriptors of its own by which another thread could
 * wake it. Nobody does here, no function of libcurl's tells their numbers, and
 * up to 8.5 a program that the process starts inherits them. So they are found
 * by what they do: two numbers that were free before, of which one becomes
 * readable by a wakeup, and stops being so when the handle has seen that.
 */
#ifndef ASR_WAKER_H
#define ASR_WAKER_H

#include <curl/curl.h>

struct asr_waker {
  int fd[2]; /* -1: none, or not found */
};

/* Before the handle is made: the numbers that its descriptors will have, if no
 * other thread opens any meanwhile. `any` is a descriptor that is open. */
struct asr_waker asr_waker_guess(int any);
/* Afterwards: those that are the handle's. They are closed on exec from now
 * on. */
struct asr_waker asr_waker_find(CURLM *multi, struct asr_waker guess);

#endif
