/* SPDX-License-Identifier: MIT */
#include "core/connstr_slips.h"

#include <string.h>

const char *const asr_connstr_names[ASR_CS_COUNT] = {
    "Endpoint",       "AccessKey",      "Version",   "Port",
    "ClientEndpoint", "ServerEndpoint", "AuthType",  "ClientId",
    "TenantId",       "ClientSecret",   "ClientCert"};

#define WANTED "wanted is \"Endpoint=<URL>;AccessKey=<key>;\""

enum { LONGEST_NAME = 14, NEAR = 2 };

enum asr_status asr_connstr_refuse(struct asr_connstr_error *error,
                                   const char *const texts[4]) {
  struct asr_buf b;
  asr_buf_within(&b, error->text, sizeof error->text - 1);
  for (int i = 0; i < 4 && texts[i] != NULL; i++) {
    asr_buf_add_text(&b, texts[i]);
  }
  error->text[b.len] = '\0';
  return ASR_INVALID;
}

static enum asr_status refuse(struct asr_connstr_error *error,
                              const char *text) {
  const char *const texts[4] = {text};
  return asr_connstr_refuse(error, texts);
}

enum asr_status asr_connstr_refuse_one(struct asr_connstr_error *error,
                                       enum asr_connstr_property which,
                                       const char *rule) {
  const char *const texts[4] = {asr_connstr_names[which], " ", rule};
  return asr_connstr_refuse(error, texts);
}

enum asr_connstr_property asr_connstr_find(struct asr_span name) {
  int i = 0;
  while (i < ASR_CS_COUNT &&
         !asr_span_ieq(name, asr_span_of(asr_connstr_names[i]))) {
    i++;
  }
  return (enum asr_connstr_property)i;
}

/* ---- what stands where */

static bool begins(struct asr_span s, const char *with) {
  size_t n = strlen(with);
  return s.n >= n && asr_span_ieq(asr_span(s.p, n), asr_span(with, n));
}

static bool ends(struct asr_span s, const char *with) {
  size_t n = strlen(with);
  return s.n >= n && memcmp(s.p + s.n - n, with, n) == 0;
}

static const char *const QUOTES[] = {
    "\"",
    "'",
    "`",
    "\xe2\x80\x98" /* single ones of word processors */,
    "\xe2\x80\x99",
    "\xe2\x80\x9a",
    "\xe2\x80\x9c" /* double ones */,
    "\xe2\x80\x9d",
    "\xe2\x80\x9e",
    "\xc2\xab",
    "\xc2\xbb"};

/* Bytes of the quotation mark that `s` begins with, or 0. */
static size_t quote_before(struct asr_span s) {
  for (size_t i = 0; i < sizeof QUOTES / sizeof QUOTES[0]; i++) {
    if (begins(s, QUOTES[i])) {
      return strlen(QUOTES[i]);
    }
  }
  return 0;
}

static bool quote_behind(struct asr_span s) {
  for (size_t i = 0; i < sizeof QUOTES / sizeof QUOTES[0]; i++) {
    if (ends(s, QUOTES[i])) {
      return true;
    }
  }
  return false;
}

static bool is_word(char c) {
  return asr_is_letter(c) || asr_is_digit(c) || c == '_';
}

static struct asr_span from(struct asr_span s, size_t n) {
  return asr_span(s.p + n, s.n - n);
}

/* The property that `s` begins with; *rest is what follows its name, trimmed.
 * A longer word is none. */
static enum asr_connstr_property property_at(struct asr_span s,
                                             struct asr_span *rest) {
  size_t n = 0;
  while (n < s.n && is_word(s.p[n])) {
    n++;
  }
  *rest = asr_span_trim(from(s, n));
  return asr_connstr_find(asr_span(s.p, n));
}

/* The property that is the last word of `s`. */
static enum asr_connstr_property property_behind(struct asr_span s) {
  size_t n = s.n;
  while (n > 0 && is_word(s.p[n - 1])) {
    n--;
  }
  return asr_connstr_find(from(s, n));
}

