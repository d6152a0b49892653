/* SPDX-License-Identifier: MIT */
/*
 * A program that embeds Lua and runs out of memory: counts the allocations of
 * a script, then makes the i-th of them fail, for every i. Lua's, once and
 * from there on; and those of libcrypto, which are the library's own, too.
 * Each time the script must end in its result or in an error of memory, and
 * give its result the next time; no class may be left half made, and nothing
 * may be left over when the state is closed. Run by `make states`.
 */
#include "test/failing.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { TEXT = 1024 };

/* ---- Lua's allocator */

static long asked, missing_from, missing_for, bytes; /* 0: nothing fails */

/* Lua 5.4 asks a second time, after a collection. */
static void *allocate(void *data, void *p, size_t old, size_t n) {
  (void)data;
  if (n == 0) {
    bytes -= p != NULL ? (long)old : 0;
    free(p);
    return NULL;
  }
  if (p == NULL || n > old) {
    asked++;
    if (missing_from > 0 && asked >= missing_from &&
        asked < missing_from + missing_for) {
      return NULL;
    }
  }
  void *q = realloc(p, n);
  bytes += q != NULL ? (long)n - (p != NULL ? (long)old : 0) : 0;
  return q;
}

enum way { LUA_ONCE, LUA_ON, LIBCRYPTO, WAYS };

static void arm(enum way way, long i) {
  asked = allocated = 0;
  missing_from = way == LIBCRYPTO ? 0 : i;
  missing_for = way == LUA_ONCE ? 2 : 1L << 40;
  fail_at = way == LIBCRYPTO ? i : 0;
}

/* Whether an allocation did fail since. */
static int disarm(enum way way, long i) {
  int failed = way == LIBCRYPTO ? i > 0 && fail_at == 0
                                : missing_from > 0 && asked >= missing_from;
  missing_from = fail_at = 0;
  return failed;
}

/* ---- scripts */

/* Runs before each; `again` gives up what a load that failed left behind. */
static const char prelude[] =
    "if jit then jit.off() require 'ffi' end\n"
    "core, curl = nil\n"
    "function load_all()\n"
    "  package.loaded['azure.signalr.core'] = nil\n"
    "  package.loaded['azure.signalr.curl'] = nil\n"
    "  core = require 'azure.signalr.core'\n"
    "  curl = require 'azure.signalr.curl'\n"
    "end\n"
    /* every class that there is, with all that is in it */
    "function classes()\n"
    "  local list = {}\n"
    "  for name, class in pairs(debug.getregistry()) do\n"
    "    if type(name) == 'string' and type(class) == 'table'\n"
    "      and (name:find '^azure%.signalr%.' or name:find '^signalr%.') then\n"
    "      local parts = {}\n"
    "      for field in pairs(class) do parts[#parts + 1] = field end\n"
    "      for method in pairs(class.__index or {}) do\n"
    "        parts[#parts + 1] = ':' .. method\n"
    "      end\n"
    "      table.sort(parts)\n"
    "      list[#list + 1] = name .. '(' .. table.concat(parts, ' ') .. ')'\n"
    "    end\n"
    "  end\n"
    "  table.sort(list)\n"
    "  return table.concat(list, '\\n')\n"
    "end\n"
    /* `whole` is what they are where nothing failed */
    "function check_classes(whole)\n"
    "  for class in classes():gmatch '[^\\n]+' do\n"
    "    assert(whole:find(class, 1, true), 'half made: ' .. class)\n"
    "  end\n"
    "end\n"
    "X = ('x'):rep(3000)\n";

