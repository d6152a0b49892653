/* SPDX-License-Identifier: MIT */
#include "net/origin.h"

#include <string.h>

#include "core/mem.h"
#include "net/connection.h"

enum { KEPT = 16 };

static struct asr_origin *make(const char *url) {
  size_t size = strlen(url) + 1;
  struct asr_origin *o = asr_zeroed(sizeof *o + size);
  if (o != NULL) {
    memcpy(o->url, url, size);
    o->tls = asr_lower(url[4]) == 's';
  }
  return o;
}

struct asr_origin *asr_origin_find(struct asr_origin **all, const char *url) {
  struct asr_origin **at = all;
  while (*at != NULL && strcmp((*at)->url, url) != 0) {
    at = &(*at)->next;
  }
  struct asr_origin *o = *at;
  if (o == NULL) {
    o = make(url);
  } else {
    *at = o->next;
  }
  if (o != NULL) {
    o->next = *all;
    *all = o;
  }
  return o;
}

static bool is_empty(const struct asr_origin *o) {
  return o->waiting.count == 0 && o->idle.count == 0 && o->dialing == 0 &&
         o->busy == 0;
}

void asr_origin_prune(struct asr_origin **all) {
  size_t seen = 0;
  while (*all != NULL) {
    struct asr_origin *o = *all;
    if (++seen > KEPT && is_empty(o)) {
      *all = o->next;
      asr_free(o);
    } else {
      all = &o->next;
    }
  }
}

void asr_origin_free_all(struct asr_origin **all) {
  while (*all != NULL) {
    struct asr_origin *o = *all;
    *all = o->next;
    asr_free(o);
  }
}

void asr_connections_push(struct asr_connections *list,
                          struct asr_connection *c) {
  c->prev = NULL;
  c->next = list->first;
  if (list->first != NULL) {
    list->first->prev = c;
  } else {
    list->last = c;
  }
  list->first = c;
  list->count++;
}

void asr_connections_remove(struct asr_connections *list,
                            struct asr_connection *c) {
  if (c->prev != NULL) {
    c->prev->next = c->next;
  } else {
    list->first = c->next;
  }
  if (c->next != NULL) {
    c->next->prev = c->prev;
  } else {
    list->last = c->prev;
  }
  c->next = c->prev = NULL;
  list->count--;
}
