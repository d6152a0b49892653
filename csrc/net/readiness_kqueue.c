/* SPDX-License-Identifier: MIT */
#include "net/system.h"

#include "net/readiness.h"

#ifndef ASR_LINUX
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>
#include <unistd.h>

enum { MOST = 64 };

int asr_readiness_open(void) {
  int set = kqueue();
  if (set >= 0)
    (void)fcntl(set, F_SETFD, FD_CLOEXEC);
  return set;
}

void asr_readiness_close(int set) {
  close(set);
}

/* A queue is not inherited: in the child its number is free, or by now that
 * of something else. */
void asr_readiness_abandon(int set) {
  (void)set;
}

/* One change at a time: the first that fails would keep back the others. */
static bool change(int set, int fd, int filter, int flags) {
  struct kevent event;
  EV_SET(&event, (uintptr_t)fd, (short)filter, (unsigned short)flags, 0, 0, 0);
  return kevent(set, &event, 1, NULL, 0, NULL) == 0;
}

/* What is not in cannot be taken out, and need not be. */
void asr_readiness_want(int set, int fd, int what, bool known) {
  bool in = what & ASR_READABLE, out = what & ASR_WRITABLE;
  if (in || known)
    change(set, fd, EVFILT_READ, in ? EV_ADD : EV_DELETE);
  if (out || known)
    change(set, fd, EVFILT_WRITE, out ? EV_ADD : EV_DELETE);
}

void asr_readiness_forget(int set, int fd) {
  change(set, fd, EVFILT_READ, EV_DELETE);
  change(set, fd, EVFILT_WRITE, EV_DELETE);
}

bool asr_readiness_watch(int set, int fd) {
  return change(set, fd, EVFILT_READ, EV_ADD | EV_CLEAR);
}

static int found(const struct kevent *event) {
  int what = event->filter == EVFILT_WRITE ? ASR_WRITABLE : ASR_READABLE;
  bool broken =
      event->flags & EV_ERROR || (event->flags & EV_EOF && event->fflags != 0);
  return broken ? what | ASR_READABLE | ASR_ERROR : what;
}

int asr_readiness_wait(int set, asr_ready *ready, int room, int ms) {
  struct kevent events[MOST];
  struct timespec wait = {ms / 1000, ms % 1000 * 1000000L};
  int i, n = kevent(set, NULL, 0, events, room < MOST ? room : MOST, &wait);
  for (i = 0; i < n; i++)
    ready[i] = (asr_ready){(int)events[i].ident, found(&events[i])};
  return n;
}
#endif
