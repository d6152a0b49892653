/* SPDX-License-Identifier: MIT */
#include "net/system.h" /* SOCK_CLOEXEC */

#include "net/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"

bool asr_sockets_init(asr_sockets *sockets, size_t room) {
  size_t i;
  sockets->all = asr_realloc(NULL, room * sizeof *sockets->all);
  if (!sockets->all)
    return false;
  for (i = 0; i < room; i++)
    sockets->all[i].fd = -1;
  sockets->room = room;
  sockets->open = 0;
  return true;
}

void asr_sockets_free(asr_sockets *sockets) {
  asr_free(sockets->all);
  sockets->all = NULL;
  sockets->room = sockets->open = 0;
}

static asr_socket *find(asr_sockets *sockets, int fd) {
  size_t i;
  for (i = 0; i < sockets->room; i++)
    if (sockets->all[i].fd == fd)
      return &sockets->all[i];
  return NULL;
}

#if defined(SOCK_CLOEXEC) && !defined(ASR_ELSEWHERE)
static int open_cloexec(int family, int type, int protocol) {
  return socket(family, type | SOCK_CLOEXEC, protocol);
}
#else
static int open_cloexec(int family, int type, int protocol) {
  int fd = socket(family, type, protocol);
  if (fd >= 0)
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}
#endif

int asr_sockets_open(asr_sockets *sockets, int family, int type, int protocol) {
  asr_socket *place = find(sockets, -1);
  struct stat about;
  int fd;
  if (!place) {
    errno = EMFILE;
    return -1;
  }
  fd = open_cloexec(family, type, protocol);
  if (fd < 0)
    return -1;
  if (fstat(fd, &about) != 0) {
    close(fd);
    return -1;
  }
  place->inode = about.st_ino; /* first, see asr_sockets_abandon */
  place->fd = fd;
  sockets->open++;
  return fd;
}

void asr_sockets_close(asr_sockets *sockets, int fd) {
  asr_socket *place = find(sockets, fd);
  if (place) {
    place->fd = -1;
    sockets->open--;
  }
  close(fd);
}

/* The table may have been caught in the middle of a change by the parent's
 * thread: a descriptor counts only if it still is that very socket. */
void asr_sockets_abandon(asr_sockets *sockets) {
  struct stat about;
  size_t i;
  for (i = 0; i < sockets->room; i++) {
    asr_socket *s = &sockets->all[i];
    if (s->fd >= 0 && fstat(s->fd, &about) == 0 && S_ISSOCK(about.st_mode) &&
        about.st_ino == s->inode)
      close(s->fd);
    s->fd = -1;
  }
}
