/* SPDX-License-Identifier: MIT */
#include "net/forkgate.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* Seconds for which a fork waits at most. A step takes thousandths of one; one
 * that needs a lock which the forking thread holds would never end. */
enum { PATIENCE = 5 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int inside;       /* atomic: threads behind the gate */
static int forking;      /* atomic, written under the lock: forks under way */
static __thread int own; /* whether this thread is one of those inside */

/* ---- the fork */

/* A signal's handler may fork in the middle of a step: it does not wait for
 * its own thread. The lock is kept until the fork is over. */
static void prepare(void) {
  struct timespec until;
  int gave_up = 0;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += PATIENCE;
  pthread_mutex_lock(&lock);
  __atomic_add_fetch(&forking, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&inside, __ATOMIC_SEQ_CST) > own && gave_up == 0) {
    gave_up = pthread_cond_timedwait(&changed, &lock, &until);
  }
}

static void in_parent(void) {
  __atomic_sub_fetch(&forking, 1, __ATOMIC_SEQ_CST);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

static void in_child(void) {
  pthread_mutex_init(&lock, NULL);
  pthread_cond_init(&changed, NULL);
  __atomic_store_n(&forking, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&inside, own, __ATOMIC_SEQ_CST);
}

static void set_up(void) {
  (void)pthread_atfork(prepare, in_parent, in_child);
}

/* ---- the gate */

static bool go_in(void) {
  __atomic_add_fetch(&inside, 1, __ATOMIC_SEQ_CST);
  return __atomic_load_n(&forking, __ATOMIC_SEQ_CST) == 0;
}

static void go_out(void) {
  __atomic_sub_fetch(&inside, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&forking, __ATOMIC_SEQ_CST) > 0) {
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
  }
}

void asr_forkgate_lend(void) {
  pthread_once(&once, set_up);
  while (!go_in()) {
    go_out();
    pthread_mutex_lock(&lock);
    while (__atomic_load_n(&forking, __ATOMIC_SEQ_CST) > 0) {
      pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
  }
}

void asr_forkgate_take(void) {
  own = 1;
}

void asr_forkgate_give_back(void) {
  go_out();
}

void asr_forkgate_enter(void) {
  asr_forkgate_lend();
  asr_forkgate_take();
}

void asr_forkgate_leave(void) {
  own = 0;
  go_out();
}
