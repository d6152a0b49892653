/* SPDX-License-Identifier: MIT */
/* A server in a thread, for tests of csrc/net: answers every request on the
 * loopback with "ok"; for a path that begins with /none with a 202 and no
 * body, with /busy with a refusal, with /slow never. */
#ifndef ASR_LOOPBACK_H
#define ASR_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOPBACK_MOST = 128, LOOPBACK_HEAD = 4096 };

struct loopback {
  pthread_t thread;
  int quit[2];
  char url[64];
  struct pollfd fds[LOOPBACK_MOST]; /* 0: quit, 1: the listener */
  char heads[LOOPBACK_MOST][LOOPBACK_HEAD];
  size_t lens[LOOPBACK_MOST];
  size_t count;
};

static void loopback_drop(struct loopback *s, size_t i) {
  close(s->fds[i].fd);
  s->count--;
  s->fds[i] = s->fds[s->count];
  memcpy(s->heads[i], s->heads[s->count], LOOPBACK_HEAD);
  s->lens[i] = s->lens[s->count];
}

static void loopback_accept(struct loopback *s) {
  int fd = accept(s->fds[1].fd, NULL, NULL);
  if (fd < 0) {
    return;
  }
  if (s->count == LOOPBACK_MOST) {
    close(fd);
    return;
  }
  s->fds[s->count] = (struct pollfd){fd, POLLIN, 0};
  s->lens[s->count++] = 0;
}

static const char *loopback_answer(const char *head) {
  if (strstr(head, " /none") != NULL) {
    return "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
  }
  if (strstr(head, " /busy") != NULL) {
    return "HTTP/1.1 503 Busy\r\nX-Ms-Error-Code: Error.Busy\r\n"
           "Content-Length: 0\r\n\r\n";
  }
  return "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
}

/* False when the connection is over. A request's body is small: it comes with
 * the head, or passes for the beginning of the next one. */
static int loopback_serve(struct loopback *s, size_t i) {
  const char *answer;
  char *head = s->heads[i];
  ssize_t n =
      recv(s->fds[i].fd, head + s->lens[i], LOOPBACK_HEAD - 1 - s->lens[i], 0);
  if (n <= 0) {
    return 0;
  }
  s->lens[i] += (size_t)n;
  head[s->lens[i]] = '\0';
  if (strstr(head, "\r\n\r\n") == NULL) {
    return s->lens[i] < LOOPBACK_HEAD - 1;
  }
  s->lens[i] = 0;
  if (strstr(head, " /slow") != NULL) {
    return 1;
  }
  answer = loopback_answer(head);
  return send(s->fds[i].fd, answer, strlen(answer), MSG_NOSIGNAL) > 0;
}

static void *loopback_run(void *arg) {
  struct loopback *s = arg;
  size_t i;
  while (poll(s->fds, (nfds_t)s->count, -1) >= 0 && !s->fds[0].revents) {
    for (i = s->count; i-- > 2;) {
      if (s->fds[i].revents && !loopback_serve(s, i)) {
        loopback_drop(s, i);
      }
    }
    if (s->fds[1].revents) {
      loopback_accept(s);
    }
  }
  while (s->count > 1) {
    loopback_drop(s, s->count - 1);
  }
  return NULL;
}

static struct loopback *loopback_start(void) {
  struct loopback *s = calloc(1, sizeof *s);
  struct sockaddr_in at;
  socklen_t size = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&at, 0, sizeof at);
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (s == NULL || pipe(s->quit) != 0 ||
      bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
      listen(fd, LOOPBACK_MOST) != 0 ||
      getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
    perror("loopback");
    exit(1);
  }
  s->fds[0] = (struct pollfd){s->quit[0], POLLIN, 0};
  s->fds[1] = (struct pollfd){fd, POLLIN, 0};
  s->count = 2;
  snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", ntohs(at.sin_port));
  if (pthread_create(&s->thread, NULL, loopback_run, s) != 0) {
    exit(1);
  }
  return s;
}

static void loopback_stop(struct loopback *s) {
  close(s->quit[1]);
  pthread_join(s->thread, NULL);
  close(s->quit[0]);
  free(s);
}

#endif
