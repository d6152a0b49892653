/* SPDX-License-Identifier: MIT */
#include "core/span.h"

#include <string.h>

struct asr_span asr_span(const char *p, size_t n) {
  struct asr_span s = {p, n};
  return s;
}

struct asr_span asr_span_of(const char *text) {
  return asr_span(text, text != NULL ? strlen(text) : 0);
}

char asr_lower(char c) {
  if (c >= 'A' && c <= 'Z') {
    c = (char)(c - 'A' + 'a');
  }
  return c;
}

bool asr_is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool asr_is_letter(char c) {
  c = asr_lower(c);
  return c >= 'a' && c <= 'z';
}

int asr_hex_value(char c) {
  if (asr_is_digit(c)) {
    return c - '0';
  }
  c = asr_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool asr_span_eq(struct asr_span a, struct asr_span b) {
  return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool asr_span_ieq(struct asr_span a, struct asr_span b) {
  if (a.n != b.n) {
    return false;
  }
  for (size_t i = 0; i < a.n; i++) {
    if (asr_lower(a.p[i]) != asr_lower(b.p[i])) {
      return false;
    }
  }
  return true;
}

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

struct asr_span asr_span_trim(struct asr_span s) {
  while (s.n > 0 && is_space(s.p[0])) {
    s.p++;
    s.n--;
  }
  while (s.n > 0 && is_space(s.p[s.n - 1])) {
    s.n--;
  }
  return s;
}

struct asr_span asr_span_cut(struct asr_span *rest, char c) {
  struct asr_span head = *rest;
  const char *at = head.n > 0 ? memchr(head.p, c, head.n) : NULL;
  if (at == NULL) {
    *rest = asr_span(NULL, 0);
    return head;
  }
  head.n = (size_t)(at - head.p);
  *rest = asr_span(at + 1, rest->n - head.n - 1);
  return head;
}

long asr_span_number(struct asr_span s, long max) {
  long value = 0;
  if (s.n == 0) {
    return -1;
  }
  for (size_t i = 0; i < s.n; i++) {
    if (!asr_is_digit(s.p[i])) {
      return -1;
    }
    int digit = s.p[i] - '0';
    if (digit > max || value > (max - digit) / 10) {
      return -1;
    }
    value = value * 10 + digit;
  }
  return value;
}