static const struct {
  const char *name;
  int loads; /* it loads the libraries itself, in a state of its own */
  const char *script;
} scripts[] = {
    {"load", 1, "load_all() return core._VERSION"},
    {"write JSON", 0,
     "local t = { a = { 1, 2, { b = 'x', c = 1.5 } }, d = core.array({}, 3),\n"
     "  e = core.object { 1, 2 }, f = core.null, g = core.float(5),\n"
     "  h = core.uint64 '18446744073709551615', j = X,\n"
     "  i = core.raw_json '[1,2]', k = core.json_decode '9007199254740993' }\n"
     "return #assert(core.json_encode(t)) ..\n"
     "  core.json_message('target', { 'a', 1, nil, { x = 1 } }, 4) ..\n"
     "  core.json_array({ 1, nil, 'x' }, 3)"},
    {"refuse what JSON has not", 0,
     "local t = {}\n"
     "t.t = t\n"
     "local function why(v) return (select(2, core.json_encode(v))) end\n"
     "return why(t) .. why { a = { 1, { b = print } } } .. why { X .. '\\255' "
     "}"},
    {"judge arrays, and what is no data", 0,
     "local class = { __name = 'c' .. X, __json = false, __what = 'a c' }\n"
     "local thing = setmetatable({}, { __metatable = class })\n"
     "assert(core.inner(thing, class) and not core.inner(thing, {}))\n"
     "local _, why, kind = core.json_encode { thing }\n"
     "return core.array_length { 1, 2 } .. why .. kind"},
    {"read JSON", 0,
     "local v = "
     "core.json_decode('{\"a\":[1,{\"b\\\\u00e9\":\"\\\\ud83d\\\\ude00'"
     "  .. X .. "
     "'\"}],\"c\":18446744073709551615,\"d\":1e999,\"e\":null,\"f\":'\n"
     "  .. ('['):rep(60) .. (']'):rep(60) .. '}')\n"
     "local _, why = core.json_decode '[1,{\"a\":\"\\\\n\",}]'\n"
     "return core.digits(v.c) .. tostring(v.d) .. #v.a .. why"},
    {"sign", 0,
     "local s, claims = core.signer('key', 'id'), '{\"a\\\\u0062\":1}'\n"
     "local line = s:authorization('http://h/', 1, 2, 1)\n"
     "for i = 1, 9 do s:authorization('http://h/' .. i, 1, 2, 1) end\n"
     "local text = s:token('http://h/', 1, 2, claims) .. s:sign('{}', '{}')\n"
     "assert(line == s:authorization('http://h/', 1, 2, 1))\n"
     "s:close()\n"
     "local _, why = pcall(s.token, s, 'a', 1, 2)\n"
     "return text .. line .. why"},
    {"keep secrets", 0,
     "local s = core.secret(X)\n"
     "local line = s:header()\n"
     "s:close()\n"
     "return line .. tostring(s)"},
    {"guard", 0,
     "local g = core.guard(function() return 'is not told here' end)\n"
     "g:disarm()\n"
     "return tostring(g)"},
    {"write URLs", 0,
     "return core.escape(('\\0'):rep(400)) .. core.query { { 'a', 'b c' } }\n"
     "  .. core.expand('/a/{hub}/g/{g}', { hub = 'chat', g = '\\195\\169 /' "
     "})"},
    {"read URLs", 0,
     "local l = core.parse_query 'a=b+c&d=%20&&e&%zz=%'\n"
     "local u = core.parse_url 'https://Host.x:444/p?q=1'\n"
     "local c = core.parse_connection_string('Endpoint=https://Host.x/p/;'\n"
     "  .. 'AccessKey=k=;ClientEndpoint=http://c;ServerEndpoint=http://s')\n"
     "local _, why = core.parse_connection_string 'AccesKey=k'\n"
     "return l[1][2] .. #l .. u.host .. u.query .. c.endpoint\n"
     "  .. c.client_endpoint .. c.server_endpoint .. c.access_key .. why"},
    {"read an answer", 0,
     "local reader = core.http_reader(false, 100)\n"
     "reader:feed 'HTTP/1.1 200 OK\\r\\nA: b\\r\\na: c\\r\\n\\r\\nall'\n"
     "reader:ended()\n"
     "local status, body = reader:reply()\n"
     "return status .. body .. reader:headers({}).a"},
    {"handle text", 0,
     "return core.lower(X .. 'A') .. core.clean(X .. '\\n', 2000)"},
    {"make a pool and a queue, and tell of what is lost", 0,
     "local signer = core.signer 'key'\n"
     "local pool = curl.pool {}\n"
     "local queue = curl.outbox(signer, { agent = 'A: b', lifetime = 60,\n"
     "  limit = 10, bytes = 10000, abreast = 2 })\n"
     "assert(pool:attach(queue))\n"
     "for i = 1, 3 do\n"
     "  local taken, why = pool:enqueue('http://127.0.0.1:1/', 'http://a/',\n"
     "    'A: b', X, 'label', 5, 1000, 0, 0, 0)\n"
     "  assert(taken, why ~= 'queue_full' and 'not enough memory')\n"
     "end\n"
     "local shown = tostring(pool):match '^[^:]+'\n"
     "local stats = pool:stats()\n"
     "pool:close()\n"
     "local told = 0\n"
     "for report in function() return queue:report() end do\n"
     "  told = told + #report.body\n"
     "end\n"
     "queue:close()\n"
     "signer:close()\n"
     "return shown .. stats.finished .. told"},
};

/* Runs a script that must go well, in a state's beginning. */
static void begin(lua_State *L, const char *script) {
  if (!CHECK(luaL_loadstring(L, script) == 0 && lua_pcall(L, 0, 0, 0) == 0)) {
    fprintf(stderr, "  %s\n", lua_tostring(L, -1));
  }
}

