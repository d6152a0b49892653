-- SPDX-License-Identifier: MIT
--- Fire and forget: hub:enqueue and its like put a message into the client's queue and return at once. What becomes of
-- it is counted, and told to on_error if it was not delivered.
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local handle = require "azure.signalr.handle"
local report = require "azure.signalr.outbox_report"
local request = require "azure.signalr.request"

local M = {}
local methods = {}
local Client -- the class that these methods are for

local format = globals.string.format
local min = globals.math.min
local LONG = 3600 -- seconds
local no_headers = {}

local function excluding(it) return it.excluded and { excluded = it.excluded } or nil end

--- Puts a message for what a handle addresses into the queue.
-- @tparam table it the handle's fields
-- @tparam table op a row of operations.lua
-- @tparam string|nil body the message in JSON
-- @param problem why there is none
-- @treturn true|nil
-- @treturn table error: kind queue_full, what is too large to be sent, or what cannot be
function M.put(it, op, body, problem)
  local err = handle.problem(it, op, problem)
  if err then return nil, err end
  local req = handle.request(it, op, excluding(it), body, op.body.json)
  req.headers = no_headers
  err = request.oversize(op, req)
  if err then return nil, errors.about(err, it) end
  local taken, kind, message = it.context.queue:put(op, req, it.settings)
  if taken then return true end
  if kind == "queue_full" and not it.context.transport.enqueue then
    local config = it.context.config
    message = format("%s: queue_limit is %.0f messages, queue_bytes %.0f", message, config.queue_limit,
      config.queue_bytes)
  end
  return nil, errors.about(errors.new { kind = kind, op = op.id, message = message, sent = "no" }, it)
end

-- A spawned function waits meanwhile as it does elsewhere; on the main line this steps the client.
local function empty(context, deadline)
  local queue, transport, scheduler = context.queue, context.transport, context.scheduler
  local function over() return queue:pending() == 0 end
  queue:turn(deadline)
  while not over() do
    local left = deadline and deadline - transport:now() or LONG
    if left <= 0 then break end
    local blocks = scheduler and not scheduler:waiter()
    if blocks then scheduler:step(left, over) else transport:sleep(min(left, 0.01)) end
    queue:turn(deadline)
    if blocks and not scheduler:moves() then break end
  end
end

--- Moves the queue until it is empty, or the time has passed; then says what was not delivered since the last drain
-- (or since the client was made). What is still pending stays in the queue.
-- @tparam number|nil timeout seconds; without it, as long as it takes
-- @treturn true|nil
-- @treturn table counts: pending, failed, dropped, lost; tostring makes a sentence of it
function methods:drain(timeout, ...)
  local context = handle.ask(self, Client, "client:drain", 1, ...).context
  if timeout ~= nil then check.pause(timeout, "client:drain", "timeout") end
  if context.transport.drain then
    context.transport:drain(timeout or LONG)
  else
    empty(context, timeout and context.transport:now() + timeout)
  end
  local undelivered = M.undelivered(context)
  if undelivered then return nil, undelivered end
  return true
end

--- What was not delivered since this was asked before.
-- @treturn table|nil
function M.undelivered(context)
  local now = context.queue:stats()
  local found = report.undelivered(now, context.drained)
  context.drained = now
  return found
end

--- Counters of the queue. At any time accepted = delivered + failed + dropped + lost + pending.
-- @treturn table accepted; delivered; failed (for good); dropped (for newer ones); lost (when the client was closed);
-- refused (never accepted); pending (queued or in flight), in_flight, bytes (of urls and bodies of those pending);
-- unreported (failures that on_error was not told of yet)
function methods:queue_stats(...)
  return handle.open(self, Client, "client:queue_stats", 0, ...).context.queue:stats()
end

--- Adds these methods to the class of clients.
-- @tparam table class its metatable
function M.extend(class)
  Client = class
  handle.add_methods(class, methods)
end

return M
