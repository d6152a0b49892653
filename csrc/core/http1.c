/* SPDX-License-Identifier: MIT */
/* The reader. Its rules stand in http1.h. */
#include "core/http1.h"

#include <string.h>

#include "core/http1_line.h"

enum stage {
  STATUS_LINE,
  HEADERS,
  FIXED,
  REST,
  SIZE_LINE,
  CHUNK,
  CHUNK_END,
  TRAILERS,
  OVER
};

void asr_http1_start(struct asr_http1 *r, bool headless, size_t max_body) {
  memset(r, 0, sizeof *r);
  asr_buf_init(&r->head, ASR_HTTP1_HEAD_MAX);
  asr_buf_init(&r->body, max_body);
  r->headless = headless;
}

void asr_http1_close(struct asr_http1 *r) {
  asr_buf_close(&r->head);
  asr_buf_close(&r->body);
}

static enum asr_http1_state
fail(struct asr_http1 *r, enum asr_http1_state state, const char *problem) {
  r->state = (unsigned char)state;
  r->problem = problem;
  r->stage = OVER;
  return state;
}

static enum asr_http1_state bad(struct asr_http1 *r, const char *problem) {
  return fail(r, ASR_HTTP1_BAD, problem);
}

static enum asr_http1_state whole(struct asr_http1 *r) {
  r->stage = OVER;
  r->state = ASR_HTTP1_WHOLE;
  return ASR_HTTP1_WHOLE;
}

/* Why a buffer took no more. */
static enum asr_http1_state full(struct asr_http1 *r, const struct asr_buf *b) {
  if (b->status == ASR_NOMEM) {
    return fail(r, ASR_HTTP1_NOMEM, "no memory for the answer");
  }
  return fail(r, ASR_HTTP1_LARGE,
              b == &r->head ? "the answer's head is too large"
                            : "the answer's body is too large");
}

/* ---- the head ---- */

static void restart(struct asr_http1 *r) {
  asr_buf_reset(&r->head, ASR_HTTP1_HEAD_MAX);
  r->line = 0;
  r->stage = STATUS_LINE;
  r->close = r->keep_alive = r->has_length = r->has_chunks = false;
}

static enum asr_http1_state begin_body(struct asr_http1 *r) {
  r->head_done = true;
  if (r->headless || r->status == 204 || r->status == 304) {
    return whole(r);
  }
  if (r->has_chunks) {
    r->stage = SIZE_LINE;
    return ASR_HTTP1_MORE;
  }
  if (!r->has_length) {
    r->stage = REST;
    return ASR_HTTP1_MORE;
  }
  if (r->left > r->body.ceiling) {
    return fail(r, ASR_HTTP1_LARGE, "the answer's body is too large");
  }
  r->stage = FIXED;
  return r->left > 0 ? ASR_HTTP1_MORE : whole(r);
}

static enum asr_http1_state end_head(struct asr_http1 *r) {
  if (r->has_length && r->has_chunks) {
    return bad(r, "its head has both a length and chunks");
  }
  if (r->old && r->has_chunks) {
    return bad(r, "it is of HTTP/1.0 and has chunks");
  }
  if (r->status >= 200) {
    return begin_body(r);
  }
  if (r->status == 101) {
    return bad(r, "it changes to another protocol (101)");
  }
  if (++r->interims > ASR_HTTP1_INTERIM_MAX) {
    return bad(r, "it is announced over and over (1xx)");
  }
  restart(r);
  return ASR_HTTP1_MORE;
}

static enum asr_http1_state take_status(struct asr_http1 *r,
                                        struct asr_span line) {
  r->status = asr_http1_status(line, &r->old);
  if (r->status == 0) {
    return bad(r, "its first line is not a status line of HTTP/1.1");
  }
  r->stage = HEADERS;
  r->first = true;
  return ASR_HTTP1_MORE;
}

static const char *note_length(struct asr_http1 *r, struct asr_span value) {
  uint64_t length = 0;
  if (!asr_http1_length(value, &length) ||
      (r->has_length && length != r->left)) {
    return "its Content-Length is not one number";
  }
  r->has_length = true;
  r->left = length;
  return NULL;
}

