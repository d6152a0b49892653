-- SPDX-License-Identifier: MIT
--- Messages that nobody waits for: which of the two queues a client has, and what becomes of it when nobody needs the
-- client any more.
local core = require "azure.signalr.core"
local calls = require "azure.signalr.outbox_calls"
local globals = require "azure.signalr.globals"
local transports = require "azure.signalr.transport"

local M = {}

local pcall = pcall
local format = globals.string.format

-- In nginx nothing of libcurl is loaded.
local has_pools, pools = false, nil
if not transports.inside_nginx() then has_pools, pools = pcall(globals.require, "azure.signalr.outbox_pool") end

-- The pool's queue signs by itself, and so needs the key.
local function queue_of(context)
  local transport, credential = context.transport, context.credential
  local by_pool = has_pools and transport.pool and not transport.enqueue and credential.signing
  return by_pool and pools.new(context, credential:signing()) or calls.new(context)
end

-- A transport that was given to several clients moves all their queues.
local function add(holder, queue)
  local first = holder.queue
  holder.queue = not first and queue or {
    turn = function(_, deadline)
      first:turn(deadline)
      queue:turn(deadline)
    end,
    pending = function() return first:pending() + queue:pending() end,
  }
end

-- What is lost with a client that is collected. Only the number is told, and by this library: a finalizer, and all the
-- more lua_close, is no place for the host's code.
local function last_word(context)
  if context.closed then return nil end
  local stats = context.queue:stats()
  local untold = context.config.on_error and stats.unreported or 0
  local text = "a client was collected with %d messages of its queue not sent"
  if untold > 0 then text = text .. ", and %d failures of which on_error was not told yet" end
  if stats.pending + untold > 0 then return format(text, stats.pending, untold) end
end

--- Gives a client its queue; before the client's first request.
-- @tparam table context with config, transport, credential, scheduler; gets queue and drained
function M.open(context)
  local queue = queue_of(context)
  context.queue, context.drained = queue, queue:stats()
  if context.transport.enqueue then return end
  if context.scheduler then add(context.scheduler, queue) end
  if context.transport.pool then add(context.transport, queue) end
  queue.guard = core.guard(function() return last_word(context) end)
end

return M
