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
local log = require "azure.signalr.emulator.log"
local service = require "azure.signalr.emulator.service"
local tls = require "azure.signalr.emulator.tls"
local url = require "azure.signalr.emulator.url"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.server" }

-- Longer than lua-http's 4,096: tokens and lists of excluded connections are lines.
local MAX_LINE = 32768
local IDLE_SECONDS = 120
local FAREWELL_SECONDS = 1.5

local LOCAL_HOSTS = { "localhost", "127.0.0.1", "[::1]" }
local UNNAMED = { ["0.0.0.0"] = "127.0.0.1", ["::"] = "[::1]", ["*"] = "127.0.0.1" }

local function random_id()
  return (rand.bytes(16):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function shown_host(host)
  if UNNAMED[host] then return UNNAMED[host] end
  return host:find(":", 1, true) and "[" .. host .. "]" or host
end

-- Whether a token's audience may begin with a base URL that is not the one
-- the request itself came to.
local function audience_check(self)
  local known = { ("%s://%s:%d"):format(self.scheme, shown_host(self.options.host), self.port) }
  for _, host in ipairs(LOCAL_HOSTS) do
    known[#known + 1] = ("%s://%s:%d"):format(self.scheme, host, self.port)
  end
  for _, base in ipairs(self.options.endpoints or {}) do known[#known + 1] = base end
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

local function on_error(self, operation, why, errno)
  if QUIET[errno] then return end
  if operation == "accept" then cqueues.sleep(0.05) end
  self.log:failure(operation .. ": " .. tostring(why))
end

local function listen(self, ctx)
  cqueues_socket.setmaxline(MAX_LINE)
  local listener, why = http_server.listen {
    host = self.options.host, port = self.options.port, reuseaddr = true, tls = ctx ~= nil, ctx = ctx,
    version = not (ctx and self.options.http2) and 1.1 or nil,
    intra_stream_timeout = IDLE_SECONDS,
    onstream = function(_, stream) http_routes.serve(self, stream) end,
    onerror = function(_, _, operation, reason, errno) on_error(self, operation, reason, errno) end,
  }
  if not listener then return nil, why end
  local ok
  ok, why = listener:listen(5)
  if not ok then return nil, why end
  return listener
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
-- @tparam table options host, port (0: the system's choice), access_key, and optionally endpoints (array of base
--   URLs), tls_cert and tls_key (PEM files), http2, lax, quiet, control, broken, send_queue (bytes), until_eof,
--   make_service (in place of service.new)
-- @treturn ?table the server; nil otherwise
-- @treturn ?string why it cannot listen
function M.new(options)
  local self = setmetatable({
    options = options, clients = {}, live = 0, send_queue = options.send_queue or 8388608,
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
  self.listener, why = listen(self, ctx)
  if not self.listener then
    return nil, ("cannot listen on %s port %s: %s"):format(options.host, options.port, tostring(why))
  end
  local _
  _, _, self.port = self.listener:localname()
  self.service = make_service(self)
  return self
end

--- What a client is to be configured with.
function methods:connection_string()
  return ("Endpoint=%s://%s:%d;AccessKey=%s;Version=1.0;"):format(
    self.scheme, shown_host(self.options.host), self.port, self.options.access_key)
end

local function tick(self)
  while true do
    cqueues.sleep(1)
    local ok, wrong = xpcall(self.service.tick, debug.traceback, self.service)
    if not ok then self.log:failure(wrong) end
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
  local queue = self.listener.cq
  queue:wrap(tick, self)
  queue:wrap(await_signal, self)
  if self.options.until_eof then queue:wrap(await_eof, self) end
  while not self.stopped do
    local ok, wrong = queue:step(1)
    if not ok then self.log:failure(tostring(wrong)) end
  end
end

return M
