-- SPDX-License-Identifier: MIT
-- Which way things point: docs/design.md draws it, this spec holds it.
local source = require "spec.support.source"
local tree = require "spec.support.tree"

-- Rooms of the Lua tree by path, first match wins. `uses` lists, as patterns,
-- all modules of this repository that a room may require; `outside` those of others.
local LUA = "^lua/azure/signalr/"
local PURE = "azure%.signalr%.[%l_%d]+$"
local NETWORK = { "^cqueues", "^http%.", "^openssl", "^socket", "^resty%.", "^luv$", "^uv$", "^posix" }
local rooms = {
  { path = LUA .. "emulator/[^/]*server%.lua$", uses = { "^azure%.signalr%.emulator%." }, io = true },
  { path = LUA .. "emulator/cli%.lua$", uses = { "^azure%.signalr%.emulator%." }, io = true },
  { path = LUA .. "emulator/log%.lua$", uses = { "^azure%.signalr%.emulator%." }, io = true },
  { path = LUA .. "emulator/tls%.lua$", uses = { "^azure%.signalr%.emulator%." }, io = true },
  { path = LUA .. "emulator/http_[%l_]+%.lua$", uses = { "^azure%.signalr%.emulator%." }, io = true },
  { path = LUA .. "emulator/transports/", uses = { "^azure%.signalr%.emulator%." }, io = true },
  { path = LUA .. "emulator/", uses = { "^azure%.signalr%.emulator%." } },
  { path = LUA .. "hubclient/", uses = { "^azure%.signalr%.hubclient" }, io = true },
  { path = LUA .. "testing/", uses = { "^" .. PURE, "^azure%.signalr%.testing", "^azure%.signalr$" } },
  { path = LUA .. "transport/", io = true,
    uses = { "^azure%.signalr%.transport", "^azure%.signalr%.core$", "^azure%.signalr%.curl$",
      "^azure%.signalr%.http_status$", "^azure%.signalr%.check$", "^azure%.signalr%.build$",
      "^azure%.signalr%.globals$", "^azure%.signalr%.proxy$" } },
}
for _, name in ipairs{ "operations", "request", "response", "retry", "router", "options", "errors", "credential",
  "http_status", "http_date", "check", "base64", "explain", "headers", "refusal", "proxy" } do
  rooms[#rooms + 1] = { path = LUA .. name .. "%.lua$", uses = { "^" .. PURE }, pure = true }
end
rooms[#rooms + 1] = { path = LUA .. "resty", uses = { "^" .. PURE, "^azure%.signalr%.resty%." }, io = true }
rooms[#rooms + 1] = { path = LUA, uses = { "^" .. PURE, "^azure%.signalr%.transport" } }

-- Above the pipeline; what lies below must not reach up to it.
local TONGUE = {}
for _, name in ipairs{ "client", "hub", "group", "user", "connection", "stream", "pages", "call", "curl" } do
  TONGUE["azure.signalr." .. name] = true
end

local function any(patterns, name)
  for _, pattern in ipairs(patterns) do
    if name:find(pattern) then return true end
  end
  return false
end

local function room_of(path)
  for _, room in ipairs(rooms) do
    if path:find(room.path) then return room end
  end
end

local function refusal(path, room, name)
  if name:find("^azure%.signalr") then
    local inside = path:match(LUA .. "(%l+)/")
    if name:find("^azure%.signalr%.hubclient") and inside ~= "hubclient" or not any(room.uses, name) then
      return "must not require " .. name
    end
    if room.pure and TONGUE[name] then return "is pure and must not require " .. name end
  elseif not room.io and any(NETWORK, name) then
    return "does no I/O and must not require " .. name
  end
end

-- Pure modules open nothing and read no clock: time comes in as a parameter.
local IMPURE = { "%f[%w_]io%.%l", "%f[%w_]os%.time%f[%W]", "%f[%w_]os%.clock", "%f[%w_]os%.getenv", "%f[%w_]ngx%." }

local function required(code)
  local names = {}
  for _, pattern in ipairs{ '%f[%w_]require%s*%(?%s*"([^"]+)"', "%f[%w_]require%s*%(?%s*'([^']+)'",
    '%f[%w_]pcall%s*%(%s*require%s*,%s*"([^"]+)"' } do
    for name in code:gmatch(pattern) do names[#names + 1] = name end
  end
  return names
end

local function check_lua(path, text)
  local room, complaints = room_of(path), {}
  for _, name in ipairs(required(source.strip_comments(text))) do
    complaints[#complaints + 1] = refusal(path, room, name)
  end
  local code = source.strip_lua(text)
  for _, pattern in ipairs(not room.io and (room.pure or path:find("/emulator/")) and IMPURE or {}) do
    local found = code:match(pattern)
    if found then complaints[#complaints + 1] = "does no I/O and reads no clock, but says " .. found end
  end
  return complaints
end

-- Headers that only some rooms may see, and what each room must not see at all.
local ONLY = {
  { header = "^lua", rooms = { binding = true } }, { header = "^lauxlib%.h$", rooms = { binding = true } },
  { header = "^binding/", rooms = { binding = true } }, { header = "^curl/", rooms = { net = true } },
  { header = "^net/", rooms = { net = true, binding = true, test = true } },
}
local CORE_NEVER = { "^sys/", "^netinet/", "^netdb%.h$", "^arpa/", "^poll%.h$", "^time%.h$", "^unistd%.h$",
  "^pthread%.h$", "^fcntl%.h$", "^net/", "^openssl/ssl%.h$" }
local CORE_CALLS = { "%f[%w_]time%s*%(", "%f[%w_]clock%s*%(", "%f[%w_]getenv%s*%(", "%f[%w_]fopen%s*%(",
  "%f[%w_]printf%s*%(" }

-- core.so is what an nginx worker loads: nothing of curl may come in with it.
local function binds_core(path)
  return path:find("^csrc/binding/") and not path:find("/curl%.c$") and not path:find("/bind_pool[%l_]*%.[ch]$")
end

local function check_header(path, header)
  for _, rule in ipairs(ONLY) do
    if header:find(rule.header) and not rule.rooms[path:match("^csrc/(%l+)/")] then
      return "must not include " .. header
    end
  end
  if path:find("^csrc/core/") and any(CORE_NEVER, header) then return "core must not include " .. header end
  if binds_core(path) and header:find("^net/") then return "goes into core.so and must not include " .. header end
end

local function check_c(path, text)
  local complaints = {}
  for header in source.strip_comments(text, true):gmatch('#%s*include%s*["<]([^">]+)') do
    complaints[#complaints + 1] = check_header(path, header)
  end
  for _, call in ipairs(path:find("^csrc/core/") and CORE_CALLS or {}) do
    local found = source.strip_c(text):match(call)
    if found then complaints[#complaints + 1] = "core has no clock and does no I/O, but calls " .. found end
  end
  return complaints
end

describe("layers", function()
  it("of the Lua tree point down", function()
    local paths = tree.matching(LUA .. ".*%.lua$")
    assert.is_true(#paths > 20)
    assert.are.equal("", tree.complaints(paths, check_lua))
  end)

  it("of the C tree point down", function()
    local paths = tree.matching("^csrc/.*%.[ch]$")
    assert.is_true(#paths > 10)
    assert.are.equal("", tree.complaints(paths, check_c))
  end)

  it("are caught in Lua when they do not", function()
    local function bad(path, code) return check_lua("lua/azure/signalr/" .. path, code)[1] ~= nil end
    assert.is_true(bad("emulator/auth.lua", 'local core = require "azure.signalr.core"'))
    assert.is_true(bad("emulator/server.lua", 'local core = require("azure.signalr.core")'))
    assert.is_true(bad("emulator/routes.lua", 'local o = require "azure.signalr.operations"'))
    assert.is_true(bad("emulator/groups.lua", 'local c = require "cqueues"'))
    assert.is_true(bad("emulator/groups.lua", "local now = os.time()"))
    assert.is_true(bad("hubclient/init.lua", 'local e = require "azure.signalr.emulator.json_text"'))
    assert.is_true(bad("hub.lua", 'local h = require "azure.signalr.hubclient"'))
    assert.is_true(bad("hub.lua", 'local e = require "azure.signalr.emulator.service"'))
    assert.is_true(bad("call.lua", 'local c = require "cqueues"'))
    assert.is_true(bad("request.lua", "local t = require 'azure.signalr.transport.curl'"))
    assert.is_true(bad("retry.lua", 'local c = require "azure.signalr.call"'))
    assert.is_true(bad("response.lua", 'local c = require "azure.signalr.curl"'))
    assert.is_true(bad("retry.lua", "local t = os.time()"))
    assert.is_true(bad("transport/resty.lua", 'local c = require "azure.signalr.client"'))
    assert.is_false(bad("retry.lua", '-- require "azure.signalr.call"\nlocal s = require "azure.signalr.http_status"'))
    assert.is_false(bad("emulator/server.lua", 'local c = require "cqueues"; local t = os.time()'))
    assert.is_false(bad("call.lua", 'local t = require "azure.signalr.transport.curl"'))
  end)

  it("are caught in C when they do not", function()
    local function bad(path, code) return check_c("csrc/" .. path, code)[1] ~= nil end
    assert.is_true(bad("core/jwt.c", "#include <lua.h>\n"))
    assert.is_true(bad("net/pool.c", '#include "lauxlib.h"\n'))
    assert.is_true(bad("net/pool.c", '#include "binding/support.h"\n'))
    assert.is_true(bad("core/jwt.c", "# include <curl/curl.h>\n"))
    assert.is_true(bad("binding/bind_pool.c", "#include <curl/curl.h>\n"))
    assert.is_true(bad("binding/bind_json.c", '#include "net/pool.h"\n'))
    assert.is_true(bad("core/jwt.c", "#include <time.h>\n"))
    assert.is_true(bad("core/jwt.c", '#include "net/pool.h"\n'))
    assert.is_true(bad("nest/jwt.c", '#include "net/pool.h"\n'))
    assert.is_true(bad("core/jwt.c", "int asr_x(void) { return time(0); }\n"))
    assert.is_false(bad("core/jwt.c", "/* time(0), #include <lua.h> */\nint asr_x(void) { return asr_time(0); }\n"))
    assert.is_false(bad("binding/bind_pool.c", '#include <lua.h>\n#include "net/pool.h"\n'))
    assert.is_false(bad("net/pool.c", '#include <curl/curl.h>\n#include <time.h>\n#include "core/buf.h"\n'))
  end)
end)
