/* SPDX-License-Identifier: MIT */
#include "net/watches.h"

#include <string.h>
#include <unistd.h>

#include "core/mem.h"

bool asr_watches_open(struct asr_watches *w) {
  memset(w, 0, sizeof *w);
  w->set = asr_readiness_open();
  return w->set >= 0;
}

static void drop_table(struct asr_watches *w) {
  asr_free(w->all);
  w->all = NULL;
  w->room = w->count = 0;
  w->set = -1;
}

void asr_watches_close(struct asr_watches *w) {
  if (w->set >= 0) {
    asr_readiness_close(w->set);
  }
  drop_table(w);
}

void asr_watches_abandon(struct asr_watches *w) {
  for (size_t fd = 0; fd < w->room; fd++) {
    if (w->all[fd].owner != NULL) {
      close((int)fd);
    }
  }
  if (w->set >= 0) {
    asr_readiness_abandon(w->set);
  }
  w->set = -1;
}

static bool make_room(struct asr_watches *w, size_t fd) {
  size_t room = w->room > 0 ? w->room : 64;
  while (room <= fd) {
    room *= 2;
  }
  if (room == w->room) {
    return true;
  }
  struct asr_watch *grown = asr_realloc(w->all, room * sizeof *grown);
  if (grown == NULL) {
    return false;
  }
  memset(grown + w->room, 0, (room - w->room) * sizeof *grown);
  w->all = grown;
  w->room = room;
  return true;
}

bool asr_watches_want(struct asr_watches *w, int fd, int what, void *owner) {
  if (!make_room(w, (size_t)fd)) {
    return false;
  }
  struct asr_watch *one = &w->all[fd];
  if (!one->entered) {
    w->count++;
  } else if (one->owner == owner && one->wanted == what) {
    return true;
  }
  asr_readiness_want(w->set, fd, what, one->entered);
  *one = (struct asr_watch){owner, true, (unsigned char)what};
  return true;
}

void asr_watches_forget(struct asr_watches *w, int fd) {
  if (asr_watches_owner(w, fd) == NULL) {
    return;
  }
  if (w->all[fd].entered) {
    asr_readiness_forget(w->set, fd);
    w->count--;
  }
  w->all[fd] = (struct asr_watch){NULL, false, 0};
}

void asr_watches_hold(struct asr_watches *w, int fd, void *owner) {
  if (fd >= 0 && make_room(w, (size_t)fd)) {
    w->all[fd] = (struct asr_watch){owner, false, 0};
  }
}

void *asr_watches_owner(const struct asr_watches *w, int fd) {
  return fd >= 0 && (size_t)fd < w->room ? w->all[fd].owner : NULL;
}
