/* SPDX-License-Identifier: MIT */
#include "net/transfer.h"

#include <string.h>

#include "core/mem.h"

/* ---- what was written ---- */

/* OpenSSL hands on a record whole or not at all, and a record carries 16 KiB:
 * up to there "not counted" means "cannot be read by the server". */
enum { ONE_RECORD = 16 * 1024 };

static size_t request_size(const asr_job *job) {
  size_t i, size = job->body_len + strlen(job->url) + 256;
  for (i = 0; i < job->header_count; i++)
    size += strlen(job->headers[i]) + 2;
  return size;
}

/* Whether something of the request may have been written since `asked`. */
static bool maybe_wrote(const asr_transfer *t) {
  long size = 0, version = 0;
  if (!t->asked)
    return false;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &size);
  if (size > t->base)
    return true;
  curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
  if (version == CURL_HTTP_VERSION_2_0)
    return true; /* frames are counted late */
  return t->tunnelled && request_size(t->job) >= ONE_RECORD;
}

/* libcurl calls this each time it is about to write the request. It does so
 * again on its own when a kept connection turns out to be dead, although the
 * server may have read all of it: refused, unless nothing can have happened
 * or a second time does no harm.
 * (An HTTP/2 server that lets go of a connection says which streams it has
 * not taken up, but libcurl does not pass that on: those fail as "maybe".) */
static int before_request(void *arg, char *peer, char *local, int peer_port,
                          int local_port) {
  asr_transfer *t = arg;
  (void)peer;
  (void)local;
  (void)peer_port;
  (void)local_port;
  if (t->asked && maybe_wrote(t))
    t->wrote = true;
  if (t->wrote && !t->job->repeatable)
    return CURL_PREREQFUNC_ABORT;
  t->asked = true;
  curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &t->base);
  return CURL_PREREQFUNC_OK;
}

/* ---- what comes back ---- */

static size_t take_head(char *line, size_t size, size_t count, void *arg) {
  asr_transfer *t = arg;
  size_t len = size * count;
  if (asr_job_head(t->job, line, len))
    return len;
  t->overflow = !t->job->malformed;
  return 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg) {
  asr_transfer *t = arg;
  size_t len = size * count;
  if (asr_job_data(t->job, bytes, len))
    return len;
  t->overflow = true;
  return 0;
}

/* ---- one handle ---- */

#define SET(easy, option, value)                                               \
  do {                                                                         \
    if (curl_easy_setopt(easy, option, value) != CURLE_OK)                     \
      return false;                                                            \
  } while (0)

static bool wire_callbacks(asr_transfer *t, const asr_wiring *wiring) {
  CURL *easy = t->easy;
  SET(easy, CURLOPT_PRIVATE, t);
  SET(easy, CURLOPT_ERRORBUFFER, t->error);
  SET(easy, CURLOPT_HEADERFUNCTION, take_head);
  SET(easy, CURLOPT_HEADERDATA, t);
  SET(easy, CURLOPT_WRITEFUNCTION, take_body);
  SET(easy, CURLOPT_WRITEDATA, t);
  SET(easy, CURLOPT_PREREQFUNCTION, before_request);
  SET(easy, CURLOPT_PREREQDATA, t);
  SET(easy, CURLOPT_OPENSOCKETFUNCTION, wiring->open);
  SET(easy, CURLOPT_OPENSOCKETDATA, wiring->owner);
  SET(easy, CURLOPT_CLOSESOCKETFUNCTION, wiring->close);
  SET(easy, CURLOPT_CLOSESOCKETDATA, wiring->owner);
  SET(easy, CURLOPT_SHARE, wiring->share);
  return true;
}

