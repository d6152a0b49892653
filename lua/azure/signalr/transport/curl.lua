-- SPDX-License-Identifier: MIT
--- The transport over libcurl, for every host but nginx: a pool of kept connections, driven by blocking calls.
-- A scheduler (scheduler.lua) may put itself there. Then send and sleep ask it who waits: for nobody they block as
-- before, and else they yield until the scheduler resumes the coroutine.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local curl = require "azure.signalr.curl"
local globals = require "azure.signalr.globals"
local proxies = require "azure.signalr.proxy"

local error, setmetatable, type = error, setmetatable, type

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.curl" }

local monotonic, wall_time = curl.monotonic, curl.time

local LONG = 3600 -- seconds; a ticket's own deadline ends it much earlier

-- Returns when the ticket has finished. A signal ends pool:wait early, so that Ctrl-C is heard here.
local function block_until(self, ticket)
  local pool = self.pool
  repeat until pool:wait(ticket, LONG)
end

-- Other tickets move on meanwhile; they stay with the pool for their owners.
local function block_for(self, seconds)
  local pool, deadline = self.pool, monotonic() + seconds
  local left = seconds
  while left > 0 do
    if pool:moving() then pool:step(left) else curl.sleep(left) end
    left = deadline - monotonic()
  end
end

local function refuse_nginx()
  if globals.ngx and globals.ngx.config.subsystem then
    error("azure.signalr.transport.curl would block the nginx worker: use azure.signalr.transport.resty there", 3)
  end
end

local function proxy_url(given)
  local proxy, problem = proxies.of(given)
  if problem then check.fail("azure.signalr.transport.curl: proxy %s", problem) end
  return proxy and proxy:url()
end

--- Makes a transport. Nothing is started and no connection made before the first request.
-- @tparam table options max_connections, max_in_flight, max_response (bytes), connect_timeout (seconds),
--   verify, ca_file, ca_path, proxy, unix_socket, io_thread; all optional, read once
-- @treturn table the transport
-- @raise when an option has the wrong type, and inside an nginx worker
function M.new(options)
  refuse_nginx()
  options = options or {}
  local pool = curl.pool {
    max_connections = options.max_connections,
    max_in_flight = options.max_in_flight,
    max_response = options.max_response,
    connect_timeout = options.connect_timeout,
    verify = options.verify,
    ca_file = options.ca_file,
    ca_path = options.ca_path,
    proxy = proxy_url(options.proxy),
    unix_socket = options.unix_socket,
    io_thread = options.io_thread,
  }
  return setmetatable({ pool = pool, block = block_for, poll = curl.poll }, metatable)
end

--- Hands a request to the pool. Does not wait, and nothing moves before the pool is stepped or waited on.
-- @tparam table req method, url, headers (array of "Name: value"), body, deadline (as `now` counts), max_response,
--   repeats ("safe": may go out again on its own when a kept connection turns out to be dead)
-- @tparam[opt] boolean untold only who starts it will ask for it: a step that somebody makes meanwhile leaves it alone
-- @treturn ?number a ticket for `finish`
-- @treturn ?table the failure: kind, message, sent
function methods:start(req, untold)
  local ticket, kind, message = self.pool:submit({
    method = req.method,
    url = req.url,
    headers = req.headers,
    body = req.body,
    timeout = req.deadline and req.deadline - monotonic(),
    max_response = req.max_response,
    repeats = req.repeats,
  }, untold)
  if ticket then return ticket end
  return nil, { kind = kind, message = message, sent = "no" }
end

--- Takes what came of a ticket that has finished.
-- @tparam number ticket from `start`
-- @treturn ?table the reply: status, headers (by lower-case name), body, time (seconds), reused; `truncated` is true
--   when the connection broke after the status and before the end of the body
-- @treturn ?table the failure: kind, message, sent ("no": certainly nothing was written; else "maybe")
function methods:finish(ticket)
  return self.pool:collect(ticket)
end

