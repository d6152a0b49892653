-- SPDX-License-Identifier: MIT
--- The queue of a client whose messages go through the pipeline, each as a call that nobody waits for: with a token
-- provider (its tokens come from Lua), and with a transport that is not the pool of connections. One that has an
-- `enqueue` of its own (nginx's) keeps them itself; for the rest they are kept here and move in step, run and drain.
local core = require "azure.signalr.core"
local call = require "azure.signalr.call"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local on_error = require "azure.signalr.on_error"
local queues = require "azure.signalr.transport.queue"
local report = require "azure.signalr.outbox_report"
local response = require "azure.signalr.response"
local running = require "azure.signalr.running"

local M = {}

local pcall, setmetatable, tostring = pcall, setmetatable, tostring
local min = globals.math.min
local unbroken, once = core.unbroken, running.once

local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.outbox" }

local ABREAST = 16 -- calls that are made at a time

local reasons = { queue_full = "dropped", closed = "lost" }

-- The failure is the error of a call, or what a transport gave as the reason for making none.
local function tell(entry, failure)
  local err = errors.is(failure) and failure or response.failed(entry.op, failure)
  local req = entry.req
  local what = report.what(entry.op, req.url, req.body, reasons[err.kind] or "failed")
  on_error.tell(entry.context.config.on_error, errors.about(err, what), what)
end

-- Until the deadline of whoever has to end, where there is one.
local function run(entry, deadline)
  local context, settings = entry.context, entry.settings
  if deadline then
    local own = context.transport:now() + settings.timeout
    settings = setmetatable({ deadline = min(own, deadline) }, { __index = settings })
  end
  return call.run(context, entry.op, entry.req, settings)
end

-- Whoever puts a message in is not the one to be told that another made room for it: that waits for the next step, and
-- takes no more room than the queue itself.
local function note_drop(self, entry)
  if #self.drops < self.context.config.queue_limit then
    self.drops[#self.drops + 1] = entry
  else
    self.untold = self.untold + 1
  end
end

local dropped = { kind = "queue_full", message = "the queue was full, and newer messages came", sent = "no" }
local lost = { kind = "closed", message = "the client was closed before this was sent", sent = "no" }

--- Makes the queue.
-- @tparam table context
function M.new(context)
  local config, transport = context.config, context.transport
  local self = {
    context = context, workers = 0, drops = {}, untold = 0,
    turning = setmetatable({}, { __mode = "k" }), -- the coroutines in which it is moved now
  }
  if transport.enqueue then
    self.sink = transport
  else
    self.queue = queues.new {
      limit = config.queue_limit, bytes = config.queue_bytes, dropped = function(entry) note_drop(self, entry) end,
    }
  end
  return setmetatable(self, metatable)
end

local push = unbroken(function(queue, entry) return queue:push(entry) end)

--- Puts a message in.
-- @tparam table op a row of operations.lua
-- @tparam table req from request.build
-- @tparam table settings timeout, retry, max_response, on_attempt
-- @treturn true|nil
-- @treturn string kind
-- @treturn string message
function methods:put(op, req, settings)
  local config = self.context.config
  local entry = {
    context = self.context, op = op, req = req, settings = settings, run = run, report = tell,
    bytes = #req.url + #req.body, destination = config.ordered and req.target.audience or nil,
    drop_oldest = config.queue_policy == "drop_oldest",
  }
  if self.queue then
    if push(self.queue, entry) then return true end
    return nil, "queue_full", "the queue of messages is full"
  end
  local taken, failure = self.sink:enqueue(entry)
  if taken then return true end
  return nil, failure.kind, failure.message
end

local function settle(self, entry, ran, done, err)
  if ran and done then return self.queue:settle(entry, "delivered") end
  if not ran and not errors.is(done) then
    done = { kind = "protocol", message = tostring(done), sent = "maybe" }
  end
  local failure = ran and err or done
  self.queue:settle(entry, failure.kind == "closed" and "lost" or "failed")
  tell(entry, failure)
end

local function next_entry(self, deadline)
  local context = self.context
  if context.closed or deadline and context.transport:now() >= deadline then return nil end
  return self.queue:take()
end

-- A call that throws was ended from outside, with the function that makes it: no other call can be made here.
local function work(self, worker, deadline)
  worker.entry = next_entry(self, deadline)
  while worker.entry do
    local entry = worker.entry
    local ran, done, err = pcall(run, entry, deadline)
    worker.entry = nil
    settle(self, entry, ran, done, err)
    if not ran then break end
    worker.entry = next_entry(self, deadline)
  end
end

-- What a token provider yields to nobody ends the function that waits for its token: its message has failed with it.
local function start_worker(self, scheduler, deadline)
  local worker = {}
  self.workers = self.workers + 1
  scheduler:work(function(ended)
    self.workers = self.workers - 1
    local entry = worker.entry
    worker.entry = nil
    if entry then settle(self, entry, ended:result()) end
  end, work, self, worker, deadline)
end

local function tell_drops(self)
  local drops, untold = self.drops, self.untold
  if not drops[1] then return end
  self.drops, self.untold = {}, 0
  for i = 1, #drops do tell(drops[i], dropped) end
  report.tell_untold(self.context.config.on_error, untold)
end

local function move(self, deadline)
  local queue, scheduler = self.queue, self.context.scheduler
  tell_drops(self)
  if not scheduler then return work(self, {}, deadline) end
  if scheduler.pool then deadline = nil end -- nothing blocks: what is not over by then stays pending
  while self.workers < ABREAST and queue.ready.first and not self.context.closed do
    local before = queue.queued
    start_worker(self, scheduler, deadline)
    if queue.queued == before then break end
  end
end

local move_unbroken = unbroken(move)

--- Starts what may be sent now. With a transport that blocks this takes as long as that does, up to a deadline.
-- @tparam number|nil deadline
function methods:turn(deadline)
  if not self.queue then return end
  once(self.turning, self.context.scheduler and move_unbroken or move, self, deadline)
end

--- How many messages are queued or in flight.
function methods:pending()
  local stats = self.queue or self.sink:stats()
  return stats.queued + stats.in_flight
end

--- Counters; see client:queue_stats.
function methods:stats()
  local found = self.queue and self.queue:stats() or self.sink:stats()
  return {
    accepted = found.accepted, delivered = found.delivered, failed = found.failed, dropped = found.dropped,
    lost = found.lost, refused = found.refused, pending = found.queued + found.in_flight,
    in_flight = found.in_flight, bytes = found.bytes, unreported = #self.drops + self.untold,
  }
end

--- Ends it, and tells of what is lost. The transport is closed already.
function methods:close()
  local queue = self.queue
  tell_drops(self)
  local entry = queue and queue:give_up()
  while entry do
    tell(entry, lost)
    entry = queue:give_up()
  end
end

return M
