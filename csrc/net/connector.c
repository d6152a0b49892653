/* SPDX-License-Identifier: MIT */
#include "net/system.h" /* SOCK_CLOEXEC, TCP_USER_TIMEOUT */

#include "net/connector.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "net/descriptors.h"

enum { SILENCE = 15000 }; /* ms that written bytes may stay unacknowledged */

/* ---- libcurl's callbacks: they note, and call nothing of libcurl's ---- */

static int on_timer(CURLM *multi, long ms, void *arg) {
  struct asr_connection *c = arg;
  (void)multi;
  c->timer = ms < 0 ? -1 : asr_monotonic() + (double)ms / 1000;
  return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                     void *known) {
  struct asr_connection *c = arg;
  int wanted = (what & CURL_POLL_IN ? ASR_READABLE : 0) |
               (what & CURL_POLL_OUT ? ASR_WRITABLE : 0);
  (void)easy;
  if (known == NULL && what != CURL_POLL_REMOVE) { /* a resolver's, perhaps */
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)curl_multi_assign(c->multi, fd, c);
  }
  if (what == CURL_POLL_REMOVE) { /* the number may be another's by now */
    if (asr_watches_owner(c->watches, fd) == c) {
      asr_watches_forget(c->watches, fd);
    }
    return 0;
  }
  return asr_watches_want(c->watches, fd, wanted, c) ? 0 : -1;
}

