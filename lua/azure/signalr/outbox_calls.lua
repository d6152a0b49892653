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
local task = require "azure.signalr.task"

local M = {}

local pairs, pcall, setmetatable, tostring = pairs, pcall, setmetatable, tostring
local min = globals.math.min
local process, unbroken, once = core.process, core.unbroken, running.once

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
local function note_drop(self, state, entry)
  if #state.drops < self.context.config.queue_limit then
    state.drops[#state.drops + 1] = entry
  else
    state.untold = state.untold + 1
  end
end

local function new_state(self)
  local config, state = self.context.config, { process = process(), workers = {}, count = 0, drops = {}, untold = 0 }
  state.queue = queues.new {
    limit = config.queue_limit, bytes = config.queue_bytes,
    dropped = function(entry) note_drop(self, state, entry) end,
  }
  return state
end

local forked = errors.new {
  kind = "closed", op = "enqueue", message = "the process that forked sends this", sent = "maybe",
}

-- What the queue holds; or nil, where the transport keeps it. A fork's child begins anew: the messages, and who sends
-- them, are the parent's.
local function state_of(self)
  local state = self.state
  if not state or state.process == process() then return state end
  self.state = new_state(self)
  for worker in pairs(state.workers) do task.stop(worker, forked) end
  return self.state
end

local dropped = { kind = "queue_full", message = "the queue was full, and newer messages came", sent = "no" }
local lost = { kind = "closed", message = "the client was closed before this was sent", sent = "no" }

--- Makes the queue.
-- @tparam table context
function M.new(context)
  local transport = context.transport
  local self = {
    context = context,
    turning = setmetatable({}, { __mode = "k" }), -- the coroutines in which it is moved now
  }
  if transport.enqueue then self.sink = transport else self.state = new_state(self) end
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
  local state = state_of(self)
  if state then
    if push(state.queue, entry) then return true end
    return nil, "queue_full", "the queue of messages is full"
  end
  local taken, failure = self.sink:enqueue(entry)
  if taken then return true end
  return nil, failure.kind, failure.message
end

-- What came of a call that returned done and err, or threw done: nil, or why the message was not delivered.
local function failure_of(ran, done, err)
  if ran and done then return nil end
  if ran then return err end
  return errors.is(done) and done or { kind = "protocol", message = tostring(done), sent = "maybe" }
end

local function settle(self, state, entry, failure)
  if state ~= self.state then return end -- the parent's
  state.queue:settle(entry, not failure and "delivered" or failure.kind == "closed" and "lost" or "failed")
  if failure then tell(entry, failure) end
end

local function next_entry(self, state, deadline)
  local context = self.context
  if context.closed or deadline and context.transport:now() >= deadline then return nil end
  return state.queue:take()
end

-- A call that throws was ended from outside, with the function that makes it: no other call can be made here.
local function work(self, state, worker, deadline)
  worker.entry = next_entry(self, state, deadline)
  while worker.entry do
    local entry = worker.entry
    local ran, done, err = pcall(run, entry, deadline)
    worker.entry = nil
    settle(self, state, entry, failure_of(ran, done, err))
    if not ran or state ~= self.state then break end
    worker.entry = next_entry(self, state, deadline)
  end
end

-- What a token provider yields to nobody ends the function that waits for its token: its message has failed with it.
local function start_worker(self, state, deadline)
  local worker = {}
  state.count = state.count + 1
  local spawned = self.context.scheduler:work(function(ended)
    state.count, state.workers[ended] = state.count - 1, nil
    local entry = worker.entry
    worker.entry = nil
    if entry then settle(self, state, entry, failure_of(ended:result())) end
  end, work, self, state, worker, deadline)
  if not spawned:done() then state.workers[spawned] = true end
end

local function tell_drops(self, state)
  local drops, untold = state.drops, state.untold
  if not drops[1] then return end
  state.drops, state.untold = {}, 0
  for i = 1, #drops do tell(drops[i], dropped) end
  report.tell_untold(self.context.config.on_error, untold)
end

local function move(self, state, deadline)
  local queue, scheduler = state.queue, self.context.scheduler
  tell_drops(self, state)
  if not scheduler then return work(self, state, {}, deadline) end
  if scheduler.pool then deadline = nil end -- nothing blocks: what is not over by then stays pending
  while state.count < ABREAST and queue.ready.first and not self.context.closed do
    local before = queue.queued
    start_worker(self, state, deadline)
    if queue.queued == before then break end
  end
end

local move_unbroken = unbroken(move)

--- Starts what may be sent now. With a transport that blocks this takes as long as that does, up to a deadline.
-- @tparam number|nil deadline
function methods:turn(deadline)
  local state = state_of(self)
  if not state then return end
  once(self.turning, self.context.scheduler and move_unbroken or move, self, state, deadline)
end

--- How many messages are queued or in flight.
function methods:pending()
  local state = state_of(self)
  local stats = state and state.queue or self.sink:stats()
  return stats.queued + stats.in_flight
end

--- Counters; see client:queue_stats.
function methods:stats()
  local state = state_of(self)
  local found = state and state.queue:stats() or self.sink:stats()
  return {
    accepted = found.accepted, delivered = found.delivered, failed = found.failed, dropped = found.dropped,
    lost = found.lost, refused = found.refused, pending = found.queued + found.in_flight,
    in_flight = found.in_flight, bytes = found.bytes, unreported = state and #state.drops + state.untold or 0,
  }
end

--- Ends it, and tells of what is lost. The transport is closed already.
function methods:close()
  local state = state_of(self)
  if not state then return end
  tell_drops(self, state)
  local entry = state.queue:give_up()
  while entry do
    tell(entry, lost)
    entry = state.queue:give_up()
  end
end

return M
