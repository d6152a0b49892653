/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1 as a client speaks it: bytes in, bytes out. One reader and one
 * writer serve the pool and nginx alike.
 *
 * The rules of the reader (RFC 9112; nothing is guessed or repaired):
 *  - Lines end in CRLF. A CR or LF alone, a NUL or another control character
 *    but the tab is an error, told with the line in which it stands.
 *  - The status line is HTTP/1.0 or HTTP/1.1, a space, three digits from 100
 *    on, then nothing or a space and a reason.
 *  - A header line is a token, a colon, a value; no space before the colon. A
 *    folded line goes on with the value before it, after two spaces, unless
 *    that value says how the message ends.
 *  - A body ends by one of: Transfer-Encoding chunked (and nothing else), one
 *    Content-Length (or several equal ones), the end of the connection. Both
 *    of the first two, or chunks of HTTP/1.0, are an error.
 *  - No body follows a HEAD, 204 or 304, whatever the head says.
 *  - Other 1xx than 101 are passed over, at most 16; 101 is an error.
 *  - Chunk extensions and trailers are read and dropped.
 *  - All limits are told at once, before what is too large has arrived.
 *  - A connection may be used again after an answer of HTTP/1.1 without
 *    "Connection: close" (or of HTTP/1.0 with "keep-alive") whose end the
 *    message itself told, and only if nothing follows it. A 204 that announces
 *    a body ends it: what came later would pass for the next answer.
 */
#ifndef ASR_HTTP1_H
#define ASR_HTTP1_H

#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"

enum {
  ASR_HTTP1_HEAD_MAX = 64 * 1024, /* bytes of a head, and of all trailers */
  ASR_HTTP1_CHUNK_LINE_MAX = 4096,
  ASR_HTTP1_INTERIM_MAX = 16
};

enum asr_http1_state {
  ASR_HTTP1_MORE,  /* the answer goes on */
  ASR_HTTP1_WHOLE, /* it is there */
  ASR_HTTP1_BAD,   /* it is no valid HTTP */
  ASR_HTTP1_LARGE, /* its head or body is over a limit */
  ASR_HTTP1_NOMEM
};

/* Zeroed: closed. Everything is the reader's; callers look only. */
struct asr_http1 {
  struct asr_buf head; /* the final answer's lines as they came, CRLF and all */
  struct asr_buf body;
  const char *problem; /* a constant, for BAD and LARGE */
  uint64_t left;       /* bytes of the body, or of a chunk, still to come */
  size_t line;         /* where the line that is being read begins */
  size_t trailers;     /* bytes seen of them */
  int status;          /* 0 until the first line has been read */
  int interims;
  unsigned char stage, state;
  bool headless; /* the request was a HEAD: no body follows */
  bool old;      /* HTTP/1.0 */
  bool close, keep_alive, has_length, has_chunks;
  bool first;     /* no header has been read yet */
  bool framing;   /* the header read last says how the message ends */
  bool head_done; /* the final head is whole */
};

/* Begins an answer; allocates nothing. A body over `max_body` bytes is too
 * large. */
void asr_http1_start(struct asr_http1 *r, bool headless, size_t max_body);
/* Frees what the reader holds; may be called again. */
void asr_http1_close(struct asr_http1 *r);

/* Reads some bytes; `used` is how many of them belong to this answer. Once
 * the state is another than MORE, further bytes are not used. */
enum asr_http1_state asr_http1_feed(struct asr_http1 *r, const char *p,
                                    size_t n, size_t *used);
/* The connection has ended: WHOLE where that is what ends the body, else
 * MORE: the answer was cut off. */
enum asr_http1_state asr_http1_end(struct asr_http1 *r);
/* Whether anything at all has come. */
bool asr_http1_began(const struct asr_http1 *r);
/* Of a whole answer: whether its connection may carry another request. */
bool asr_http1_keeps(const struct asr_http1 *r);

/* The next header of a final head that is done; `at` is 0 at first. Names are
 * as they came. False at the end. */
bool asr_http1_header(struct asr_span head, size_t *at, struct asr_span *name,
                      struct asr_span *value);

/* What a request consists of. Lines are whole, each with its CRLF. */
struct asr_http1_request {
  struct asr_span method;
  struct asr_span base;          /* of an absolute target, for a proxy */
  struct asr_span target, query; /* query: not there, or with its "?" */
  struct asr_span lines;         /* constant: Host and so on */
  struct asr_span authorization; /* a line, or not there */
  struct asr_span more;          /* further lines, or not there */
  size_t body;                   /* bytes of it */
  bool has_body;                 /* else no Content-Length is said */
};

/* Bytes that the head takes. */
size_t asr_http1_head_size(const struct asr_http1_request *q);
/* Writes the head so that it ends before `end`, where the body begins;
 * returns where it begins: asr_http1_head_size bytes earlier. */
char *asr_http1_put_head(const struct asr_http1_request *q, char *end);

#endif
