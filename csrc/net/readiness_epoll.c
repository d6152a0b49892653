/* SPDX-License-Identifier: MIT */
#include "net/system.h"

#include "net/readiness.h"

#ifdef ASR_LINUX
#include <sys/epoll.h>
#include <unistd.h>

enum { MOST = 64 };

int asr_readiness_open(void) {
  return epoll_create1(EPOLL_CLOEXEC);
}

void asr_readiness_close(int set) {
  close(set);
}

void asr_readiness_abandon(int set) {
  close(set);
}

void asr_readiness_want(int set, int fd, int what, bool known) {
  struct epoll_event event = {0, {0}};
  event.data.fd = fd;
  if (what & ASR_READABLE)
    event.events |= EPOLLIN;
  if (what & ASR_WRITABLE)
    event.events |= EPOLLOUT;
  if (epoll_ctl(set, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
    /* the number may have been closed and given out again */
    epoll_ctl(set, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

void asr_readiness_forget(int set, int fd) {
  struct epoll_event event = {0, {0}};
  epoll_ctl(set, EPOLL_CTL_DEL, fd, &event);
}

bool asr_readiness_watch(int set, int fd) {
  struct epoll_event event = {0, {0}};
  event.events = EPOLLIN | EPOLLET;
  event.data.fd = fd;
  return epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int found(uint32_t events) {
  int what = 0;
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
    what |= ASR_READABLE;
  if (events & EPOLLOUT)
    what |= ASR_WRITABLE;
  if (events & EPOLLERR)
    what |= ASR_ERROR;
  return what;
}

int asr_readiness_wait(int set, asr_ready *ready, int room, int ms) {
  struct epoll_event events[MOST];
  int i, n = epoll_wait(set, events, room < MOST ? room : MOST, ms);
  for (i = 0; i < n; i++)
    ready[i] = (asr_ready){events[i].data.fd, found(events[i].events)};
  return n;
}
#endif
