/* SPDX-License-Identifier: MIT */
#include "core/jsonr.h"

#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

enum state {
  WANT_VALUE,
  WANT_VALUE_OR_CLOSE, /* after [ */
  WANT_KEY,            /* after a comma in an object */
  WANT_KEY_OR_CLOSE,   /* after { */
  WANT_COMMA_OR_CLOSE,
  WANT_NOTHING /* the value is complete */
};

void asr_jsonr_init(struct asr_jsonr *r, struct asr_span text,
                    struct asr_buf *scratch) {
  memset(r, 0, sizeof *r);
  r->start = r->p = text.p;
  r->end = text.p + text.n;
  r->scratch = scratch;
  r->state = WANT_VALUE;
}

size_t asr_jsonr_at(const struct asr_jsonr *r) {
  return (size_t)(r->p - r->start);
}

static enum asr_status fail(struct asr_jsonr *r, const char *why) {
  r->why = why;
  return ASR_INVALID;
}

static void skip_space(struct asr_jsonr *r) {
  while (r->p < r->end &&
         (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')) {
    r->p++;
  }
}

/* ---- numbers */

static bool is_digit(const struct asr_jsonr *r) {
  return r->p < r->end && asr_is_digit(*r->p);
}

static bool skip_digits(struct asr_jsonr *r) {
  const char *from = r->p;
  while (is_digit(r)) {
    r->p++;
  }
  return r->p > from;
}

static bool skip_byte(struct asr_jsonr *r, char a, char b) {
  bool there = r->p < r->end && (*r->p == a || *r->p == b);
  r->p += there;
  return there;
}

static enum asr_status read_number(struct asr_jsonr *r,
                                   struct asr_json_event *e) {
  const char *from = r->p;
  skip_byte(r, '-', '-');
  if (skip_byte(r, '0', '0')) {
    if (is_digit(r)) {
      return fail(r, "a number must not begin with a zero");
    }
  } else if (!skip_digits(r)) {
    return fail(r, "a digit must follow");
  }
  if (skip_byte(r, '.', '.') && !skip_digits(r)) {
    return fail(r, "a digit must follow the decimal point");
  }
  if (skip_byte(r, 'e', 'E')) {
    skip_byte(r, '+', '-');
    if (!skip_digits(r)) {
      return fail(r, "a digit must follow in the exponent");
    }
  }
  e->type = ASR_JSON_NUMBER;
  e->text = asr_span(from, (size_t)(r->p - from));
  return ASR_OK;
}

/* ---- strings */

/* The four digits after \u; -1 if they are not there. */
static long read_hex(struct asr_jsonr *r) {
  long code = 0;
  if (r->end - r->p < 4) {
    return -1;
  }
  for (int i = 0; i < 4; i++) {
    int digit = asr_hex_value(r->p[i]);
    if (digit < 0) {
      return -1;
    }
    code = code * 16 + digit;
  }
  r->p += 4;
  return code;
}

/* After "\u": one code point, of one or two escapes. */
static enum asr_status read_unicode(struct asr_jsonr *r, uint32_t *code) {
  long high = read_hex(r);
  if (high < 0) {
    return fail(r, "\\u needs four hexadecimal digits");
  }
  *code = (uint32_t)high;
  if (high < 0xD800 || high > 0xDFFF) {
    return ASR_OK;
  }
  if (high > 0xDBFF || r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u') {
    return fail(r, "a surrogate without its other half");
  }
  r->p += 2;
  long low = read_hex(r);
  if (low < 0xDC00 || low > 0xDFFF) {
    return fail(r, "a surrogate without its other half");
  }
  *code =
      0x10000 + ((uint32_t)(high - 0xD800) << 10) + (uint32_t)(low - 0xDC00);
  return ASR_OK;
}

static enum asr_status keep(struct asr_jsonr *r, const char *p, size_t n) {
  return r->scratch != NULL ? asr_buf_add(r->scratch, p, n) : ASR_OK;
}

/* At a backslash. */
static enum asr_status read_escape(struct asr_jsonr *r) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  if (++r->p == r->end) {
    return fail(r, "the string does not end");
  }
  char c = *r->p;
  if (c == 'u') {
    uint32_t code = 0;
    char bytes[4];
    r->p++;
    enum asr_status status = read_unicode(r, &code);
    return status == ASR_OK ? keep(r, bytes, asr_utf8_put(bytes, code))
                            : status;
  }
  const char *at = c != '\0' ? strchr(from, c) : NULL;
  if (at == NULL) {
    return fail(r, "no such escape");
  }
  r->p++;
  return keep(r, to + (at - from), 1);
}

/* Skips what needs no decoding; stops at a quote, a backslash or the end. */
static enum asr_status skip_plain(struct asr_jsonr *r) {
  while (r->p < r->end && *r->p != '"' && *r->p != '\\') {
    unsigned char c = (unsigned char)*r->p;
    if (c < 0x20) {
      return fail(r, "a control character must be escaped");
    }
    size_t step = c < 0x80 ? 1 : asr_utf8_step(r->p, (size_t)(r->end - r->p));
    if (step == 0) {
      return fail(r, "the string is not UTF-8");
    }
    r->p += step;
  }
  return r->p < r->end ? ASR_OK : fail(r, "the string does not end");
}

