/* SPDX-License-Identifier: MIT */
#include "core/httphead.h"

#include <string.h>

/* What the lines seen so far say about body and connection. */
struct sums {
  bool old; /* HTTP/1.0 */
  bool has_length, has_encoding, close, keep_alive;
};

/* tchar of RFC 9110 */
static bool is_token(char c) {
  return asr_is_letter(c) || asr_is_digit(c) ||
         (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Tabs count as text; other control characters do not. */
static bool is_text(struct asr_span s) {
  for (size_t i = 0; i < s.n; i++) {
    unsigned char c = (unsigned char)s.p[i];
    if ((c < 32 && c != '\t') || c == 127) {
      return false;
    }
  }
  return true;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static struct asr_span trim_blanks(struct asr_span s) {
  while (s.n > 0 && is_blank(s.p[0])) {
    s.p++;
    s.n--;
  }
  while (s.n > 0 && is_blank(s.p[s.n - 1])) {
    s.n--;
  }
  return s;
}

/* Takes a line off `rest`, without its CRLF; false when there is no whole
 * one, or when a CR or LF stands alone in it. */
static bool next_line(struct asr_span *rest, struct asr_span *line) {
  const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
  if (end == NULL || end == rest->p || end[-1] != '\r') {
    return false;
  }
  *line = asr_span(rest->p, (size_t)(end - rest->p) - 1);
  rest->n -= line->n + 2;
  rest->p = end + 1;
  return is_text(*line);
}

/* HTTP/1.1 SP 3DIGIT [SP reason] */
static bool read_status(struct asr_span line, struct asr_http_head *head,
                        struct sums *sums) {
  const char *p = line.p;
  if (line.n < 12 || memcmp(p, "HTTP/1.", 7) != 0 ||
      (p[7] != '0' && p[7] != '1') || p[8] != ' ' || p[9] < '1' || p[9] > '9' ||
      !asr_is_digit(p[10]) || !asr_is_digit(p[11]) ||
      (line.n > 12 && p[12] != ' ')) {
    return false;
  }
  head->status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
  sums->old = p[7] == '0';
  return true;
}

enum asr_status asr_http_header_next(struct asr_span *rest, bool *any,
                                     struct asr_span *name,
                                     struct asr_span *value) {
  struct asr_span line;
  *any = rest->n > 0;
  if (!*any) {
    return ASR_OK;
  }
  if (!next_line(rest, &line)) {
    return ASR_INVALID;
  }
  *value = line;
  *name = asr_span_cut(value, ':');
  if (value->p == NULL || name->n == 0) {
    return ASR_INVALID;
  }
  for (size_t i = 0; i < name->n; i++) {
    if (!is_token(name->p[i])) {
      return ASR_INVALID;
    }
  }
  *value = trim_blanks(*value);
  return ASR_OK;
}

static bool read_length(struct asr_span value, struct asr_http_head *head) {
  uint64_t length = 0;
  for (size_t i = 0; i < value.n; i++) {
    if (!asr_is_digit(value.p[i])) {
      return false;
    }
    uint64_t digit = (uint64_t)(value.p[i] - '0');
    length = length > (ASR_HTTP_HUGE - digit) / 10 ? ASR_HTTP_HUGE
                                                   : length * 10 + digit;
  }
  head->length = length;
  return value.n > 0;
}

static void read_connection(struct asr_span value, struct sums *sums) {
  while (value.p != NULL) {
    struct asr_span word = trim_blanks(asr_span_cut(&value, ','));
    if (asr_span_ieq(word, asr_span_of("close"))) {
      sums->close = true;
    } else if (asr_span_ieq(word, asr_span_of("keep-alive"))) {
      sums->keep_alive = true;
    }
  }
}

static const char *note(struct asr_span name, struct asr_span value,
                        struct asr_http_head *head, struct sums *sums) {
  if (asr_span_ieq(name, asr_span_of("content-length"))) {
    if (sums->has_length || !read_length(value, head)) {
      return "its Content-Length is not one number";
    }
    sums->has_length = true;
  } else if (asr_span_ieq(name, asr_span_of("transfer-encoding"))) {
    if (sums->has_encoding || !asr_span_ieq(value, asr_span_of("chunked"))) {
      return "its transfer encoding is not understood";
    }
    sums->has_encoding = true;
  } else if (asr_span_ieq(name, asr_span_of("connection"))) {
    read_connection(value, sums);
  }
  return NULL;
}

static const char *conclude(struct asr_http_head *head,
                            const struct sums *sums) {
  if (sums->has_encoding && sums->has_length) {
    return "it has both a length and chunks";
  }
  if (sums->has_encoding && sums->old) {
    return "it is of HTTP/1.0 and has chunks";
  }
  head->body = sums->has_encoding ? ASR_HTTP_CHUNKS
               : sums->has_length ? ASR_HTTP_LENGTH
                                  : ASR_HTTP_REST;
  head->keep = !sums->close && (!sums->old || sums->keep_alive);
  return NULL;
}

enum asr_status asr_http_head_parse(struct asr_span text,
                                    struct asr_http_head *head,
                                    const char **problem) {
  struct sums sums = {false, false, false, false, false};
  struct asr_span line, name, value;
  bool any = true;
  memset(head, 0, sizeof *head);
  *problem = "its first line is not a status line";
  if (!next_line(&text, &line) || !read_status(line, head, &sums)) {
    return ASR_INVALID;
  }
  for (;;) {
    *problem = "it has a malformed header line";
    if (asr_http_header_next(&text, &any, &name, &value) != ASR_OK) {
      return ASR_INVALID;
    }
    *problem = any ? note(name, value, head, &sums) : conclude(head, &sums);
    if (*problem != NULL) {
      return ASR_INVALID;
    }
    if (!any) {
      return ASR_OK;
    }
  }
}

struct asr_span asr_http_header_lines(struct asr_span text) {
  struct asr_span line;
  if (!next_line(&text, &line)) {
    text.n = 0;
  }
  return text;
}
