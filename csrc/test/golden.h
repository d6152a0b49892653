/* SPDX-License-Identifier: MIT */
/* Reads the files of spec/golden, one JSON object of strings and booleans a
 * line, from the top of the tree. */
#ifndef ASR_GOLDEN_H
#define ASR_GOLDEN_H

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/jsonr.h"

enum { GOLDEN_FIELDS = 8 };

struct golden {
  FILE *file;
  char line[16384];
  int count;
  char names[GOLDEN_FIELDS][32];
  struct asr_buf values[GOLDEN_FIELDS];
};

static inline void golden_clear(struct golden *g) {
  for (int i = 0; i < g->count; i++) {
    asr_buf_close(&g->values[i]);
  }
  g->count = 0;
}

static inline int golden_open(struct golden *g, const char *path) {
  memset(g, 0, sizeof *g);
  g->file = fopen(path, "r");
  return g->file != NULL;
}

static inline void golden_add(struct golden *g, const char *name,
                              struct asr_json_event *e) {
  struct asr_buf *value = &g->values[g->count];
  snprintf(g->names[g->count++], sizeof g->names[0], "%s", name);
  asr_buf_init(value, sizeof g->line);
  asr_buf_add_span(value, e->type == ASR_JSON_TRUE    ? asr_span_of("true")
                          : e->type == ASR_JSON_FALSE ? asr_span_of("false")
                                                      : e->text);
}

/* The next line's fields at the top level; 0 at the end or at a bad line. */
static inline int golden_next(struct golden *g) {
  struct asr_buf scratch;
  struct asr_jsonr r;
  struct asr_json_event e;
  char name[32] = "";
  enum asr_status status;
  golden_clear(g);
  if (fgets(g->line, sizeof g->line, g->file) == NULL) {
    return 0;
  }
  asr_buf_init(&scratch, sizeof g->line);
  asr_jsonr_init(&r, asr_span_trim(asr_span_of(g->line)), &scratch);
  while ((status = asr_jsonr_next(&r, &e)) == ASR_OK &&
         e.type != ASR_JSON_END && g->count < GOLDEN_FIELDS) {
    if (r.depth == 1 && e.type == ASR_JSON_KEY) {
      snprintf(name, sizeof name, "%.*s", (int)e.text.n, e.text.p);
    } else if (r.depth == 1 && name[0] != '\0') {
      golden_add(g, name, &e);
      name[0] = '\0';
    }
  }
  asr_buf_close(&scratch);
  return status == ASR_OK;
}

/* The value of a field of this line; not there if it has none. */
static inline struct asr_span golden_get(const struct golden *g,
                                         const char *name) {
  for (int i = 0; i < g->count; i++) {
    if (strcmp(g->names[i], name) == 0) {
      return asr_buf_span(&g->values[i]);
    }
  }
  return asr_span(NULL, 0);
}

static inline void golden_close(struct golden *g) {
  golden_clear(g);
  fclose(g->file);
}

#endif
