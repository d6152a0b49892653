-- SPDX-License-Identifier: MIT
-- The emulator's server: sockets, signals and time around the service's logic.
local cqueues = require "cqueues"
local ce = require "cqueues.errno"
local cqueues_socket = require "cqueues.socket"
local signal = require "cqueues.signal"
local hmac = require "openssl.hmac"
local rand = require "openssl.rand"
local http_server = require "http.server"
local faults = require "azure.signalr.emulator.faults"
local http_clock = require "azure.signalr.emulator.http_clock"
local http_routes = require "azure.signalr.emulator.http_routes"
local http_listen = require "azure.signalr.emulator.http_listen"
local log = require "azure.signalr.emulator.log"
local pace = require "azure.signalr.emulator.pace"
local service = require "azure.signalr.emulator.service"
local tls = require "azure.signalr.emulator.tls"
local url = require "azure.signalr.emulator.url"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.server" }

-- Longer than lua-http's 4,096: tokens and lists of excluded connections are lines.
local MAX_LINE = 32768
local IDLE_SECONDS = 120
local FAREWELL_SECONDS = 1.2
local TIDY_KB = 4096

-- A coroutine that has worked for so long lets the others run; where several have, each works for less.
local TURN_SECONDS, LEAST_TURN = 0.002, 0.0002

local LOCAL_HOSTS = { "localhost", "127.0.0.1", "[::1]" }
local UNNAMED = { ["0.0.0.0"] = "127.0.0.1", ["::"] = "[::1]", ["*"] = "127.0.0.1" }

local function random_id()
  return (rand.bytes(16):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function shown_host(addresses)
  local host = addresses[1]
  if UNNAMED[host] then return UNNAMED[host] end
  return host:find(":", 1, true) and "[" .. host .. "]" or host
end

-- Whether a token's audience may begin with a base URL that is not the one
-- the request itself came to.
local function audience_check(self)
  local known = { self.base }
  for _, host in ipairs(LOCAL_HOSTS) do known[#known + 1] = ("%s://%s:%d"):format(self.scheme, host, self.port) end
  for _, base in ipairs(self.endpoints) do known[#known + 1] = base end
  return function(given)
    for _, base in ipairs(known) do
      if url.same_base(given, base) then return true end
    end
    return false
  end
end

-- What the server's own parts fail with; a client that went away is no failure.
local QUIET = { [ce.ECONNRESET] = true, [ce.EPIPE] = true, [ce.ETIMEDOUT] = true, [ce.ENOTCONN] = true,
  [ce.EILSEQ] = true }

local function make_http(self, ctx)
  cqueues_socket.setmaxline(MAX_LINE)
  return http_server.new {
    cq = self.queue, tls = ctx ~= nil, ctx = ctx,
    version = not (ctx and self.options.http2) and 1.1 or nil,
    intra_stream_timeout = IDLE_SECONDS,
    onstream = function(_, stream) http_routes.serve(self, stream) end,
    onerror = function(_, _, operation, why, errno)
      if not QUIET[errno] then self.log:failure(operation .. ": " .. tostring(why)) end
    end,
  }
end

local function make_service(self)
  local options = self.options
  return (options.make_service or service.new) {
    access_key = options.access_key, lax = options.lax or false, broken = options.broken, now = self.now,
    hmac = function(key, data) return hmac.new(key, "sha256"):final(data) end,
    random_id = random_id,
    endpoints = audience_check(self),
  }
end

--- Makes a server that listens.
-- @tparam table options host (nil: both loopback addresses), port (0: the system's choice), access_key, and optionally
--   endpoints (array of base URLs), tls_cert and tls_key (PEM files), http2, lax, quiet, control, broken, send_queue
--   (bytes), until_eof, make_service (in place of service.new)
-- @treturn ?table the server; nil otherwise
-- @treturn ?string why it cannot listen
function M.new(options)
  local self = setmetatable({
    options = options, clients = {}, live = 0, served = 0, send_queue = options.send_queue or 8388608,
    endpoints = options.endpoints or {}, queue = cqueues.new(),
  }, metatable)
  self.now = http_clock.new()
  self.log = log.new { quiet = options.quiet, now = self.now }
  self.faults = options.control and faults.new() or nil
  local ctx, why
  if options.tls_cert then
    ctx, why = tls.context(options.tls_cert, options.tls_key, options.http2)
    if not ctx then return nil, why end
  end
  self.scheme = ctx and "https" or "http"
  local addresses = http_listen.addresses(options.host)
  self.listener, why = http_listen.new(addresses, options.port)
  if not self.listener then return nil, why end
  self.port = self.listener.port
  self.base = ("%s://%s:%d"):format(self.scheme, shown_host(addresses), self.port)
  self.http = make_http(self, ctx)
  self.service = make_service(self)
  return self
end

--- What a client is to be configured with.
function methods:connection_string()
  return ("Endpoint=%s;AccessKey=%s;Version=1.0;"):format(self.base, self.options.access_key)
end

-- What `pace` calls in a coroutine that has done something: the turn ends when it has lasted long enough.
local function turns()
  local began, waiting = cqueues.monotime(), 0
  return function()
    local now = cqueues.monotime()
    if now - began < math.max(TURN_SECONDS / (1 + waiting), LEAST_TURN) or not cqueues.running() then return end
    waiting = waiting + 1
    cqueues.poll()
    waiting = waiting - 1
    began = cqueues.monotime()
  end
end

-- After a burst Lua keeps the memory until twice as much is in use, which may
-- be never: in a second without requests it is collected.
local function tidy(self)
  local used = collectgarbage("count")
  if self.served == self.served_before and used > (self.kept or 0) * 1.25 + TIDY_KB then
    collectgarbage()
    self.kept = collectgarbage("count")
  end
  self.served_before = self.served
end

local function tick(self)
  while true do
    cqueues.sleep(1)
    local ok, wrong = xpcall(self.service.tick, debug.traceback, self.service)
    if not ok then self.log:failure(wrong) end
    tidy(self)
  end
end

-- Clients hear that it ends, and have a moment to hear it.
local function farewell(self)
  self.listener:pause()
  self.service:shutdown("the emulator was stopped")
  local deadline = cqueues.monotime() + FAREWELL_SECONDS
  repeat cqueues.sleep(0.02) until self.live == 0 or cqueues.monotime() > deadline
  self.stopped = true
end

local function await_signal(self)
  local caught = signal.listen(signal.SIGINT, signal.SIGTERM)
  caught:wait()
  farewell(self)
end

-- A test harness that dies takes its end of the pipe with it.
local function await_eof(self)
  local input = cqueues_socket.fdopen(0)
  input:onerror(function(_, _, why) return why end)
  repeat local line = input:xread(-1024, "b") until not line
  farewell(self)
end

--- Serves until SIGINT or SIGTERM.
function methods:run()
  signal.block(signal.SIGINT, signal.SIGTERM)
  signal.ignore(signal.SIGPIPE)
  local queue = self.queue
  pace.install(turns())
  self.listener:serve(queue, self.http, function(text) self.log:warning(text) end)
  queue:wrap(tick, self)
  queue:wrap(await_signal, self)
  if self.options.until_eof then queue:wrap(await_eof, self) end
  while not self.stopped do
    local ok, wrong = queue:step(1)
    if not ok then self.log:failure(tostring(wrong)) end
  end
end

return M
