/* SPDX-License-Identifier: MIT */
/*
 * Whose each watched descriptor is. Events of one round may name a descriptor
 * that an earlier event closed: they are looked up here, by number, when
 * their turn comes, so that no pointer to what is gone is ever followed.
 */
#ifndef ASR_WATCHES_H
#define ASR_WATCHES_H

#include <stdbool.h>
#include <stddef.h>

#include "net/readiness.h"

struct asr_watch {
  void *owner;  /* NULL: neither watched nor held */
  bool entered; /* in the set under this number, now or formerly */
  unsigned char wanted;
};

struct asr_watches {
  int set;               /* -1: closed */
  struct asr_watch *all; /* by number */
  size_t room, count;    /* count: of those watched */
};

/* False: no descriptors. All -1 and zero: closed. */
bool asr_watches_open(struct asr_watches *w);
void asr_watches_close(struct asr_watches *w);
/* In a fork's child: closes what is watched or held, and the set. */
void asr_watches_abandon(struct asr_watches *w);

/* Wants `what` of a descriptor from now on. False: no memory. */
bool asr_watches_want(struct asr_watches *w, int fd, int what, void *owner);
/* Has a descriptor closed with the others in a fork's child, without a wait for
 * it. Without memory it stays open there, and that is all. */
void asr_watches_hold(struct asr_watches *w, int fd, void *owner);
/* Does nothing for one that is neither watched nor held. */
void asr_watches_forget(struct asr_watches *w, int fd);
/* NULL: nobody's by now. */
void *asr_watches_owner(const struct asr_watches *w, int fd);

#endif