/* Whether a property and "=" stand at the beginning, quotes passed over. */
static bool is_pair(struct asr_span s, enum asr_connstr_property *which) {
  struct asr_span rest;
  s = asr_span_trim(from(s, quote_before(s)));
  *which = property_at(s, &rest);
  return *which != ASR_CS_COUNT && begins(rest, "=");
}

/* ---- names that are nearly right */

static int least(int a, int b, int c) {
  int ab = a < b ? a : b;
  return ab < c ? ab : c;
}

/* How many bytes to add, take away or change: Levenshtein's distance, letters
 * without case; `b` is a name. */
static int distance(struct asr_span a, struct asr_span b) {
  int row[LONGEST_NAME + 1];
  for (size_t k = 0; k <= b.n; k++) {
    row[k] = (int)k;
  }
  for (size_t i = 0; i < a.n; i++) {
    int diagonal = row[0];
    row[0] = (int)i + 1;
    for (size_t k = 0; k < b.n; k++) {
      int change = diagonal + (asr_lower(a.p[i]) != asr_lower(b.p[k]));
      diagonal = row[k + 1];
      row[k + 1] = least(row[k] + 1, row[k + 1] + 1, change);
    }
  }
  return row[b.n];
}

/* Of short words, one byte is much. */
static bool is_near(struct asr_span s, const char *name) {
  struct asr_span known = asr_span_of(name);
  int near = known.n > 4 ? NEAR : 1;
  return s.n <= known.n + NEAR && distance(s, known) <= near;
}

/* Without the bytes that are not of ASCII, or are control characters: some of
 * them are not seen on a screen. What is too long for a name is cut. */
static struct asr_span visible(struct asr_span s,
                               char bytes[LONGEST_NAME + NEAR + 1]) {
  size_t n = 0;
  for (size_t i = 0; i < s.n && n < LONGEST_NAME + NEAR + 1; i++) {
    if (s.p[i] >= ' ' && s.p[i] <= '~') {
      bytes[n++] = s.p[i];
    }
  }
  return asr_span(bytes, n);
}

/* `name` is nearly `known`, and so no key. */
static enum asr_status refuse_near(struct asr_connstr_error *error,
                                   struct asr_span name, const char *known) {
  char quoted[LONGEST_NAME + NEAR + 3];
  const char *const texts[4] = {quoted, " is not known; did you mean ", known,
                                "?"};
  struct asr_buf b;
  asr_buf_within(&b, quoted, sizeof quoted - 1);
  asr_buf_add_byte(&b, '"');
  asr_buf_add_span(&b, name);
  asr_buf_add_byte(&b, '"');
  quoted[b.len] = '\0';
  return asr_connstr_refuse(error, texts);
}

static enum asr_status check_near(struct asr_span name,
                                  struct asr_connstr_error *error) {
  char bytes[LONGEST_NAME + NEAR + 1];
  struct asr_span seen = visible(name, bytes);
  for (int i = 0; i < ASR_CS_COUNT; i++) {
    const char *known = asr_connstr_names[i];
    const char *const hidden[4] = {
        "a name looks like ", known,
        ", but holds a character that is not of ASCII: write it anew"};
    if (is_near(seen, known)) {
      return seen.n < name.n ? asr_connstr_refuse(error, hidden)
                             : refuse_near(error, name, known);
    }
  }
  return ASR_OK;
}

/* ---- the checks */

enum asr_status asr_connstr_check_text(struct asr_span text,
                                       struct asr_connstr_error *error) {
  if (begins(text, "\xef\xbb\xbf")) {
    return refuse(error, "it begins with a byte order mark, of the file that "
                         "it comes from: leave that out");
  }
  if (memchr(text.p, '\0', text.n) != NULL) {
    return refuse(error, "it holds NUL bytes (does it come from a file in "
                         "UTF-16?)");
  }
  if (quote_before(text) > 0) {
    return refuse(error, "it is in quotes, which have become part of it: "
                         "leave them out");
  }
  if (begins(text, "http://") || begins(text, "https://")) {
    return refuse(error, "it is a URL alone; " WANTED);
  }
  return ASR_OK;
}

enum asr_status asr_connstr_check_part(struct asr_span part,
                                       struct asr_connstr_error *error) {
  struct asr_span rest;
  enum asr_connstr_property which = property_at(asr_span_trim(part), &rest);
  return which == ASR_CS_COUNT
             ? ASR_OK
             : asr_connstr_refuse_one(
                   error, which, "must be followed by \"=\" and its value");
}

