/* SPDX-License-Identifier: MIT */
/* Bytes that somebody else owns: a pointer and a length, no terminator. */
#ifndef ASR_SPAN_H
#define ASR_SPAN_H

#include <stdbool.h>
#include <stddef.h>

struct asr_span {
  const char *p; /* NULL means "not there", as opposed to empty */
  size_t n;
};

struct asr_span asr_span(const char *p, size_t n);
/* Of a C string; a NULL gives a span that is not there. */
struct asr_span asr_span_of(const char *text);
bool asr_span_eq(struct asr_span a, struct asr_span b);
/* The same, ASCII letters compared without case. */
bool asr_span_ieq(struct asr_span a, struct asr_span b);
/* Without the ASCII white space at both ends. */
struct asr_span asr_span_trim(struct asr_span s);
/* Cuts `rest` at the first `c`: returns what is before it and leaves in
 * `rest` what is after it; without a `c`, returns all and leaves `rest` not
 * there (p == NULL). */
struct asr_span asr_span_cut(struct asr_span *rest, char c);
/* Decimal digits only, at most `max`; -1 otherwise. */
long asr_span_number(struct asr_span s, long max);

/* Of ASCII, whatever the locale. */
char asr_lower(char c);
bool asr_is_digit(char c);
bool asr_is_letter(char c);
int asr_hex_value(char c); /* 0 to 15; -1 for what is no such digit */

#endif