static bool wire_http(CURL *easy, const asr_options *options) {
  SET(easy, CURLOPT_NOSIGNAL, 1L);
  SET(easy, CURLOPT_QUICK_EXIT, 1L);
  SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  SET(easy, CURLOPT_FOLLOWLOCATION, 0L);
  SET(easy, CURLOPT_HTTP09_ALLOWED, 0L);
  SET(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  SET(easy, CURLOPT_CONNECTTIMEOUT_MS,
      (long)(options->connect_timeout * 1000 + 0.999));
  if (!options->http2) {
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    return true;
  }
  SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  SET(easy, CURLOPT_PIPEWAIT, 1L);
  return true;
}

static bool wire_trust(CURL *easy, const asr_options *options) {
  long verify = options->insecure ? 0L : 1L;
  SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(easy, CURLOPT_SSL_VERIFYPEER, verify);
  SET(easy, CURLOPT_SSL_VERIFYHOST, verify * 2);
  SET(easy, CURLOPT_PROXY_SSL_VERIFYPEER, verify);
  SET(easy, CURLOPT_PROXY_SSL_VERIFYHOST, verify * 2);
  /* A CA that is named replaces the system's, file and directory alike. */
  if (options->ca_file || options->ca_path) {
    SET(easy, CURLOPT_CAINFO, options->ca_file);
    SET(easy, CURLOPT_CAPATH, options->ca_path);
    SET(easy, CURLOPT_PROXY_CAINFO, options->ca_file);
    SET(easy, CURLOPT_PROXY_CAPATH, options->ca_path);
  }
  return true;
}

/* Never the environment's proxy: "" switches libcurl's look-up off. */
static bool wire_proxy(CURL *easy, const asr_options *options) {
  SET(easy, CURLOPT_PROXY, options->proxy ? options->proxy : "");
  SET(easy, CURLOPT_NOPROXY, "");
  SET(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
  if (options->unix_socket)
    SET(easy, CURLOPT_UNIX_SOCKET_PATH, options->unix_socket);
  return true;
}

asr_transfer *asr_transfer_new(const asr_wiring *wiring) {
  asr_transfer *t = asr_zeroed(sizeof *t);
  if (!t)
    return NULL;
  t->proxied = wiring->options->proxy != NULL;
  t->easy = curl_easy_init();
  if (t->easy && wire_callbacks(t, wiring) &&
      wire_http(t->easy, wiring->options) &&
      wire_trust(t->easy, wiring->options) &&
      wire_proxy(t->easy, wiring->options))
    return t;
  asr_transfer_free(t);
  return NULL;
}

void asr_transfer_free(asr_transfer *t) {
  if (!t)
    return;
  if (t->easy)
    curl_easy_cleanup(t->easy);
  asr_free(t->lines);
  asr_free(t);
}

/* ---- one job ---- */

/* What libcurl would add on its own, and the order to leave it out. */
static char no_accept[] = "Accept:";
static char no_type[] = "Content-Type:";
static char no_expect[] = "Expect:";
static char *const unasked[] = {no_accept, no_type, no_expect};
enum { UNASKED = sizeof unasked / sizeof unasked[0] };

static bool same_letters(const char *a, const char *b, size_t len) {
  size_t i;
  for (i = 0; i < len; i++)
    if ((a[i] | 0x20) != (b[i] | 0x20))
      return false;
  return true;
}

static bool names(const asr_job *job, const char *prefix) {
  size_t i, len = strlen(prefix);
  for (i = 0; i < job->header_count; i++)
    if (strlen(job->headers[i]) >= len &&
        same_letters(job->headers[i], prefix, len))
      return true;
  return false;
}

/* libcurl only reads the list, so the nodes can be ours and point into the
 * job; nothing is allocated for a header. */
static bool put_headers(asr_transfer *t, const asr_job *job) {
  size_t i, n = 0, most = job->header_count + UNASKED;
  if (most > t->line_room) {
    struct curl_slist *grown = asr_realloc(t->lines, most * sizeof *grown);
    if (!grown)
      return false;
    t->lines = grown;
    t->line_room = most;
  }
  for (i = 0; i < job->header_count; i++)
    t->lines[n++].data = job->headers[i];
  for (i = 0; i < UNASKED; i++)
    if (!names(job, unasked[i]))
      t->lines[n++].data = unasked[i];
  for (i = 0; i < n; i++)
    t->lines[i].next = i + 1 < n ? &t->lines[i + 1] : NULL;
  SET(t->easy, CURLOPT_HTTPHEADER, n ? t->lines : NULL);
  return true;
}

static bool put_method(CURL *easy, const asr_job *job) {
  bool get = strcmp(job->method, "GET") == 0;
  bool head = strcmp(job->method, "HEAD") == 0;
  bool post = strcmp(job->method, "POST") == 0;
  bool put = strcmp(job->method, "PUT") == 0;
  SET(easy, CURLOPT_NOBODY, 0L);
  if (job->has_body || post || put) {
    SET(easy, CURLOPT_POST, 1L);
    SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)job->body_len);
    SET(easy, CURLOPT_POSTFIELDS, job->body);
    SET(easy, CURLOPT_CUSTOMREQUEST, post ? NULL : job->method);
    return true;
  }
  SET(easy, CURLOPT_POSTFIELDS, NULL);
  SET(easy, CURLOPT_HTTPGET, 1L);
  if (head)
    SET(easy, CURLOPT_NOBODY, 1L);
  SET(easy, CURLOPT_CUSTOMREQUEST, get || head ? NULL : job->method);
  return true;
}

