/* SPDX-License-Identifier: MIT */
/*
 * The child of a fork has the forking thread alone, and every lock that another
 * thread held is held there for ever: OpenSSL's, libcurl's, those below them.
 * So whoever is about to use these libraries goes through this gate, and a
 * fork waits until nobody is behind it. Whoever waits for something (an event,
 * a thread) stands outside meanwhile.
 *
 * Entering costs two atomic operations. Enter once: a thread that is inside
 * must not enter again.
 */
#ifndef ASR_FORKGATE_H
#define ASR_FORKGATE_H

void asr_forkgate_enter(void);
void asr_forkgate_leave(void);

/* A thread is inside from its first instruction on, for what runs there before
 * ours (a sanitizer's, an allocator's) has locks, too: whoever starts it lends
 * it a place, which it takes as its own, or gives back if it did not start. */
void asr_forkgate_lend(void);
void asr_forkgate_take(void);
void asr_forkgate_give_back(void);

#endif
