/* SPDX-License-Identifier: MIT */
/* For specs. Preloaded, it makes names that begin with "hang" take four
 * seconds (SPEC_HANG) to resolve; loaded into Lua, it gives what Lua lacks: fork. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int resolver(const char *, const char *, const struct addrinfo *,
                     struct addrinfo **);

int getaddrinfo(const char *node, const char *service,
                const struct addrinfo *hints, struct addrinfo **found) {
  resolver *real = (resolver *)dlsym(RTLD_NEXT, "getaddrinfo");
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

static int l_wait(lua_State *L) {
  lua_pushinteger(L, spec_wait((int)luaL_checkinteger(L, 1)));
  return 1;
}

int luaopen_spec_preload(lua_State *L);
int luaopen_spec_preload(lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, l_fork);
  lua_setfield(L, -2, "fork");
  lua_pushcfunction(L, l_wait);
  lua_setfield(L, -2, "wait");
  return 1;
}
#endif
