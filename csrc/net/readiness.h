/* SPDX-License-Identifier: MIT */
/*
 * Which of many descriptors are ready: epoll on Linux, kqueue elsewhere. A set
 * is itself a descriptor, readable when one of its members is ready.
 */
#ifndef ASR_READINESS_H
#define ASR_READINESS_H

#include <stdbool.h>

/* Bits, in what is wanted and in what is found; ERROR is only found. */
enum { ASR_READABLE = 1, ASR_WRITABLE = 2, ASR_ERROR = 4 };

typedef struct asr_ready {
  int fd;
  int what;
} asr_ready;

/* A new set that is not inherited by exec, or -1. */
int asr_readiness_open(void);
void asr_readiness_close(int set);
/* In a fork's child: gives up the set that the parent goes on using. */
void asr_readiness_abandon(int set);

/* Wants `what` of a descriptor from now on, and nothing else of it. `known`:
 * it is in already, or was under this number. */
void asr_readiness_want(int set, int fd, int what, bool known);
/* Does nothing for a descriptor that is not in. */
void asr_readiness_forget(int set, int fd);
/* Has the set tell once each time that there is more to read, whether or not
 * it is read. */
bool asr_readiness_watch(int set, int fd);

/* Waits up to `ms` milliseconds. Returns how many places of `ready` it has
 * filled (a descriptor may have two), or -1 with errno. */
int asr_readiness_wait(int set, asr_ready *ready, int room, int ms);

#endif