static lua_State *new_state(int loads) {
  lua_State *L = lua_newstate(allocate, NULL);
  CHECK(L != NULL);
  luaL_openlibs(L);
  begin(L, prelude);
  if (!loads) {
    begin(L, "load_all()");
  }
  return L;
}

/* Runs the function at index 1; its result or error is put into `text`. */
static int run(lua_State *L, char text[TEXT]) {
  lua_pushvalue(L, 1);
  int status = lua_pcall(L, 0, 1, 0);
  const char *got = lua_tostring(L, -1);
  snprintf(text, TEXT, "%s", got != NULL ? got : "(no text)");
  lua_settop(L, 1);
  return status;
}

/* Lua 5.4.4's require loses the text when it runs out of memory. */
static int is_want(int status, const char *text) {
  return status == LUA_ERRMEM || strstr(text, "memory") != NULL ||
         strstr(text, "libcrypto failed") != NULL ||
         strcmp(text, "(no text)") == 0;
}

static char whole[4 * TEXT]; /* the classes of a state where nothing failed */

static void classes_are_whole(lua_State *L) {
  lua_getglobal(L, "check_classes");
  lua_pushstring(L, whole);
  if (!CHECK(lua_pcall(L, 1, 0, 0) == 0)) {
    fprintf(stderr, "  %s\n", lua_tostring(L, -1));
  }
  lua_settop(L, 1);
}

/* One run with allocation `i` failing, one without; 0 when there were fewer.
 * `text` is what the script gives when all is well. */
static int fail_one(lua_State *L, enum way way, long i, const char *text) {
  char got[TEXT];
  arm(way, i);
  int status = run(L, got);
  int failed = disarm(way, i);
  int fine = CHECK(status == 0 ? strcmp(got, text) == 0 : failed) &&
             CHECK(status == 0 || is_want(status, got));
  if (!fine) {
    fprintf(stderr, "  allocation %ld: %d %s\n", i, status, got);
  }
  status = run(L, got);
  if (!CHECK(status == 0 && strcmp(got, text) == 0)) {
    fprintf(stderr, "  after allocation %ld: %s\n", i, got);
  }
  classes_are_whole(L);
  return failed;
}

/* Of Lua's memory nothing is ours to lose; LuaJIT's parser and tables lose a
 * few bytes of their own when they run out. */
static void end_state(lua_State *L, long before) {
  lua_close(L);
  CHECK(bytes == 0 || LUA_VERSION_NUM == 501);
  CHECK(living == before);
  bytes = 0;
}

static long fail_all(size_t which, enum way way) {
  char text[TEXT];
  int loads = scripts[which].loads, failed = 1;
  long i = 0, before = living;
  lua_State *L = NULL;
  while (failed && i < 100000) {
    if (L == NULL) {
      L = new_state(loads);
      CHECK(luaL_loadstring(L, scripts[which].script) == 0);
      lua_settop(L, 1 + (lua_gettop(L) > 1));
      if (!loads && !CHECK(run(L, text) == 0)) {
        fprintf(stderr, "  %s: %s\n", scripts[which].name, text);
      }
    }
    failed = fail_one(L, way, ++i, loads ? "0.1.0" : text);
    if (loads || !failed) {
      end_state(L, before);
      L = NULL;
    }
  }
  return i - 1;
}

/* What is made once and stays, libcrypto's part too, is made here. */
static void warm_up(void) {
  lua_State *L = new_state(0);
  for (size_t k = 0; k < sizeof scripts / sizeof scripts[0]; k++) {
    CHECK(luaL_loadstring(L, scripts[k].script) == 0);
    CHECK(lua_pcall(L, 0, 0, 0) == 0);
  }
  lua_getglobal(L, "classes");
  CHECK(lua_pcall(L, 0, 1, 0) == 0);
  snprintf(whole, sizeof whole, "%s", lua_tostring(L, -1));
  CHECK(strlen(whole) > 500 && strlen(whole) < sizeof whole - 1);
  lua_close(L);
}

int main(void) {
  if (!CHECK(count_allocations())) {
    return check_report("nomem");
  }
  warm_up();
  for (size_t k = 0; k < sizeof scripts / sizeof scripts[0]; k++) {
    long counts[WAYS];

    for (int way = 0; way < WAYS; way++) {
      counts[way] = fail_all(k, (enum way)way);
    }
    CHECK(counts[LUA_ONCE] + counts[LUA_ON] + counts[LIBCRYPTO] > 0 ||
          LUA_VERSION_NUM == 501); /* its strings may all be there already */
    printf("%s: %ld of Lua's allocations and %ld of libcrypto's, each failed\n",
           scripts[k].name, counts[LUA_ONCE], counts[LIBCRYPTO]);
  }
  return check_report("nomem");
}