static void mark_cloexec(int fd) {
#if !defined(SOCK_CLOEXEC) || defined(ASR_ELSEWHERE)
  (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
#else
  (void)fd;
#endif
}

/* A peer that is gone without a word is noticed by what it does not confirm. */
static void limit_silence(int fd, int family) {
#ifdef TCP_USER_TIMEOUT
  unsigned ms = SILENCE;
  if (family == AF_INET || family == AF_INET6) {
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
  }
#else
  (void)fd;
  (void)family;
#endif
}

static curl_socket_t on_open(void *arg, curlsocktype purpose,
                             struct curl_sockaddr *to) {
  struct asr_connection *c = arg;
  int type = to->socktype;
  (void)purpose;
#if defined(SOCK_CLOEXEC) && !defined(ASR_ELSEWHERE)
  type |= SOCK_CLOEXEC;
#endif
  int fd = socket(to->family, type, to->protocol);
  c->named = true;
  if (fd < 0) {
    c->refused = errno;
    return CURL_SOCKET_BAD;
  }
  mark_cloexec(fd);
  limit_silence(fd, to->family);
  return fd;
}

/* A child of a fork may keep the socket open, and then closing it here does
 * not take it out of the set. */
static int on_close(void *arg, curl_socket_t fd) {
  struct asr_connection *c = arg;
  asr_watches_forget(c->watches, fd);
  close(fd);
  return 0;
}

/* ---- one handle ---- */

#define SET(easy, option, value)                                               \
  do {                                                                         \
    if (curl_easy_setopt(easy, option, value) != CURLE_OK) {                   \
      return false;                                                            \
    }                                                                          \
  } while (0)

static bool wire_sockets(struct asr_connection *c) {
  CURL *easy = c->easy;
  SET(easy, CURLOPT_ERRORBUFFER, c->error);
  SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
  SET(easy, CURLOPT_OPENSOCKETDATA, c);
  SET(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
  SET(easy, CURLOPT_CLOSESOCKETDATA, c);
  SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  SET(easy, CURLOPT_NOSIGNAL, 1L);
  SET(easy, CURLOPT_QUICK_EXIT, 1L);
  return true;
}

/* HTTP/1.1 alone in ALPN: a server that could speak HTTP/2 would otherwise
 * take it, and get HTTP/1.1. */
static bool wire_http(struct asr_connector *r, struct asr_connection *c) {
  const struct asr_options *options = r->options;
  CURL *easy = c->easy;
  SET(easy, CURLOPT_CONNECT_ONLY, 1L);
  SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  SET(easy, CURLOPT_CONNECTTIMEOUT_MS,
      (long)(options->connect_timeout * 1000 + 0.999));
  SET(easy, CURLOPT_SHARE, r->share);
  if (options->unix_socket != NULL) {
    SET(easy, CURLOPT_UNIX_SOCKET_PATH, options->unix_socket);
  }
  return true;
}

/* Never the environment's proxy: "" switches libcurl's look-up off. */
static bool wire_proxy(struct asr_connector *r, struct asr_connection *c) {
  bool forwards = asr_connector_forwards(r, c->origin);
  bool tunnel = r->options->proxy != NULL && !forwards;
  const char *to = forwards ? r->options->forward.url : c->origin->url;
  SET(c->easy, CURLOPT_URL, to);
  SET(c->easy, CURLOPT_PROXY, tunnel ? r->options->proxy : "");
  SET(c->easy, CURLOPT_NOPROXY, "");
  SET(c->easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  return true;
}

static bool wire_trust(struct asr_connector *r, struct asr_connection *c) {
  long verify = r->options->insecure ? 0L : 1L;
  SET(c->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(c->easy, CURLOPT_SSL_VERIFYPEER, verify);
  SET(c->easy, CURLOPT_SSL_VERIFYHOST, verify * 2);
  SET(c->easy, CURLOPT_PROXY_SSL_VERIFYPEER, verify);
  SET(c->easy, CURLOPT_PROXY_SSL_VERIFYHOST, verify * 2);
  return !c->tls || asr_trust_give(&r->trust, c->easy, r->options);
}

static bool wire_multi(struct asr_connection *c) {
  CURLM *m = c->multi;
  return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_SOCKETDATA, c) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
         curl_multi_setopt(m, CURLMOPT_TIMERDATA, c) == CURLM_OK &&
         curl_multi_add_handle(m, c->easy) == CURLM_OK;
}

static bool open_handles(struct asr_connection *c) {
  struct asr_waker guess = asr_waker_guess(c->watches->set);
  c->waker = (struct asr_waker){{-1, -1}};
  c->multi = curl_multi_init();
  c->easy = curl_easy_init();
  if (c->multi == NULL || c->easy == NULL) {
    return false;
  }
  c->waker = asr_waker_find(c->multi, guess);
  for (int i = 0; i < 2; i++) {
    asr_watches_hold(c->watches, c->waker.fd[i], c);
  }
  return true;
}

struct asr_connection *asr_connector_dial(struct asr_connector *r,
                                          struct asr_origin *origin,
                                          double now) {
  struct asr_connection *c = asr_zeroed(sizeof *c);
  if (c == NULL) {
    return NULL;
  }
  c->fd = -1;
  c->timer = c->begun = now;
  c->origin = origin;
  c->watches = r->watches;
  c->tls = asr_connector_speaks_tls(r, origin);
  if (c->tls) {
    asr_trust_load(&r->trust, r->options);
  }
  if (open_handles(c) && wire_sockets(c) && wire_http(r, c) &&
      wire_proxy(r, c) && wire_trust(r, c) && wire_multi(c)) {
    return c;
  }
  asr_connection_free(c);
  return NULL;
}

/* ---- what all have in common ---- */

bool asr_connector_open(struct asr_connector *r,
                        const struct asr_options *options,
                        struct asr_watches *watches) {
  memset(r, 0, sizeof *r);
  r->options = options;
  r->watches = watches;
  r->share = curl_share_init();
  return r->share != NULL &&
         curl_share_setopt(r->share, CURLSHOPT_SHARE,
                           CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK &&
         curl_share_setopt(r->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) ==
             CURLSHE_OK;
}

void asr_connector_close(struct asr_connector *r) {
  if (r->share != NULL) {
    curl_share_cleanup(r->share);
  }
  asr_trust_free(&r->trust);
  r->share = NULL;
}

bool asr_connector_forwards(const struct asr_connector *r,
                            const struct asr_origin *origin) {
  return r->options->forward.url != NULL && !origin->tls;
}

bool asr_connector_speaks_tls(const struct asr_connector *r,
                              const struct asr_origin *origin) {
  return origin->tls || (asr_connector_forwards(r, origin) &&
                         strncmp(r->options->forward.url, "https", 5) == 0);
}

/* ---- moving on ---- */

static int for_curl(int what) {
  return (what & ASR_READABLE ? CURL_CSELECT_IN : 0) |
         (what & ASR_WRITABLE ? CURL_CSELECT_OUT : 0) |
         (what & ASR_ERROR ? CURL_CSELECT_ERR : 0);
}

/* From now on nothing of the multi handle is called until the end. */
static enum asr_moved arrive(struct asr_connection *c) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  curl_easy_getinfo(c->easy, CURLINFO_ACTIVESOCKET, &fd);
  if (fd == CURL_SOCKET_BAD ||
      !asr_watches_want(c->watches, fd, ASR_READABLE, c)) {
    c->code = CURLE_OUT_OF_MEMORY;
    return ASR_ENDED;
  }
  c->fd = fd;
  c->born = c->at = asr_monotonic();
  return ASR_MOVED;
}

enum asr_moved asr_connector_move(struct asr_connection *c, int fd, int what) {
  int running = 0, left = 0;
  if (fd < 0) {
    c->timer = -1;
  }
  curl_multi_socket_action(c->multi, fd < 0 ? CURL_SOCKET_TIMEOUT : fd,
                           for_curl(what), &running);
  CURLMsg *message = curl_multi_info_read(c->multi, &left);
  if (message == NULL || message->msg != CURLMSG_DONE) {
    return ASR_STUCK;
  }
  c->code = message->data.result;
  return c->code == CURLE_OK ? arrive(c) : ASR_ENDED;
}

/* How far it had come. */
static asr_phase phase_of(const struct asr_connector *r,
                          const struct asr_connection *c) {
  long answer = 0;
  curl_off_t connected = 0;
  curl_easy_getinfo(c->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
  curl_easy_getinfo(c->easy, CURLINFO_CONNECT_TIME_T, &connected);
  return (asr_phase){.connected = connected > 0,
                     .through = answer / 100 == 2,
                     .secure = c->tls,
                     .proxied = r->options->proxy != NULL};
}

/* Look-ups and readers of certificates blame something else. */
static bool is_out_of_files(const struct asr_connector *r,
                            const struct asr_connection *c) {
  return c->refused == EMFILE || c->refused == ENFILE ||
         asr_descriptors_lack(r->watches->set);
}

asr_kind asr_connector_blame(const struct asr_connector *r,
                             struct asr_connection *c, const char **note) {
  asr_kind kind = asr_curl_kind((int)c->code, phase_of(r, c));
  size_t most = r->options->max_connections;
  if (is_out_of_files(r, c)) {
    asr_descriptors_note(most, c->error, sizeof c->error);
    *note = c->error;
    kind = kind == ASR_PROXY ? kind : ASR_CONNECT;
  } else if (kind == ASR_TLS && r->trust.fault != NULL) {
    *note = r->trust.fault;
  } else if (c->code == CURLE_OUT_OF_MEMORY) {
    *note = "there is not enough memory for a connection";
  } else {
    *note = c->error[0] != '\0' ? c->error : curl_easy_strerror(c->code);
  }
  return kind;
}