/* At a quote. Without escapes the text is a piece of the input itself. */
static enum asr_status read_string(struct asr_jsonr *r, struct asr_span *text) {
  const char *begin = ++r->p, *run = begin;
  bool decoding = false;
  enum asr_status status;
  while ((status = skip_plain(r)) == ASR_OK && *r->p == '\\') {
    if (!decoding && r->scratch != NULL) {
      asr_buf_reset(r->scratch, SIZE_MAX);
      decoding = true;
    }
    status = keep(r, run, (size_t)(r->p - run));
    if (status != ASR_OK || (status = read_escape(r)) != ASR_OK) {
      return status;
    }
    run = r->p;
  }
  if (status == ASR_OK && decoding) {
    status = keep(r, run, (size_t)(r->p - run));
  }
  if (status != ASR_OK) {
    return status;
  }
  *text = decoding ? asr_buf_span(r->scratch)
                   : asr_span(begin, (size_t)(r->p - begin));
  r->p++; /* the closing quote */
  return ASR_OK;
}

/* ---- structure */

static enum asr_status open_level(struct asr_jsonr *r,
                                  struct asr_json_event *e) {
  if (r->depth == ASR_JSON_DEPTH) {
    r->why = "nested too deeply";
    return ASR_TOO_BIG;
  }
  bool object = *r->p == '{';
  r->open[r->depth++] = *r->p++;
  r->state = object ? WANT_KEY_OR_CLOSE : WANT_VALUE_OR_CLOSE;
  e->type = object ? ASR_JSON_OBJECT : ASR_JSON_ARRAY;
  return ASR_OK;
}

static void after_value(struct asr_jsonr *r) {
  r->state = r->depth > 0 ? WANT_COMMA_OR_CLOSE : WANT_NOTHING;
}

/* At a closing bracket that fits. */
static enum asr_status close_level(struct asr_jsonr *r,
                                   struct asr_json_event *e) {
  e->type =
      r->open[--r->depth] == '{' ? ASR_JSON_OBJECT_END : ASR_JSON_ARRAY_END;
  r->p++;
  after_value(r);
  return ASR_OK;
}

static enum asr_status read_word(struct asr_jsonr *r,
                                 struct asr_json_event *e) {
  static const struct {
    const char *word;
    size_t n;
    enum asr_json_type type;
  } words[] = {{"true", 4, ASR_JSON_TRUE},
               {"false", 5, ASR_JSON_FALSE},
               {"null", 4, ASR_JSON_NULL}};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    size_t n = words[i].n;
    if ((size_t)(r->end - r->p) >= n && memcmp(r->p, words[i].word, n) == 0) {
      r->p += n;
      e->type = words[i].type;
      return ASR_OK;
    }
  }
  return fail(r, "a value is expected");
}

static enum asr_status read_value(struct asr_jsonr *r,
                                  struct asr_json_event *e) {
  enum asr_status status;
  char c = *r->p;
  if (c == '{' || c == '[') {
    return open_level(r, e);
  }
  if (c == '"') {
    e->type = ASR_JSON_STRING;
    status = read_string(r, &e->text);
  } else if (c == '-' || is_digit(r)) {
    status = read_number(r, e);
  } else {
    status = read_word(r, e);
  }
  after_value(r);
  return status;
}

static enum asr_status read_key(struct asr_jsonr *r, struct asr_json_event *e) {
  if (*r->p != '"') {
    return fail(r, r->state == WANT_KEY ? "a key in quotes is expected"
                                        : "a key in quotes or } is expected");
  }
  enum asr_status status = read_string(r, &e->text);
  if (status != ASR_OK) {
    return status;
  }
  e->type = ASR_JSON_KEY;
  skip_space(r);
  if (!skip_byte(r, ':', ':')) {
    return fail(r, "a colon is expected");
  }
  r->state = WANT_VALUE;
  return ASR_OK;
}

/* After a value within an array or object: true if a comma was there. */
static bool skip_comma(struct asr_jsonr *r) {
  if (r->state != WANT_COMMA_OR_CLOSE || !skip_byte(r, ',', ',')) {
    return false;
  }
  r->state = r->open[r->depth - 1] == '{' ? WANT_KEY : WANT_VALUE;
  skip_space(r);
  return true;
}

static bool may_close(const struct asr_jsonr *r) {
  if (r->depth == 0 || r->state == WANT_VALUE || r->state == WANT_KEY) {
    return false;
  }
  return *r->p == (r->open[r->depth - 1] == '{' ? '}' : ']');
}

enum asr_status asr_jsonr_next(struct asr_jsonr *r, struct asr_json_event *e) {
  e->text = asr_span("", 0);
  skip_space(r);
  skip_comma(r);
  if (r->p == r->end) {
    e->type = ASR_JSON_END;
    return r->state == WANT_NOTHING ? ASR_OK : fail(r, "the text ends early");
  }
  if (may_close(r)) {
    return close_level(r, e);
  }
  switch (r->state) {
  case WANT_KEY:
  case WANT_KEY_OR_CLOSE:
    return read_key(r, e);
  case WANT_VALUE:
  case WANT_VALUE_OR_CLOSE:
    return read_value(r, e);
  case WANT_COMMA_OR_CLOSE:
    return fail(r, r->open[r->depth - 1] == '{' ? "a comma or } is expected"
                                                : "a comma or ] is expected");
  default:
    return fail(r, "nothing may follow the value");
  }
}

enum asr_status asr_json_check(struct asr_jsonr *r, struct asr_span text) {
  struct asr_json_event e;
  enum asr_status status;
  asr_jsonr_init(r, text, NULL);
  do {
    status = asr_jsonr_next(r, &e);
  } while (status == ASR_OK && e.type != ASR_JSON_END);
  return status;
}
