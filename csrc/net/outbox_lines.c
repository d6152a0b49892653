/* SPDX-License-Identifier: MIT */
#include "net/outbox_lines.h"

#include <string.h>

#include "core/mem.h"

/* FNV-1a. Names are the host's own, not a stranger's. */
static uint64_t hash_of(struct asr_span name) {
  uint64_t hash = UINT64_C(14695981039346656037);
  size_t i;
  for (i = 0; i < name.n; i++)
    hash = (hash ^ (unsigned char)name.p[i]) * UINT64_C(1099511628211);
  return hash;
}

static asr_line **bucket(const asr_lines *lines, uint64_t hash) {
  return &lines->buckets[hash & (lines->room - 1)];
}

asr_line *asr_lines_find(const asr_lines *lines, struct asr_span name) {
  uint64_t hash = hash_of(name);
  asr_line *line = lines->room ? *bucket(lines, hash) : NULL;
  while (line && (line->hash != hash || !asr_span_eq(line->name, name)))
    line = line->next;
  return line;
}

static void put(asr_lines *lines, asr_line *line) {
  asr_line **head = bucket(lines, line->hash);
  line->next = *head;
  *head = line;
}

/* Without memory for more buckets the chains get longer, and that is all. */
static bool more_buckets(asr_lines *lines) {
  asr_lines grown = {NULL, lines->room ? lines->room * 2 : 64, lines->count};
  size_t i;
  grown.buckets = asr_zeroed(grown.room * sizeof(void *));
  if (!grown.buckets)
    return lines->room > 0;
  for (i = 0; i < lines->room; i++) {
    asr_line *line = lines->buckets[i];
    while (line) {
      asr_line *next = line->next;
      put(&grown, line);
      line = next;
    }
  }
  asr_free(lines->buckets);
  *lines = grown;
  return true;
}

asr_line *asr_lines_open(asr_lines *lines, struct asr_span name) {
  asr_line *line;
  if (lines->count >= lines->room && !more_buckets(lines))
    return NULL;
  line = asr_realloc(NULL, sizeof *line + name.n);
  if (!line)
    return NULL;
  memset(line, 0, sizeof *line);
  if (name.n > 0)
    memcpy(line + 1, name.p, name.n);
  line->name = asr_span((const char *)(line + 1), name.n);
  line->hash = hash_of(name);
  put(lines, line);
  lines->count++;
  return line;
}

void asr_lines_close(asr_lines *lines, asr_line *line) {
  asr_line **at = bucket(lines, line->hash);
  while (*at != line)
    at = &(*at)->next;
  *at = line->next;
  lines->count--;
  asr_free(line);
}

void asr_lines_free(asr_lines *lines) {
  size_t i;
  for (i = 0; i < lines->room; i++) {
    while (lines->buckets[i]) {
      asr_line *line = lines->buckets[i];
      lines->buckets[i] = line->next;
      asr_free(line);
    }
  }
  asr_free(lines->buckets);
  *lines = (asr_lines){NULL, 0, 0};
}
