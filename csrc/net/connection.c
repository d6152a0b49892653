/* SPDX-License-Identifier: MIT */
#include "net/system.h" /* MSG_NOSIGNAL */

#include "net/connection.h"

#include <errno.h>
#include <sys/socket.h>

#include "core/mem.h"

/* OpenSSL hands on a record whole or not at all, and a record carries 16 KiB:
 * up to there "not taken" means "cannot be read by the server". */
enum { ONE_RECORD = 16 * 1024 };

#ifndef MSG_NOSIGNAL /* macOS: libcurl sets SO_NOSIGPIPE */
#define MSG_NOSIGNAL 0
#endif

void asr_connection_free(struct asr_connection *c) {
  if (c == NULL) {
    return;
  }
  if (c->fd >= 0) {
    asr_watches_forget(c->watches, c->fd);
  }
  if (c->multi != NULL && c->easy != NULL) {
    curl_multi_remove_handle(c->multi, c->easy);
  }
  curl_easy_cleanup(c->easy);
  for (int i = 0; i < 2; i++) {
    asr_watches_forget(c->watches, c->waker.fd[i]);
  }
  curl_multi_cleanup(c->multi);
  asr_free(c);
}

/* ---- bytes ---- */

/* Without TLS libcurl's functions come down to these, at three times the
 * instructions. */
static enum asr_moved of_errno(ssize_t n) {
  if (n > 0) {
    return ASR_MOVED;
  }
  bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return n < 0 && again ? ASR_STUCK : ASR_ENDED;
}

static enum asr_moved of_code(CURLcode code, size_t n) {
  if (code == CURLE_AGAIN) {
    return ASR_STUCK;
  }
  return code == CURLE_OK && n > 0 ? ASR_MOVED : ASR_ENDED;
}

static enum asr_moved give(struct asr_connection *c, const char *p, size_t n,
                           size_t *taken) {
  *taken = 0;
  if (c->tls) {
    CURLcode code = curl_easy_send(c->easy, p, n, taken);
    c->lost = c->lost || (code != CURLE_OK && code != CURLE_AGAIN);
    return of_code(code, *taken);
  }
  ssize_t sent = send(c->fd, p, n, MSG_NOSIGNAL);
  c->lost = c->lost || of_errno(sent) == ASR_ENDED;
  *taken = sent > 0 ? (size_t)sent : 0;
  return of_errno(sent);
}

static enum asr_moved take(struct asr_connection *c, char *to, size_t *got) {
  *got = 0;
  if (c->tls) {
    CURLcode code = curl_easy_recv(c->easy, to, ASR_SCRATCH, got);
    c->lost = c->lost || (code != CURLE_OK && code != CURLE_AGAIN);
    return of_code(code, *got);
  }
  ssize_t n = recv(c->fd, to, ASR_SCRATCH, 0);
  c->lost = c->lost || (n < 0 && of_errno(n) == ASR_ENDED);
  *got = n > 0 ? (size_t)n : 0;
  return of_errno(n);
}

bool asr_connection_is_sound(struct asr_connection *c) {
  char byte;
  if (c->tls) { /* tickets may lie there: OpenSSL has to look */
    size_t n = 0;
    return curl_easy_recv(c->easy, &byte, 1, &n) == CURLE_AGAIN;
  }
  ssize_t n = recv(c->fd, &byte, 1, MSG_PEEK);
  return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* ---- a job's bytes ---- */

void asr_connection_begin(struct asr_connection *c, asr_job *job) {
  c->job = job;
  c->written = 0;
  job->connection = c;
  job->reused = c->used;
  c->used = true;
}

/* Libcurl's own socket is watched for reading all the time; for writing only
 * while something is left. */
static void watch(struct asr_connection *c, bool writing) {
  int what = ASR_READABLE | (writing ? ASR_WRITABLE : 0);
  (void)asr_watches_want(c->watches, c->fd, what, c); /* it is in already */
}

enum asr_moved asr_connection_write(struct asr_connection *c) {
  asr_job *job = c->job;
  while (c->written < job->wire_len) {
    size_t n = 0, left = job->wire_len - c->written;
    enum asr_moved moved = give(c, job->wire + c->written, left, &n);
    c->written += n;
    job->sent = job->sent || n > 0 || (c->tls && left > ONE_RECORD);
    if (moved != ASR_MOVED) {
      watch(c, moved == ASR_STUCK);
      return moved;
    }
  }
  watch(c, false);
  return ASR_MOVED;
}

/* TLS: until it says "not now", since bytes that are decrypted already wait
 * where the socket shows nothing. */
enum asr_moved asr_connection_read(struct asr_connection *c, char *scratch,
                                   bool *surplus) {
  struct asr_http1 *in = &c->job->in;
  *surplus = false;
  for (;;) {
    size_t n = 0, used = 0;
    enum asr_moved moved = take(c, scratch, &n);
    if (moved != ASR_MOVED) {
      return moved;
    }
    if (asr_http1_feed(in, scratch, n, &used) != ASR_HTTP1_MORE) {
      *surplus = used < n;
      return ASR_MOVED;
    }
  }
}
