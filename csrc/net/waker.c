/* SPDX-License-Identifier: MIT */
#include "net/system.h"

#include "net/waker.h"

#ifdef __linux__
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct asr_waker asr_waker_guess(int any) {
  struct asr_waker w;
  for (int i = 0; i < 2; i++) {
    w.fd[i] = fcntl(any, F_DUPFD_CLOEXEC, 0);
  }
  for (int i = 0; i < 2; i++) {
    if (w.fd[i] >= 0) {
      close(w.fd[i]);
    }
  }
  return w;
}

/* Whether something was written to it that has not been read: the end to read
 * from, or the other one, of a socket or of a pipe. */
static bool holds(int fd) {
  struct pollfd one = {fd, POLLIN, 0};
  int n = 0;
  if (fd < 0) {
    return false;
  }
  return (poll(&one, 1, 0) == 1 && (one.revents & POLLIN) != 0) ||
         (ioctl(fd, TIOCOUTQ, &n) == 0 && n > 0) ||
         (ioctl(fd, FIONREAD, &n) == 0 && n > 0);
}

/* Leaves those numbers that do so, or do not. */
static void keep(struct asr_waker *w, bool do_hold) {
  for (int i = 0; i < 2; i++) {
    if (holds(w->fd[i]) != do_hold) {
      w->fd[i] = -1;
    }
  }
}

struct asr_waker asr_waker_find(CURLM *multi, struct asr_waker guess) {
  struct asr_waker w = guess;
  keep(&w, false);
  if (curl_multi_wakeup(multi) != CURLM_OK) {
    return (struct asr_waker){{-1, -1}};
  }
  keep(&w, true);
  (void)curl_multi_poll(multi, NULL, 0, 0, NULL);
  keep(&w, false);
  for (int i = 0; i < 2; i++) {
    if (w.fd[i] >= 0) {
      (void)fcntl(w.fd[i], F_SETFD, FD_CLOEXEC);
    }
  }
  return w;
}
#else
struct asr_waker asr_waker_guess(int any) {
  (void)any;
  return (struct asr_waker){{-1, -1}};
}

struct asr_waker asr_waker_find(CURLM *multi, struct asr_waker guess) {
  (void)multi;
  return guess;
}
#endif
