/* SPDX-License-Identifier: MIT */
/*
 * A server for the benchmarks: reads requests over kept connections and
 * answers 202, as fast as a thread for each connection can.
 *   sink [certificate.pem key.pem]     prints "port N"; ends with its stdin
 * A request whose path holds "/hold/" is answered when there is a credit.
 *   POST /release/N   N more credits, or none at all if N is 0
 *   GET /count        how many requests were answered
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024 };

typedef struct peer {
  int fd;
  SSL *tls;
  size_t held; /* bytes in the buffer */
  char buffer[BUFFER + 1];
} peer;

static SSL_CTX *context;
static atomic_long answered;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static long credits;

static bool fill(peer *p) {
  size_t room = BUFFER - p->held;
  ssize_t n = 0;
  if (room > 0)
    n = p->tls ? SSL_read(p->tls, p->buffer + p->held, (int)room)
               : read(p->fd, p->buffer + p->held, room);
  if (n <= 0)
    return false;
  p->held += (size_t)n;
  p->buffer[p->held] = 0;
  return true;
}

static void take(peer *p, size_t n) {
  memmove(p->buffer, p->buffer + n, p->held - n + 1);
  p->held -= n;
}

/* Reads one request whole. Its first line is kept in `line`. */
static bool read_request(peer *p, char *line, size_t room) {
  char *end;
  const char *length;
  size_t body = 0, head, n;
  while (!(end = strstr(p->buffer, "\r\n\r\n")))
    if (!fill(p))
      return false;
  *end = 0;
  length = strstr(p->buffer, "\r\nContent-Length: ");
  if (length)
    body = (size_t)strtoul(length + 18, NULL, 10);
  snprintf(line, room, "%.*s", (int)strcspn(p->buffer, "\r"), p->buffer);
  head = (size_t)(end - p->buffer) + 4;
  take(p, head < p->held ? head : p->held);
  while (body > 0) {
    if (p->held == 0 && !fill(p))
      return false;
    n = body < p->held ? body : p->held;
    take(p, n);
    body -= n;
  }
  return true;
}

static bool answer(peer *p, const char *status, const char *body) {
  char text[256];
  int n = snprintf(text, sizeof text,
                   "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", status,
                   strlen(body), body);
  if (p->tls)
    return SSL_write(p->tls, text, n) == n;
  return write(p->fd, text, (size_t)n) == n;
}

static void wait_for_credit(void) {
  pthread_mutex_lock(&gate);
  while (credits == 0)
    pthread_cond_wait(&opened, &gate);
  credits--;
  pthread_mutex_unlock(&gate);
}

static void release(long n) {
  pthread_mutex_lock(&gate);
  credits = n > 0 ? credits + n : 0;
  pthread_cond_broadcast(&opened);
  pthread_mutex_unlock(&gate);
}

static bool serve(peer *p, const char *line) {
  const char *found = strstr(line, "/release/");
  char text[32];
  if (found) {
    release(strtol(found + 9, NULL, 10));
    return answer(p, "200 OK", "");
  }
  if (strstr(line, "/count")) {
    snprintf(text, sizeof text, "%ld", (long)answered);
    return answer(p, "200 OK", text);
  }
  if (strstr(line, "/hold/"))
    wait_for_credit();
  answered++;
  return answer(p, "202 Accepted", "");
}

static void *converse(void *arg) {
  peer *p = arg;
  char line[1024];
  bool fine = true;
  if (p->tls)
    fine = SSL_accept(p->tls) == 1;
  while (fine)
    fine = read_request(p, line, sizeof line) && serve(p, line);
  ERR_clear_error();
  SSL_free(p->tls);
  close(p->fd);
  free(p);
  return NULL;
}

static void welcome(int fd) {
  int on = 1;
  pthread_t thread;
  pthread_attr_t small;
  peer *p = calloc(1, sizeof *p);
  if (!p)
    return;
  p->fd = fd;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (context) {
    p->tls = SSL_new(context);
    SSL_set_fd(p->tls, fd);
  }
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 128 * 1024);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  if (pthread_create(&thread, &small, converse, p) != 0)
    exit(1);
  pthread_attr_destroy(&small);
}

static void *end_with_stdin(void *arg) {
  char byte;
  while (read(0, &byte, 1) > 0)
    continue;
  (void)arg;
  exit(0);
}

static bool read_certificate(char **files) {
  context = SSL_CTX_new(TLS_server_method());
  return context &&
         SSL_CTX_use_certificate_chain_file(context, files[0]) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, files[1], SSL_FILETYPE_PEM) == 1;
}

int main(int argc, char **argv) {
  struct sockaddr_in to;
  socklen_t size = sizeof to;
  pthread_t watcher;
  int fd, listener = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGPIPE, SIG_IGN);
  memset(&to, 0, sizeof to);
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if ((argc == 3 && !read_certificate(argv + 1)) ||
      bind(listener, (struct sockaddr *)&to, sizeof to) != 0 ||
      listen(listener, 256) != 0 ||
      getsockname(listener, (struct sockaddr *)&to, &size) != 0 ||
      pthread_create(&watcher, NULL, end_with_stdin, NULL) != 0) {
    fprintf(stderr, "sink: cannot listen, or no certificate\n");
    return 1;
  }
  printf("port %d\n", ntohs(to.sin_port));
  fflush(stdout);
  while ((fd = accept(listener, NULL, NULL)) >= 0)
    welcome(fd);
  return 0;
}
