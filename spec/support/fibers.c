/* SPDX-License-Identifier: MIT */
/*
 * A host that switches stacks, as Tarantool does: its fibers are threads of Lua
 * that Lua cannot yield, and a function of C's gives the turn to the next fiber
 * from whatever depth. Each fiber is a thread of the system's here, of which
 * one runs at a time. The script gets a table `host`:
 *   host.start(fn, ...)   one more fiber
 *   host.nap()            gives the turn to the next one
 *   host.count(name)      one more of that; host.counted(name): how many
 *   fibers SCRIPT [ARGUMENT...]
 */
#include <pthread.h>
#include <semaphore.h>

#include "script_host.h"

#define MOST 64

static struct fiber {
  pthread_t thread;
  sem_t turn;
  lua_State *L; /* NULL: ended */
} fibers[MOST];
static int started, now; /* now: whose turn it is */
static sem_t all_ended;

/* Gives the turn away: to the next fiber after this one, or to the program. */
static void pass(void) {
  for (int i = 1; i <= started; i++) {
    int next = (now + i) % started;
    if (fibers[next].L != NULL) {
      now = next;
      sem_post(&fibers[next].turn);
      return;
    }
  }
  sem_post(&all_ended);
}

static void await(sem_t *turn) {
  while (sem_wait(turn) != 0) {
  }
}

static void *life(void *arg) {
  struct fiber *self = arg;
  await(&self->turn);
  if (lua_pcall(self->L, lua_gettop(self->L) - 1, 0, 0) != 0) {
    fail(lua_tostring(self->L, -1));
  }
  self->L = NULL;
  pass();
  return NULL;
}

static int start(lua_State *L) {
  if (started == MOST) {
    return luaL_error(L, "too many fibers");
  }
  struct fiber *new = &fibers[started];
  new->L = new_thread(L, started);
  sem_init(&new->turn, 0, 0);
  if (pthread_create(&new->thread, NULL, life, new) != 0) {
    return luaL_error(L, "no thread for a fiber");
  }
  started++;
  return 0;
}

static int nap(lua_State *L) {
  struct fiber *self = &fibers[now];
  (void)L;
  pass();
  await(&self->turn);
  return 0;
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (argc < 2) {
    fail("usage: fibers SCRIPT [ARGUMENT...]");
  }
  sem_init(&all_ended, 0, 0);
  open_host(L, start, nap);
  run_script(L, argc - 1, argv + 1);
  now = started - 1;
  if (started > 0) {
    pass();
    await(&all_ended);
  }
  for (int i = 0; i < started; i++) {
    pthread_join(fibers[i].thread, NULL);
  }
  lua_close(L);
  return 0;
}
