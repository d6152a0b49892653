-- SPDX-License-Identifier: MIT
--- The transport inside nginx (OpenResty, or nginx with the Lua module): nginx's own sockets, which yield to the
-- worker's event loop. Signing, URLs and JSON are the C core's; nothing of libcurl is loaded.
--
-- One client for each worker, made at module level and shared by all requests: what is kept here is counters, places
-- and a queue, never anything of one request.
local address = require "azure.signalr.transport.resty.address"
local apart = require "azure.signalr.transport.resty.apart"
local clock = require "azure.signalr.transport.resty.clock"
local connect = require "azure.signalr.transport.resty.connect"
local http1 = require "azure.signalr.transport.resty.http1"
local outbox = require "azure.signalr.transport.resty.outbox"
local limits = require "azure.signalr.transport.resty.options"
local phase = require "azure.signalr.transport.resty.phase"
local threads = require "azure.signalr.transport.resty.threads"
local uncaught = require "azure.signalr.transport.resty.uncaught"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.resty" }

local now = clock.now
local check_call = phase.check_call

-- Shorter than what services and the balancers before them allow: the side that sends should be the one to close.
local IDLE = 30 -- seconds that a connection is kept without use, unless told otherwise
-- A request of this size goes to the system in one piece, or not at all.
local ONE_PIECE = 16384
-- Attempts at once: more than one when a kept connection is dead, which sets all its neighbours aside.
local ATTEMPTS = 3

