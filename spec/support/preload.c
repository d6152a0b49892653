/* SPDX-License-Identifier: MIT */
/* For specs. Preloaded, it
 * - makes names that begin with "hang" take four seconds (SPEC_HANG) to
 * resolve,
 * - gives those that begin with "dual" the addresses ::1 and 127.0.0.1, in this
 *   order,
 * - with SPEC_JITTER=n has one lock in n wait for up to 0.2 ms before it is
 *   taken, so that threads meet where they seldom do.
 * Loaded into Lua, it gives what Lua lacks: fork, an alarm, a limit of open
 * files, and listen for a listener that answers no SYN. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- locks */

typedef int locker(pthread_mutex_t *);
static locker *real_lock;
static unsigned jitter;
static __thread uint32_t dice;

__attribute__((constructor)) static void begin(void) {
  const char *text = getenv("SPEC_JITTER");
  jitter = text ? (unsigned)atoi(text) : 0;
  real_lock = (locker *)dlsym(RTLD_NEXT, "pthread_mutex_lock");
}

int pthread_mutex_lock(pthread_mutex_t *mutex) {
  if (jitter > 0) {
    if (dice == 0) {
      dice = (uint32_t)(uintptr_t)&dice | 1; /* each thread has its own */
    }
    dice = dice * 1103515245U + 12345U;
    if ((dice >> 16) % jitter == 0) {
      struct timespec pause = {0, (long)((dice >> 8) % 200000)};
      nanosleep(&pause, NULL);
    }
  }
  if (!real_lock) {
    real_lock = (locker *)dlsym(RTLD_NEXT, "pthread_mutex_lock");
  }
  return real_lock(mutex);
}

/* ---- names */

typedef int resolver(const char *, const char *, const struct addrinfo *,
                     struct addrinfo **);

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **found) {
  resolver *real = (resolver *)dlsym(RTLD_NEXT, "getaddrinfo");
  if (node && strncmp(node, "dual", 4) == 0) {
    struct addrinfo how = {0};
    how.ai_socktype = SOCK_STREAM;
    how.ai_family = AF_INET6;
    int failed = real("::1", service, &how, found);
    how.ai_family = AF_INET;
    return failed ? failed
                  : real("127.0.0.1", service, &how, &(*found)->ai_next);
  }
  if (node && strncmp(node, "hang", 4) == 0) {
    const char *seconds = getenv("SPEC_HANG");
    sleep(seconds ? (unsigned)atoi(seconds) : 4);
    return EAI_NONAME;
  }
  return real(node, service, hints, found);
}

int spec_fork(void);
int spec_wait(int pid);

int spec_fork(void) {
  return (int)fork();
}

/* The child's exit status, or 256 and more for a signal. */
int spec_wait(int pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

#ifdef SPEC_LUA
#include <lauxlib.h>
#include <lua.h>

static int l_fork(lua_State *L) {
  lua_pushinteger(L, spec_fork());
  return 1;
}

static int l_alarm(lua_State *L) {
  alarm((unsigned)luaL_checkinteger(L, 1));
  return 0;
}

static int l_limit_files(lua_State *L) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = (rlim_t)luaL_checkinteger(L, 1);
  lua_pushboolean(L, setrlimit(RLIMIT_NOFILE, &limit) == 0);
  return 1;
}

/* listen(descriptor, backlog): also of one that listens already. */
static int l_listen(lua_State *L) {
  int failed =
      listen((int)luaL_checkinteger(L, 1), (int)luaL_checkinteger(L, 2));
  lua_pushboolean(L, !failed);
  return 1;
}

static int l_wait(lua_State *L) {
  lua_pushinteger(L, spec_wait((int)luaL_checkinteger(L, 1)));
  return 1;
}

static int l_reset(lua_State *L) {
  struct sockaddr nobody;
  memset(&nobody, 0, sizeof nobody);
  nobody.sa_family = AF_UNSPEC;
  connect((int)luaL_checkinteger(L, 1), &nobody, sizeof nobody);
  return 0;
}

int luaopen_spec_preload(lua_State *L);
int luaopen_spec_preload(lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, l_fork);
  lua_setfield(L, -2, "fork");
  lua_pushcfunction(L, l_wait);
  lua_setfield(L, -2, "wait");
  lua_pushcfunction(L, l_alarm);
  lua_setfield(L, -2, "alarm");
  lua_pushcfunction(L, l_limit_files);
  lua_setfield(L, -2, "limit_files");
  lua_pushcfunction(L, l_listen);
  lua_setfield(L, -2, "listen");
  lua_pushcfunction(L, l_reset);
  lua_setfield(L, -2, "reset");
  return 1;
}
#endif
