/* SPDX-License-Identifier: MIT */
#include "core/http1_line.h"

#include <string.h>

/* ---- a status line: HTTP/1.1 SP 3DIGIT [SP reason] ---- */

int asr_http1_status(struct asr_span line, bool *old) {
  const char *p = line.p;
  if (line.n < 12 || memcmp(p, "HTTP/1.", 7) != 0 ||
      (p[7] != '0' && p[7] != '1') || p[8] != ' ' || p[9] < '1' || p[9] > '9' ||
      !asr_is_digit(p[10]) || !asr_is_digit(p[11]) ||
      (line.n > 12 && p[12] != ' ')) {
    return 0;
  }
  *old = p[7] == '0';
  return (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
}

/* ---- a header line ---- */

/* tchar of RFC 9110, a bit for each of the first 128 characters. */
static const uint64_t token[2] = {UINT64_C(0x03ff6cfa00000000),
                                  UINT64_C(0x57ffffffc7fffffe)};

static bool is_token(char c) {
  unsigned char u = (unsigned char)c;
  return u < 128 && (token[u >> 6] >> (u & 63) & 1) != 0;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool asr_http1_split(struct asr_span line, struct asr_span *name,
                     struct asr_span *value) {
  size_t i = 0;
  while (i < line.n && is_token(line.p[i])) {
    i++;
  }
  if (i == 0 || i == line.n || line.p[i] != ':') {
    return false;
  }
  *name = asr_span(line.p, i);
  const char *from = line.p + i + 1, *to = line.p + line.n;
  while (from < to && is_blank(*from)) {
    from++;
  }
  while (to > from && is_blank(to[-1])) {
    to--;
  }
  *value = asr_span(from, (size_t)(to - from));
  return true;
}

/* ---- numbers ---- */

static bool one_length(struct asr_span text, uint64_t *length) {
  uint64_t sum = 0;
  if (text.n == 0) {
    return false;
  }
  for (size_t i = 0; i < text.n; i++) {
    if (!asr_is_digit(text.p[i])) {
      return false;
    }
    sum = sum > UINT64_MAX / 16 ? UINT64_MAX
                                : sum * 10 + (uint64_t)(text.p[i] - '0');
  }
  *length = sum;
  return true;
}

bool asr_http1_length(struct asr_span value, uint64_t *length) {
  struct asr_span rest = value;
  bool first = true;
  while (rest.p != NULL) {
    uint64_t one = 0;
    if (!one_length(asr_span_trim(asr_span_cut(&rest, ',')), &one) ||
        (!first && one != *length)) {
      return false;
    }
    *length = one;
    first = false;
  }
  return true;
}

bool asr_http1_chunk_size(struct asr_span line, uint64_t *size) {
  size_t i = 0;
  uint64_t sum = 0;
  for (; i < line.n && asr_hex_value(line.p[i]) >= 0; i++) {
    sum = sum > UINT64_MAX / 32 ? UINT64_MAX
                                : sum * 16 + (uint64_t)asr_hex_value(line.p[i]);
  }
  if (i == 0) {
    return false;
  }
  while (i < line.n && is_blank(line.p[i])) {
    i++;
  }
  *size = sum;
  return i == line.n || line.p[i] == ';';
}

/* ---- control characters ---- */

#define EACH(x) (UINT64_C(0x0101010101010101) * (x))

/* Whether one of eight bytes is below 32 or 127. Bits may be wrong only above
 * the first hit, so that the answer is exact. */
static bool has_control(uint64_t w) {
  uint64_t low = (w - EACH(0x20)) & ~w;
  uint64_t del = w ^ EACH(0x7f);
  del = (del - EACH(0x01)) & ~del;
  return ((low | del) & EACH(0x80)) != 0;
}

static bool is_control(char c) {
  unsigned char u = (unsigned char)c;
  return (u < 32 && u != '\t') || u == 127;
}

static bool no_control(const char *p, size_t n) {
  size_t i = 0;
  while (i < n) {
    uint64_t w;
    if (n - i >= sizeof w) {
      memcpy(&w, p + i, sizeof w);
      if (!has_control(w)) {
        i += sizeof w;
        continue;
      }
    }
    if (is_control(p[i])) {
      return false;
    }
    i++;
  }
  return true;
}

bool asr_http1_fits(struct asr_span piece, bool ends) {
  size_t n = ends ? piece.n - 1 : piece.n;
  if (n > 0 && piece.p[n - 1] == '\r') {
    n--;
  }
  return no_control(piece.p, n);
}