static const char *note_encoding(struct asr_http1 *r, struct asr_span value) {
  if (r->has_chunks || !asr_span_ieq(value, asr_span_of("chunked"))) {
    return "its transfer encoding is not understood";
  }
  r->has_chunks = true;
  return NULL;
}

static void note_connection(struct asr_http1 *r, struct asr_span value) {
  while (value.p != NULL) {
    struct asr_span word = asr_span_trim(asr_span_cut(&value, ','));
    if (asr_span_ieq(word, asr_span_of("close"))) {
      r->close = true;
    } else if (asr_span_ieq(word, asr_span_of("keep-alive"))) {
      r->keep_alive = true;
    }
  }
}

/* Lengths tell almost all names apart before a letter is looked at. */
static const char *note(struct asr_http1 *r, struct asr_span name,
                        struct asr_span value) {
  r->framing = true;
  if (name.n == 14 && asr_span_ieq(name, asr_span_of("content-length"))) {
    return note_length(r, value);
  }
  if (name.n == 17 && asr_span_ieq(name, asr_span_of("transfer-encoding"))) {
    return note_encoding(r, value);
  }
  if (name.n == 10 && asr_span_ieq(name, asr_span_of("connection"))) {
    note_connection(r, value);
    return NULL;
  }
  r->framing = false;
  return NULL;
}

/* `line` begins in the head, behind the CRLF of the one that it goes on with:
 * spaces there make one line of both. */
static bool unfold(struct asr_http1 *r, struct asr_span line) {
  size_t at = (size_t)(line.p - r->head.data);
  if (r->framing || r->first) {
    return false;
  }
  memset(r->head.data + at - 2, ' ', 2);
  return true;
}

static enum asr_http1_state take_header(struct asr_http1 *r,
                                        struct asr_span line) {
  struct asr_span name, value;
  bool folded = line.p[0] == ' ' || line.p[0] == '\t';
  if (folded ? !unfold(r, line) : !asr_http1_split(line, &name, &value)) {
    return bad(r, "its head has a malformed line");
  }
  r->first = false;
  const char *problem = folded ? NULL : note(r, name, value);
  return problem != NULL ? bad(r, problem) : ASR_HTTP1_MORE;
}

/* ---- lines ---- */

/* What a line may take before its end is there. */
static size_t line_room(const struct asr_http1 *r) {
  if (r->stage == SIZE_LINE) {
    return ASR_HTTP1_CHUNK_LINE_MAX;
  }
  return r->stage == TRAILERS ? ASR_HTTP1_HEAD_MAX - r->trailers
                              : ASR_HTTP1_HEAD_MAX;
}

static enum asr_http1_state take_size(struct asr_http1 *r,
                                      struct asr_span line) {
  uint64_t size = 0;
  if (!asr_http1_chunk_size(line, &size)) {
    return bad(r, "the size of a chunk is malformed");
  }
  if (size > r->body.ceiling - r->body.len) {
    return fail(r, ASR_HTTP1_LARGE, "the answer's body is too large");
  }
  r->left = size;
  r->stage = size > 0 ? CHUNK : TRAILERS;
  return ASR_HTTP1_MORE;
}

static enum asr_http1_state take_trailer(struct asr_http1 *r,
                                         struct asr_span line) {
  struct asr_span name, value;
  r->trailers += line.n + 2;
  if (line.n == 0) {
    return whole(r);
  }
  return asr_http1_split(line, &name, &value)
             ? ASR_HTTP1_MORE
             : bad(r, "a trailer line is malformed");
}

static enum asr_http1_state take_line(struct asr_http1 *r,
                                      struct asr_span line) {
  switch (r->stage) {
  case STATUS_LINE:
    return take_status(r, line);
  case HEADERS:
    return line.n == 0 ? end_head(r) : take_header(r, line);
  case SIZE_LINE:
    return take_size(r, line);
  case CHUNK_END:
    r->stage = SIZE_LINE;
    return line.n == 0 ? ASR_HTTP1_MORE : bad(r, "a chunk has a wrong size");
  default:
    return take_trailer(r, line);
  }
}

