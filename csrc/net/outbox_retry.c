/* SPDX-License-Identifier: MIT */
#include "net/outbox_retry.h"

#include <string.h>

/* ---- the rule ---- */

/* Failures of the network that may pass. */
static bool passes(asr_kind kind) {
  return kind == ASR_CONNECT || kind == ASR_DNS || kind == ASR_PROXY ||
         kind == ASR_TIMEOUT || kind == ASR_RESET;
}

/* The request surely was not carried out, and may be the next time. */
static bool undone(const asr_outcome *outcome) {
  if (outcome->kind != ASR_FINE)
    return passes(outcome->kind) && !outcome->sent;
  return outcome->status == 429 || outcome->status == 503;
}

static double backoff(const asr_retry *retry, int attempts) {
  double pause = retry->base;
  int i;
  for (i = 1; i < attempts && pause < retry->cap; i++)
    pause *= 2;
  return pause < retry->cap ? pause : retry->cap;
}

double asr_retry_pause(const asr_retry *retry, const asr_outcome *outcome,
                       int attempts, double chance) {
  double pause;
  if (attempts > retry->max || !undone(outcome))
    return -1;
  pause = backoff(retry, attempts) * (0.5 + 0.5 * chance);
  return outcome->retry_after > pause ? outcome->retry_after : pause;
}

/* ---- the header ---- */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Decimal digits and nothing else, or -1. */
static double number_of(struct asr_span text) {
  double value = 0;
  size_t i;
  if (text.n == 0)
    return -1;
  for (i = 0; i < text.n; i++) {
    if (!is_digit(text.p[i]))
      return -1;
    value = value * 10 + (text.p[i] - '0');
  }
  return value;
}

/* d: a digit, a: a letter, all else itself. */
static bool fits(const char *text, const char *shape) {
  for (; *shape; shape++, text++)
    if (*shape == 'd'   ? !is_digit(*text)
        : *shape == 'a' ? !is_letter(*text)
                        : *text != *shape)
      return false;
  return true;
}

/* From 0, or -1. */
static long month_of(const char *name) {
  static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
  char lower[4] = {asr_lower(name[0]), asr_lower(name[1]), asr_lower(name[2])};
  const char *at = strstr(names, lower);
  return at && (at - names) % 3 == 0 ? (long)(at - names) / 3 : -1;
}

static long digits(const char *text, size_t count) {
  return asr_span_number(asr_span(text, count), 9999);
}

/* Days from 1970-01-01 in the Gregorian calendar; months from 1. */
static long days(long year, long month, long day) {
  if (month <= 2) {
    year--;
    month += 12;
  }
  return 365 * year + year / 4 - year / 100 + year / 400 +
         (153 * (month - 3) + 2) / 5 + day - 719469;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" as Unix seconds, or -1. */
static double date_of(struct asr_span text) {
  static const char shape[] = ", dd aaa dddd dd:dd:dd GMT";
  const char *p;
  long month;
  size_t i, lead, tail = sizeof shape - 1;
  if (text.n <= tail)
    return -1;
  lead = text.n - tail;
  for (i = 0; i < lead; i++)
    if (!is_letter(text.p[i]))
      return -1;
  p = text.p + lead;
  if (!fits(p, shape) || (month = month_of(p + 5)) < 0)
    return -1;
  return (double)days(digits(p + 9, 4), month + 1, digits(p + 2, 2)) * 86400 +
         (double)(digits(p + 14, 2) * 3600 + digits(p + 17, 2) * 60 +
                  digits(p + 20, 2));
}

/* The header's value; not there if it is absent or was given twice. */
static struct asr_span header(const asr_job *job, const char *name) {
  struct asr_span found = {NULL, 0};
  asr_field field;
  size_t at = 0;
  while (asr_job_field(job, &at, &field)) {
    if (!asr_span_eq(field.name, asr_span_of(name)))
      continue;
    if (found.p)
      return asr_span(NULL, 0);
    found = field.value;
  }
  return found;
}

double asr_retry_after(const asr_job *job, double sent_at) {
  struct asr_span text = header(job, "retry-after");
  double seconds, at, now;
  if (!text.p)
    return -1;
  seconds = number_of(asr_span_trim(text));
  if (seconds >= 0)
    return seconds;
  at = date_of(text);
  if (at < 0)
    return -1;
  text = header(job, "date");
  now = text.p ? date_of(text) : -1;
  if (now < 0)
    now = sent_at;
  return at > now ? at - now : 0;
}
