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
  return outcome->refused;
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

/* Decimal digits and nothing else, or -1. */
static double number_of(struct asr_span text) {
  double value = 0;
  size_t i;
  if (text.n == 0)
    return -1;
  for (i = 0; i < text.n; i++) {
    if (!asr_is_digit(text.p[i]))
      return -1;
    value = value * 10 + (text.p[i] - '0');
  }
  return value;
}

/* d: a digit, a: a letter, all else itself. */
static bool fits(const char *text, const char *shape) {
  for (; *shape; shape++, text++)
    if (*shape == 'd'   ? !asr_is_digit(*text)
        : *shape == 'a' ? !asr_is_letter(*text)
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

/* What is behind the day's name and comma of "Sun, 06 Nov 1994 08:49:37 GMT",
 * as Unix seconds, or -1. */
static double date_of(struct asr_span text) {
  static const char shape[] = "dd aaa dddd dd:dd:dd GMT";
  const char *p = text.p;
  long month;
  if (text.n != sizeof shape - 1 || !fits(p, shape)) {
    return -1;
  }
  month = month_of(p + 3);
  if (month < 0) {
    return -1;
  }
  return (double)days(digits(p + 7, 4), month + 1, digits(p, 2)) * 86400 +
         (double)(digits(p + 12, 2) * 3600 + digits(p + 15, 2) * 60 +
                  digits(p + 18, 2));
}

/* ---- lists: a field may come twice, and proxies join what does ---- */

static bool is_word(struct asr_span s) {
  size_t i;
  for (i = 0; i < s.n; i++) {
    if (!asr_is_letter(s.p[i])) {
      return false;
    }
  }
  return s.n > 0;
}

/* One element of a list. The comma within a date, behind the day's name,
 * parts nothing: then `is_date` says so, and the text is what is behind it.
 * headers.lua reads lists by the same rule. */
struct element {
  struct asr_span text;
  bool is_date;
};

static bool next_element(struct asr_span *rest, struct element *e) {
  if (rest->p == NULL) {
    return false;
  }
  e->text = asr_span_trim(asr_span_cut(rest, ','));
  e->is_date = is_word(e->text) && rest->p != NULL;
  if (e->is_date) {
    e->text = asr_span_trim(asr_span_cut(rest, ','));
  }
  return true;
}

/* The value of the next field of that name. */
static bool next_value(const asr_job *job, const char *name, size_t *at,
                       struct asr_span *value) {
  asr_field field;
  while (asr_job_field(job, at, &field)) {
    if (asr_span_ieq(field.name, asr_span_of(name))) {
      *value = field.value;
      return true;
    }
  }
  return false;
}

static bool has(const asr_job *job, const char *name) {
  struct asr_span value;
  struct element e;
  size_t at = 0;
  while (next_value(job, name, &at, &value)) {
    while (next_element(&value, &e)) {
      if (e.text.n > 0 || e.is_date) {
        return true;
      }
    }
  }
  return false;
}

/* When the answer says that it was made, or -1. */
static double made_at(const asr_job *job) {
  struct asr_span value;
  struct element e;
  size_t at = 0;
  while (next_value(job, "date", &at, &value)) {
    while (next_element(&value, &e)) {
      double when = e.is_date ? date_of(e.text) : -1;
      if (when >= 0) {
        return when;
      }
    }
  }
  return -1;
}

/* What an element asks for, in seconds, or -1. */
static double asked(const asr_job *job, const struct element *e,
                    double sent_at) {
  double at, now;
  if (!e->is_date) {
    return number_of(e->text);
  }
  at = date_of(e->text);
  if (at < 0) {
    return -1;
  }
  now = made_at(job);
  if (now < 0) {
    now = sent_at;
  }
  return at > now ? at - now : 0;
}

double asr_retry_after(const asr_job *job, double sent_at) {
  double longest = -1;
  struct asr_span value;
  struct element e;
  size_t at = 0;
  while (next_value(job, "retry-after", &at, &value)) {
    while (next_element(&value, &e)) {
      double seconds = asked(job, &e, sent_at);
      if (seconds > longest) {
        longest = seconds;
      }
    }
  }
  return longest;
}

bool asr_answer_refuses(const asr_job *job) {
  if (job->kind != ASR_FINE || job->truncated) {
    return false;
  }
  return asr_job_status(job) == 429 ||
         (asr_job_status(job) == 503 &&
          (has(job, "x-ms-error-code") || has(job, "retry-after")));
}