static const char malformed[] =
    "a line holds a control character, or does not end in CRLF";

/* Adds a piece to the line that is being read. A CR is taken before its LF
 * has come: what follows it must be that. */
static enum asr_http1_state add_piece(struct asr_http1 *r,
                                      struct asr_span piece, bool ends) {
  size_t had = r->head.len - r->line;
  if (had > 0 && r->head.data[r->head.len - 1] == '\r' && *piece.p != '\n') {
    return bad(r, malformed);
  }
  if (r->head_done) {
    r->head.ceiling = r->head.len + piece.n;
  }
  if (asr_buf_add_span(&r->head, piece) != ASR_OK) {
    return full(r, &r->head);
  }
  return asr_http1_fits(piece, ends) ? ASR_HTTP1_MORE : bad(r, malformed);
}

/* The line is whole. Those between chunks lie behind the head until they
 * have been read; the bytes stay where they are for that moment. */
static enum asr_http1_state end_line(struct asr_http1 *r) {
  struct asr_span line =
      asr_span(r->head.data + r->line, r->head.len - r->line);
  if (line.n < 2 || line.p[line.n - 2] != '\r') {
    return bad(r, malformed);
  }
  line.n -= 2;
  if (r->head_done) {
    r->head.len = r->line;
  } else {
    r->line = r->head.len;
  }
  return take_line(r, line);
}

static enum asr_http1_state feed_line(struct asr_http1 *r, const char *p,
                                      size_t n, size_t *used) {
  size_t room = line_room(r) - (r->head.len - (r->head_done ? r->line : 0));
  const char *end = memchr(p, '\n', n);
  size_t take = end != NULL ? (size_t)(end - p) + 1 : n;
  bool over = take > room;
  bool ends = end != NULL && !over;
  *used = over ? room : take;
  if (*used > 0 && add_piece(r, asr_span(p, *used), ends) != ASR_HTTP1_MORE) {
    return (enum asr_http1_state)r->state;
  }
  if (over) {
    return fail(r, ASR_HTTP1_LARGE,
                r->head_done ? "a line between its chunks is too large"
                             : "the answer's head is too large");
  }
  return ends ? end_line(r) : ASR_HTTP1_MORE;
}

/* ---- the body ---- */

static enum asr_http1_state feed_body(struct asr_http1 *r, const char *p,
                                      size_t n, size_t *used) {
  size_t take = n;
  if (r->stage != REST && take > r->left) {
    take = (size_t)r->left;
  }
  if (asr_buf_add(&r->body, p, take) != ASR_OK) {
    return full(r, &r->body);
  }
  *used = take;
  if (r->stage == REST) {
    return ASR_HTTP1_MORE;
  }
  r->left -= take;
  if (r->left > 0) {
    return ASR_HTTP1_MORE;
  }
  if (r->stage == FIXED) {
    return whole(r);
  }
  r->stage = CHUNK_END;
  return ASR_HTTP1_MORE;
}

enum asr_http1_state asr_http1_feed(struct asr_http1 *r, const char *p,
                                    size_t n, size_t *used) {
  enum asr_http1_state state = (enum asr_http1_state)r->state;
  *used = 0;
  while (state == ASR_HTTP1_MORE && *used < n) {
    size_t some = 0;
    bool body = r->stage == FIXED || r->stage == REST || r->stage == CHUNK;
    state = body ? feed_body(r, p + *used, n - *used, &some)
                 : feed_line(r, p + *used, n - *used, &some);
    *used += some;
  }
  return state;
}

enum asr_http1_state asr_http1_end(struct asr_http1 *r) {
  return r->stage == REST ? whole(r) : (enum asr_http1_state)r->state;
}

bool asr_http1_began(const struct asr_http1 *r) {
  return r->status != 0 || r->head.len > 0 || r->interims > 0;
}

bool asr_http1_keeps(const struct asr_http1 *r) {
  bool told = r->has_length || r->has_chunks || r->headless ||
              r->status == 204 || r->status == 304;
  bool lies = r->status == 204 && (r->has_chunks || r->left > 0);
  return told && !lies && !r->close && (!r->old || r->keep_alive);
}