static bool put_job(asr_transfer *t, asr_job *job) {
  bool head = strcmp(job->method, "HEAD") == 0;
  SET(t->easy, CURLOPT_URL, job->url);
  /* The length that a HEAD announces is not coming. */
  SET(t->easy, CURLOPT_MAXFILESIZE_LARGE,
      head ? (curl_off_t)0 : (curl_off_t)job->max_response);
  return put_headers(t, job) && put_method(t->easy, job);
}

bool asr_transfer_begin(asr_transfer *t, asr_job *job) {
  t->job = job;
  t->asked = t->wrote = t->overflow = false;
  t->base = 0;
  t->error[0] = '\0';
  t->tunnelled = same_letters(job->url, "https:", 6);
  if (put_job(t, job)) {
    job->transfer = t;
    return true;
  }
  t->job = NULL;
  asr_job_fail(job, ASR_PROTOCOL, "the request could not be set up");
  return false;
}

/* The job leaves the transfer, with what is known of its way. */
static asr_job *release(asr_transfer *t) {
  asr_job *job = t->job;
  long connects = 0;
  if (t->asked && maybe_wrote(t))
    t->wrote = true;
  curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
  job->reused = t->asked && connects == 0;
  job->sent = t->wrote;
  job->elapsed = asr_monotonic() - job->started;
  job->transfer = NULL;
  t->job = NULL;
  return job;
}

/* An answer whose connection then broke. For a GET the body is the answer;
 * for all else the status says what became of the request. */
static bool good_enough(const asr_job *job, CURLcode code) {
  if (!job->head_done || !asr_curl_broke((int)code))
    return false;
  return job->status >= 300 || strcmp(job->method, "GET") != 0;
}

static bool through_proxy(const asr_transfer *t) {
  long status = 0;
  curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &status);
  return status / 100 == 2;
}

/* How far the request came. */
static asr_phase phase_of(const asr_transfer *t) {
  asr_phase phase = {.asked = t->asked,
                     .wrote = t->wrote,
                     .proxied = t->proxied,
                     .secure = t->tunnelled,
                     .through = t->proxied && through_proxy(t)};
  curl_off_t connected = 0;
  curl_easy_getinfo(t->easy, CURLINFO_CONNECT_TIME_T, &connected);
  phase.connected = connected > 0;
  return phase;
}

/* Chunks, or no encoding: others are let through by some versions of libcurl
 * and not by others. */
static bool is_encoded(const asr_job *job) {
  asr_field field;
  size_t at = 0;
  while (asr_job_field(job, &at, &field)) {
    if (asr_span_eq(field.name, asr_span_of("transfer-encoding")) &&
        !asr_span_ieq(field.value, asr_span_of("chunked"))) {
      return true;
    }
  }
  return false;
}

/* libcurl is content, and yet there is no answer: the head broke off, or was
 * one of those that announce another. */
static void fail_unended(asr_job *job) {
  bool interim = job->status > 0 && job->status < 200;
  asr_job_fail(job, interim ? ASR_PROTOCOL : ASR_RESET, NULL);
}

/* What libcurl has to say of it; not where our own words are better. */
static const char *note_of(const asr_transfer *t, asr_kind kind, CURLcode code,
                           const asr_job *job) {
  if (kind == ASR_TOO_LARGE) {
    bool body = job->head_done || code == CURLE_FILESIZE_EXCEEDED;
    return body ? NULL : "the answer's headers are too large";
  }
  if (code == CURLE_OUT_OF_MEMORY) {
    return "there is not enough memory for a connection";
  }
  return t->error[0] ? t->error : curl_easy_strerror(code);
}

void asr_transfer_end(asr_transfer *t, CURLcode code) {
  asr_job *job = release(t);
  asr_phase phase = phase_of(t);
  if (job->malformed || (job->head_done && is_encoded(job))) {
    asr_job_fail(job, ASR_PROTOCOL, NULL);
  } else if (code == CURLE_OK && job->head_done) {
    return;
  } else if (t->overflow) {
    asr_job_fail(job, ASR_TOO_LARGE, note_of(t, ASR_TOO_LARGE, code, job));
  } else if (code == CURLE_OK) {
    fail_unended(job);
  } else if (good_enough(job, code)) {
    job->truncated = true;
  } else if (code == CURLE_ABORTED_BY_CALLBACK) {
    asr_job_fail(job, ASR_RESET, NULL);
  } else {
    asr_kind kind = asr_curl_kind((int)code, phase);
    asr_job_fail(job, kind, note_of(t, kind, code, job));
  }
}

void asr_transfer_stop(asr_transfer *t, asr_kind kind, const char *note) {
  asr_job_fail(release(t), kind, note);
}
