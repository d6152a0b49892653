/* SPDX-License-Identifier: MIT */
/*
 * Several lua_States with clients of their own, on as many threads; and one
 * that moves from thread to thread. Run by `make states`, and under
 * ThreadSanitizer by `make tsan`.
 */
#include "test/check.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <time.h>

#include "test/loopback.h"

enum { THREADS = 4, ROUNDS = 6 };

/* Makes clients, uses them in every way, and leaves half of them to the
 * collector or to lua_close, with requests in flight. work() goes on with the
 * one that was made last. */
static const char script[] =
    "local url, io_thread, rounds = ...\n"
    "local signalr = require 'azure.signalr'\n"
    "local delivered = 0\n"
    "local function send(hub)\n"
    "  if hub:send('x') then delivered = delivered + 1 end\n"
    "end\n"
    "local function new(path)\n"
    "  return signalr.new { endpoint = url .. path, access_key = 'key',\n"
    "    io_thread = io_thread, max_connections = 8, retry = false,\n"
    "    timeout = 20, on_error = function() end }\n"
    "end\n"
    "local client, slow\n"
    "function work()\n"
    "  local hub = client:hub 'chat'\n"
    "  for i = 1, 20 do\n"
    "    client:spawn(send, hub)\n"
    "    assert(hub:enqueue('x', i))\n"
    "  end\n"
    "  client:spawn(client.sleep, client, 60):cancel()\n"
    "  send(hub)\n"
    "  client:run()\n"
    "  delivered = delivered + client:queue_stats().delivered\n"
    "end\n"
    "for round = 1, rounds do\n"
    "  client, slow = new '/none', new '/slow'\n"
    "  work()\n"
    "  for _ = 1, 3 do slow:spawn(send, slow:hub 'chat') end\n"
    "  slow:step(0)\n"
    "  if round % 2 == 0 then slow:close() end\n"
    "  collectgarbage()\n"
    "end\n"
    "function count() return delivered end\n";

typedef struct job {
  pthread_t thread;
  lua_State *L;
  const char *url;
  int io_thread;
  int failed;
  lua_Integer delivered;
  double closing; /* seconds that lua_close took */
} job;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void note(job *j, int status) {
  if (status == 0)
    return;
  j->failed = 1;
  fprintf(stderr, "%s\n", lua_tostring(j->L, -1));
}

static void begin(job *j) {
  j->L = luaL_newstate();
  luaL_openlibs(j->L);
  note(j, luaL_loadstring(j->L, script));
  lua_pushstring(j->L, j->url);
  lua_pushboolean(j->L, j->io_thread);
  lua_pushinteger(j->L, ROUNDS);
  note(j, lua_pcall(j->L, 3, 0, 0));
}

static void call(job *j, const char *name, int results) {
  lua_getglobal(j->L, name);
  note(j, lua_pcall(j->L, 0, results, 0));
}

static void end(job *j) {
  double started;
  call(j, "count", 1);
  j->delivered = lua_tointeger(j->L, -1);
  started = now();
  lua_close(j->L);
  j->closing = now() - started;
}

static void *whole_life(void *arg) {
  begin(arg);
  end(arg);
  return NULL;
}

static void *one_more_round(void *arg) {
  call(arg, "work", 0);
  return NULL;
}

static void side_by_side(const char *url) {
  job jobs[THREADS];
  size_t i;
  for (i = 0; i < THREADS; i++) {
    jobs[i] = (job){.url = url, .io_thread = i % 2 == 0};
    CHECK(pthread_create(&jobs[i].thread, NULL, whole_life, &jobs[i]) == 0);
  }
  for (i = 0; i < THREADS; i++) {
    pthread_join(jobs[i].thread, NULL);
    CHECK(!jobs[i].failed);
    CHECK(jobs[i].delivered == ROUNDS * 41);
    CHECK(jobs[i].closing < 30);
  }
}

/* Made here, used by one thread after the other, closed here. */
static void from_thread_to_thread(const char *url, int io_thread) {
  job j = {.url = url, .io_thread = io_thread};
  int i;
  begin(&j);
  for (i = 0; i < THREADS; i++) {
    CHECK(pthread_create(&j.thread, NULL, one_more_round, &j) == 0);
    pthread_join(j.thread, NULL);
  }
  end(&j);
  CHECK(!j.failed);
  CHECK(j.closing < 30);
}

int main(void) {
  struct loopback *server = loopback_start();
  side_by_side(server->url);
  from_thread_to_thread(server->url, 0);
  from_thread_to_thread(server->url, 1);
  loopback_stop(server);
  return check_report("states");
}