--- Makes a transport. No connection is made before the first request.
-- @tparam table config max_connections, max_in_flight (of this worker), connect_timeout (seconds), verify, proxy
-- (http://[user:password@]host:port), queue_limit (messages), queue_bytes, drain_timeout, idle_timeout (seconds)
-- @treturn table transport
-- @raise for ca_file, ca_path, io_thread, spawn_yield and an https proxy, which a socket of nginx cannot honour
function M.new(config)
  local self = setmetatable({
    addresses = address.new(config, limits.read(config)),
    connect_timeout = config.connect_timeout, idle = (config.idle_timeout or IDLE) * 1000,
    max_connections = config.max_connections,
    -- Sockets that are connected or on the way there. A request that nginx aborts takes its socket along.
    live = setmetatable({}, { __mode = "k" }), out = 0,
    letters = setmetatable({}, { __mode = "k" }),
    counts = { opened = 0, reused = 0, requests = 0, stale = 0 },
  }, metatable)
  self.is_full = function()
    local n = 0
    for _ in pairs(self.live) do n = n + 1 end
    self.out = n
    return n > self.max_connections
  end
  self.outbox = outbox.new { limit = config.queue_limit, bytes = config.queue_bytes, drain = config.drain_timeout }
  return self
end

-- Servers want to be told that these have no body.
local wants_length = { POST = true, PUT = true, PATCH = true }

-- What the requests to one place have in common is written once; never their headers, in which a token is.
local function letter_of(self, req)
  local place = req.target or req.headers
  local letter = self.letters[place]
  if letter and letter.url == req.url and letter.method == req.method then return letter end
  local target, path = self.addresses:of(req.url)
  if not target then return nil end
  letter = {
    url = req.url, method = req.method, target = target,
    text = req.method .. " " .. target.before_path .. path .. target.after_path,
  }
  self.letters[place] = letter
  return letter
end

local scratch = { "", "Content-Length: ", 0, "\r\n\r\n", "" }

-- nginx copies the pieces before it waits for anything.
local function write(sock, text, body)
  if not body then return sock:send(text .. "\r\n") end
  scratch[1], scratch[3], scratch[5] = text, #body, body
  local sent, why = sock:send(scratch)
  scratch[1], scratch[5] = "", ""
  return sent, why
end

local function not_written(why, size)
  if why == "timeout" then
    return { kind = "timeout", message = "the service did not take the request in time", sent = "maybe" }
  end
  -- A socket that is broken takes nothing; one that breaks in the middle took a part, and nginx does not say how
  -- much. A small request has no middle: the system's buffer is empty here and holds more than that.
  return {
    kind = "reset", message = "the connection broke while the request was sent (" .. tostring(why) .. ")",
    sent = size <= ONE_PIECE and "no" or "maybe",
  }
end

-- Without the empty line at its end.
local function head_of(letter, req)
  local headers = table.concat(req.headers, "\r\n")
  if headers ~= "" then headers = headers .. "\r\n" end
  local target = letter.target
  if not target.proxy or target.tunnel then return letter.text .. headers end
  return letter.text .. address.login_line(target.proxy) .. headers
end

-- One exchange on an open connection. Third result: whether the connection had ended before this request.
local function exchange(sock, letter, req)
  local body = req.body or wants_length[req.method] and "" or nil
  local head = head_of(letter, req)
  local sent, why = write(sock, head, body)
  if not sent then
    local failure = not_written(why, #head + (body and #body or 0))
    if failure.sent == "no" or why == "timeout" then return nil, failure, failure.sent == "no" end
    -- A service that refuses a large request answers before it has read all, and hangs up.
    local reply = http1.read(sock, now, req.deadline, req.max_response, false)
    if reply then return reply, false end
    return nil, failure
  end
  local reply, keep, message, silent = http1.read(sock, now, req.deadline, req.max_response, req.method == "HEAD")
  if reply then return reply, keep end
  -- Writing to a connection that the other side has closed succeeds: the system only learns from the answer to those
  -- bytes that nobody took them. The same is seen when the service took the request and died. So it is "maybe".
  return nil, { kind = keep, message = message, sent = "maybe" }, silent and keep == "reset"
end

local function release(self, sock, keep)
  self.live[sock], self.out = nil, self.out - 1
  if not keep or not sock:setkeepalive(self.idle) then sock:close() end
end

-- Third result of a failure: whether trying at once may do better.
local function attempt(self, letter, req, sock)
  local target, counts = letter.target, self.counts
  local options = target.options
  self.live[sock], self.out = true, self.out + 1
  local open, reused = connect.open(self, sock, target, req.deadline)
  if not open then
    self.live[sock], self.out = nil, self.out - 1
    return nil, reused, reused.unexplained
  end
  local count = reused and "reused" or "opened"
  counts[count] = counts[count] + 1
  local reply, failure, dead = exchange(sock, letter, req)
  release(self, sock, reply and failure)
  if reply then
    reply.reused = reused
    return reply
  end
  if not dead or not reused then return nil, failure end
  counts.stale = counts.stale + 1
  address.renew(target, options)
  return nil, failure, true
end

--- Sends a request and waits for its answer, while the worker does other things.
-- A kept connection that turns out to be dead is replaced at once: for what is safe to repeat (req.repeats), and for
-- everything else when nothing of it was written.
-- @tparam table req see the contract, transport/init.lua
-- @treturn table|nil reply
-- @treturn table failure
-- @raise where nginx cannot wait: the message names the phase and the way out
function methods:send(req)
  local sock = phase.socket()
  if self.closed then return nil, { kind = "closed", message = "the client was closed", sent = "no" } end
  local letter = letter_of(self, req)
  if not letter then return nil, { kind = "protocol", message = "the URL has no host or no path", sent = "no" } end
  local counts, started = self.counts, now()
  counts.requests = counts.requests + 1
  for n = 1, ATTEMPTS do
    local reply, failure, again = attempt(self, letter, req, n == 1 and sock or phase.socket())
    if reply then
      reply.time = now() - started
      return reply
    end
    if not again or n == ATTEMPTS or not (failure.sent == "no" or req.repeats == "safe") then return nil, failure end
  end
end

--- Waits, while the worker does other things.
-- @tparam number seconds; 0 lets others go first
-- @treturn true
function methods:sleep(seconds) -- luacheck: ignore 212
  check_call()
  ngx.sleep(seconds)
  return true
end

--- Seconds on a clock that never goes back.
function methods:now() return now() end -- luacheck: ignore 212

--- Seconds since 1970; nginx reads the clock once for each round of its loop.
function methods:time() return ngx.now() end -- luacheck: ignore 212

--- Puts a prepared message into this worker's queue; it is sent by a timer.
-- @tparam table entry see outbox.lua
-- @treturn true|nil
-- @treturn table failure: kind queue_full or closed
function methods:enqueue(entry)
  local problem = phase.refuse_queue()
  if problem then return nil, { kind = "closed", message = problem, sent = "no" } end
  return self.outbox:push(entry)
end

--- Waits until the queue is empty and nothing of it is on the way.
-- @tparam number timeout seconds
-- @treturn boolean whether it is
function methods:drain(timeout)
  check_call()
  return self.outbox:drain(now() + timeout)
end

--- Names who is told, without arguments, when something comes into the queue, and when a worker that ends has done what
-- it could.
-- @tparam function fn
function methods:watch(fn) self.outbox:watch(fn) end

--- What happened so far in this worker.
-- @treturn table requests, opened and reused (connections), stale, and the queue's (see outbox.lua)
function methods:stats()
  local all = self.outbox:stats()
  for name, value in pairs(self.counts) do all[name] = value end
  return all
end

--- Runs a function in a light thread of the request or timer at hand.
-- @tparam function fn
-- @param ... its arguments
-- @treturn table handle: done, result, wait, cancel
function methods:spawn(fn, ...) -- luacheck: ignore 212
  return threads.spawn(fn, ...)
end

--- Runs a function where no request can end it, and waits for it.
-- @tparam number deadline
-- @tparam function fn
-- @param ... its arguments
-- @return what it returns; or nil and a sentence
function methods:apart(deadline, fn, ...) -- luacheck: ignore 212
  check_call()
  return apart.run(deadline, fn, ...)
end

--- Told of an error object that is about to be thrown.
function methods:thrown(err) uncaught.log(err) end -- luacheck: ignore 212

--- Ends the transport: later requests fail, what is queued is reported as not sent. Requests on the way come to their
-- end; idle connections are closed by nginx when their time is over, and can be by nobody else.
function methods:close()
  self.closed = true
  self.outbox:close()
end

return M