enum asr_status asr_connstr_check_unknown(struct asr_span name,
                                          struct asr_span value,
                                          struct asr_connstr_error *error) {
  enum asr_connstr_property which;
  if (is_pair(value, &which)) {
    return refuse(error, "it begins with the name of a variable: leave that "
                         "out, and its \"=\"");
  }
  if (asr_connstr_check_part(name, error) != ASR_OK) { /* AccessKey: ... */
    return ASR_INVALID;
  }
  if (check_near(name, error) != ASR_OK) {
    return ASR_INVALID;
  }
  which = property_behind(name); /* Connection string: Endpoint=... */
  return which == ASR_CS_COUNT
             ? ASR_OK
             : asr_connstr_refuse_one(
                   error, which,
                   "has something in front of it: leave that out");
}

/* What separates properties where a ";" should; NULL: nothing that does. A key
 * in base64 holds none of them. */
static const char *separator(char c) {
  switch (c) {
  case ',':
    return "a comma";
  case '\n':
  case '\r':
    return "a line break";
  case ' ':
  case '\t':
    return "a space";
  case '&':
    return "\"&\"";
  case '|':
    return "\"|\"";
  default:
    return (unsigned char)c >= 0x80 ? "a character that is not of ASCII"
           : quote_before(asr_span(&c, 1)) > 0 ? "a quotation mark"
                                               : NULL;
  }
}

/* Another property within the value of this one. */
static enum asr_status check_separators(const struct asr_connstr *cs,
                                        enum asr_connstr_property which,
                                        struct asr_connstr_error *error) {
  struct asr_span value = cs->values[which];
  for (size_t i = 0; i < value.n; i++) {
    enum asr_connstr_property other;
    const char *found = separator(value.p[i]);
    if (found == NULL || !is_pair(asr_span_trim(from(value, i + 1)), &other)) {
      continue;
    }
    if (cs->values[other].p != NULL) {
      return refuse(error, "there are several: give one to each client");
    }
    const char *const texts[4] = {found, " stands before ",
                                  asr_connstr_names[other],
                                  ", where \";\" is wanted"};
    return asr_connstr_refuse(error, texts);
  }
  return ASR_OK;
}

static bool is_placeholder(struct asr_span s) {
  static const char *const marks[][2] = {
      {"<", ">"}, {"${", "}"}, {"$(", ")"}, {"{{", "}}"}, {"%", "%"}};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (s.n > 2 && begins(s, marks[i][0]) && ends(s, marks[i][1])) {
      return true;
    }
  }
  return false;
}

enum asr_status asr_connstr_check_value(const struct asr_connstr *cs,
                                        enum asr_connstr_property which,
                                        struct asr_connstr_error *error) {
  struct asr_span value = cs->values[which];
  bool before = quote_before(value) > 0, behind = quote_behind(value);
  if (check_separators(cs, which, error) != ASR_OK) {
    return ASR_INVALID;
  }
  /* of all values a secret may hold any character */
  if (which == ASR_CS_CLIENT_SECRET ? before && behind : before || behind) {
    return asr_connstr_refuse_one(
        error, which, "has a quotation mark at an end: leave quotes out");
  }
  if (is_placeholder(value)) {
    return asr_connstr_refuse_one(
        error, which, "is still a placeholder: put its value there");
  }
  for (size_t i = 0; i < value.n; i++) {
    if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f) {
      return asr_connstr_refuse_one(
          error, which, "must not hold line breaks or control characters");
    }
  }
  return ASR_OK;
}

enum asr_status asr_connstr_check_type(struct asr_span type,
                                       struct asr_connstr_error *error) {
  static const char *const types[] = {"azure", "azure.msi", "azure.app"};
  static const char rule[] = "AuthType must be azure, azure.msi or azure.app";
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (is_near(type, types[i])) {
      const char *const texts[4] = {rule, "; did you mean ", types[i], "?"};
      return asr_connstr_refuse(error, texts);
    }
  }
  return refuse(error, rule);
}
