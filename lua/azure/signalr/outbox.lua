-- SPDX-License-Identifier: MIT
--- Messages that nobody waits for: which of the two queues a client has, and what becomes of it when nobody needs the
-- client any more.
local calls = require "azure.signalr.outbox_calls"

local M = {}

-- The pool's queue signs by itself, and so needs the key; in nginx nothing of libcurl is loaded.
local function queue_of(context)
  local transport, credential = context.transport, context.credential
  if transport.enqueue or not transport.pool or not credential.signing then return calls.new(context) end
  return require("azure.signalr.outbox_pool").new(context, credential:signing()) or calls.new(context)
end

-- A transport that was given to several clients moves all their queues.
local function add(holder, queue)
  local first = holder.queue
  holder.queue = not first and queue or {
    turn = function()
      first:turn()
      queue:turn()
    end,
    pending = function() return first:pending() + queue:pending() end,
  }
end

local newproxy = rawget(_G, "newproxy") -- LuaJIT's way to a finalizer

local function on_collection(fn)
  if not newproxy then return setmetatable({}, { __gc = fn }) end
  local guard = newproxy(true)
  getmetatable(guard).__gc = fn
  return guard
end

-- What is lost goes to on_error; without one, its number at least goes to standard error.
local function collected(context)
  if context.closed then return end
  context.closed = true
  local queue = context.queue
  local pending = queue:pending()
  queue:close()
  if pending > 0 and not context.config.on_error then
    io.stderr:write(("azure.signalr: a client was collected with %d messages of its queue not sent\n"):format(pending))
  end
end

--- Gives a client its queue; before the client's first request.
-- @tparam table context with config, transport, credential, scheduler; gets queue and drained
function M.open(context)
  local queue = queue_of(context)
  context.queue, context.drained = queue, queue:stats()
  if context.transport.enqueue then return end
  if context.scheduler then add(context.scheduler, queue) end
  if context.transport.pool then add(context.transport, queue) end
  queue.guard = on_collection(function() collected(context) end)
end

return M
