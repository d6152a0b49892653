/* SPDX-License-Identifier: MIT */
/* As little as HTTP can cost: the bytes prepared, the token kept, sockets and
 * epoll, OpenSSL for TLS. Reads no more of an answer than its end. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

enum { ROOM = 16384, EVENTS = 64 };

struct peer {
  int fd;
  SSL *tls;
  double began;
  size_t have;
  char answer[ROOM];
};

static struct task task;
static struct peer *peers;
static char request[16384];
static size_t request_len;
static int set;

static int dial(void) {
  struct addrinfo hints, *at;
  int on = 1;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(task.host, task.port, &hints, &at) != 0) {
    fatal("no such host");
  }
  int fd = socket(at->ai_family, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
    fatal("could not connect");
  }
  freeaddrinfo(at);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

static void secure(struct peer *p, SSL_CTX *context) {
  p->tls = SSL_new(context);
  SSL_set_fd(p->tls, p->fd);
  SSL_set_tlsext_host_name(p->tls, task.host);
  SSL_set1_host(p->tls, task.host);
  if (SSL_connect(p->tls) != 1) {
    ERR_print_errors_fp(stderr);
    fatal("TLS failed");
  }
}

static void prepare(struct peer *p, SSL_CTX *context) {
  struct epoll_event event;
  p->fd = dial();
  if (context != NULL) {
    secure(p, context);
  }
  fcntl(p->fd, F_SETFL, fcntl(p->fd, F_GETFL) | O_NONBLOCK);
  event.events = EPOLLIN;
  event.data.ptr = p;
  epoll_ctl(set, EPOLL_CTL_ADD, p->fd, &event);
}

static void ask(struct peer *p) {
  p->began = seconds_now();
  p->have = 0;
  task.began++;
  long n = p->tls != NULL
               ? SSL_write(p->tls, request, (int)request_len)
               : (long)send(p->fd, request, request_len, MSG_NOSIGNAL);
  if (n != (long)request_len) {
    fatal("the request was not taken whole");
  }
}

/* The server's answers have no body. */
static bool hear(struct peer *p) {
  size_t room = ROOM - 1 - p->have;
  long n = p->tls != NULL ? SSL_read(p->tls, p->answer + p->have, (int)room)
                          : (long)recv(p->fd, p->answer + p->have, room, 0);
  if (n <= 0) {
    bool again = p->tls != NULL
                     ? SSL_get_error(p->tls, (int)n) == SSL_ERROR_WANT_READ
                     : errno == EAGAIN;
    if (!again) {
      fatal("the connection broke");
    }
    return false;
  }
  p->have += (size_t)n;
  if (p->have < 4 || memcmp(p->answer + p->have - 4, "\r\n\r\n", 4) != 0) {
    return false;
  }
  if (memcmp(p->answer, "HTTP/1.1 202", 12) != 0) {
    fatal("another status");
  }
  task.took[task.done++] = seconds_now() - p->began;
  return true;
}

static void run(size_t count) {
  struct epoll_event events[EVENTS];
  for (size_t i = 0; i < task.abreast && task.began < count; i++) {
    ask(&peers[i]);
  }
  while (task.done < count) {
    int n = epoll_wait(set, events, EVENTS, 1000);
    for (int i = 0; i < n; i++) {
      struct peer *p = events[i].data.ptr;
      if (hear(p) && task.began < count) {
        ask(p);
      }
    }
  }
}

int main(int argc, char **argv) {
  SSL_CTX *context = NULL;
  read_task(&task, argv, argc);
  request_len = (size_t)snprintf(
      request, sizeof request,
      "POST %s HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Bearer %s\r\n"
      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
      task.path, task.host, task.port, task.token, strlen(task.body),
      task.body);
  if (task.tls) {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(context, task.ca, NULL) != 1) {
      fatal("no CA");
    }
  }
  set = epoll_create1(0);
  peers = calloc(task.abreast, sizeof *peers);
  for (size_t i = 0; i < task.abreast; i++) {
    prepare(&peers[i], context);
  }
  begin(&task);
  run(task.abreast < task.count ? task.abreast : task.count);
  begin(&task);
  run(task.count);
  finish(&task);
  return 0;
}
