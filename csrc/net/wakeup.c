/* SPDX-License-Identifier: MIT */
#include "net/system.h"

#include "net/wakeup.h"

#include <stdint.h>
#include <unistd.h>

#ifdef ASR_LINUX
#include <sys/eventfd.h>

bool asr_wakeup_open(asr_wakeup *wakeup) {
  wakeup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  wakeup->raiser = wakeup->fd;
  return wakeup->fd >= 0;
}

void asr_wakeup_lower(const asr_wakeup *wakeup) {
  uint64_t count;
  ssize_t n = read(wakeup->fd, &count, sizeof count);
  (void)n; /* it can only fail by not being raised */
}

void asr_wakeup_seen(const asr_wakeup *wakeup) {
  (void)wakeup; /* it counts further than anybody can */
}
#else
#include <fcntl.h>

static bool set_up(int fd) {
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
         fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

bool asr_wakeup_open(asr_wakeup *wakeup) {
  int ends[2];
  if (pipe(ends) != 0) {
    *wakeup = (asr_wakeup){-1, -1};
    return false;
  }
  *wakeup = (asr_wakeup){ends[0], ends[1]};
  if (set_up(ends[0]) && set_up(ends[1]))
    return true;
  asr_wakeup_close(wakeup);
  return false;
}

void asr_wakeup_lower(const asr_wakeup *wakeup) {
  char raised[256];
  while (read(wakeup->fd, raised, sizeof raised) == (ssize_t)sizeof raised) {
  }
}

void asr_wakeup_seen(const asr_wakeup *wakeup) {
  asr_wakeup_lower(wakeup);
}
#endif

/* Eight bytes for the eventfd; the pipe does not care. */
void asr_wakeup_raise(const asr_wakeup *wakeup) {
  uint64_t one = 1;
  ssize_t n = write(wakeup->raiser, &one, sizeof one);
  (void)n; /* it can only fail by being raised already */
}

void asr_wakeup_close(asr_wakeup *wakeup) {
  if (wakeup->raiser >= 0 && wakeup->raiser != wakeup->fd)
    close(wakeup->raiser);
  if (wakeup->fd >= 0)
    close(wakeup->fd);
  *wakeup = (asr_wakeup){-1, -1};
}