-- In one piece, where a host preempts. A step that a finalizer makes meanwhile is not told of the ticket.
local send_blocking = core.unbroken(function(self, req)
  local ticket, failure = self:start(req, true)
  if not ticket then return nil, failure end
  block_until(self, ticket)
  return self.pool:collect(ticket)
end)

-- The failure of a draft that was not taken: of what kind, and a sentence or how many bytes are too many.
local function refused(kind, about)
  if type(about) == "number" then return { kind = kind, size = about, sent = "no" } end
  return { kind = kind, message = about, sent = "no" }
end

--- Hands a draft to the pool, or the request of one once more; parameters as of `exchange`.
-- @treturn number|nil a ticket, for pool:take
-- @treturn table the failure; its size says by how much what is too large
function methods:start_draft(way, ...)
  local pool = self.pool
  local ticket, kind, about = pool[way](pool, ...)
  if ticket then return ticket end
  return nil, refused(kind, about)
end

-- In one piece, as send_blocking.
local await = core.unbroken(function(self, ticket)
  block_until(self, ticket)
  return self.pool:take(ticket)
end)

local in_one = { send = "exchange", again = "exchange_again" }

local function exchange_blocking(self, way, ...)
  local pool = self.pool
  local ticket, status, reply, sent = pool[in_one[way]](pool, ...)
  if not ticket then return nil, refused(status, reply) end
  if status or reply then return status, reply, sent end
  return await(self, ticket) -- a signal ended the waiting
end

--- Sends a request and waits for its answer.
-- @tparam table req as for `start`
-- @treturn ?table the reply, as from `finish`
-- @treturn ?table the failure
function methods:send(req)
  local scheduler = self.scheduler
  local waiter = scheduler and scheduler:waiter()
  if waiter then return scheduler:send(waiter, req) end
  local reply, failure = send_blocking(self, req)
  if self.queue then self.queue:turn() end
  return reply, failure
end

--- Sends a draft, or the request of one once more, and waits for its answer. No table is made for a plain success.
-- @tparam string way "send" or "again"
-- @tparam userdata place
-- @tparam userdata what the draft, or the request that came with an answer that was no success
-- @tparam number timeout seconds
-- @param credential a signer or a secret
-- @tparam string|nil query more of it
-- @tparam number|nil max_response bytes
-- @treturn number|nil status
-- @treturn table|nil the reply, nil for a plain success; without a status the failure: kind, message, sent; size where
-- it is too large
-- @treturn userdata|nil the request, for "again"
function methods:exchange(way, ...)
  local scheduler = self.scheduler
  local waiter = scheduler and scheduler:waiter()
  if waiter then return scheduler:exchange(waiter, way, ...) end
  local status, reply, sent = exchange_blocking(self, way, ...)
  if self.queue then self.queue:turn() end
  return status, reply, sent
end

--- Waits.
-- @tparam number seconds
-- @treturn boolean|nil true
-- @treturn table the failure, when the client was closed meanwhile
function methods:sleep(seconds)
  local scheduler = self.scheduler
  local waiter = scheduler and scheduler:waiter()
  if waiter then return scheduler:pause(waiter, seconds) end
  if seconds > 0 then block_for(self, seconds) end
  if self.queue then self.queue:turn() end
  return true
end

--- Who is driven while the call at hand waits; nil: it blocks.
function methods:caller() return self.scheduler and self.scheduler:caller() end

--- Whether somebody else, of whom `caller` said this, cannot go on while the call at hand waits.
function methods:holds_up(caller) return not self.scheduler or self.scheduler:holds_up(caller) end

--- Seconds on a clock that never goes back, with their fraction.
function methods:now() -- luacheck: ignore 212
  return monotonic()
end

--- Seconds since 1970, with their fraction.
function methods:time() -- luacheck: ignore 212
  return wall_time()
end

--- Closes every connection. Requests in flight end with kind "closed", later ones do at once. Repeating it is fine.
function methods:close()
  self.pool:close()
end

return M
