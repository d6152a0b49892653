-- SPDX-License-Identifier: MIT
--- The queue of a client that signs with a key and sends by a pool of connections: it is in C beside the pool
-- (csrc/net/outbox.h), and whoever drives the pool moves it, signs, sends, and sends again by the rule of retry.lua.
local core = require "azure.signalr.core"
local curl = require "azure.signalr.curl"
local errors = require "azure.signalr.errors"
local on_error = require "azure.signalr.on_error"
local operations = require "azure.signalr.operations"
local report = require "azure.signalr.outbox_report"
local response = require "azure.signalr.response"
local running = require "azure.signalr.running"

local M = {}

local setmetatable = setmetatable
local unbroken, once = core.unbroken, running.once

local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.outbox" }

--- Makes the queue.
-- @tparam table context
-- @tparam table signing signer, lifetime, agent, from the credential
-- @treturn table|nil nil where the pool has been used already, or moves the queue of another client
function M.new(context, signing)
  local config, transport = context.config, context.transport
  local outbox = curl.outbox(signing.signer, {
    agent = signing.agent, lifetime = signing.lifetime,
    limit = config.queue_limit, bytes = config.queue_bytes, abreast = config.max_connections,
    ordered = config.ordered, drop_oldest = config.queue_policy == "drop_oldest",
    report = config.on_error ~= nil,
  })
  if not transport.pool:attach(outbox) then return nil end
  return setmetatable({
    context = context, pool = transport.pool, outbox = outbox, lifetime = signing.lifetime, corrected = 0,
    turning = setmetatable({}, { __mode = "k" }), -- the coroutines in which on_error is told now
  }, metatable)
end

local content_lines = setmetatable({}, { __index = function(self, content_type)
  local line = "Content-Type: " .. content_type
  self[content_type] = line
  return line
end })

local no_retry = { max = 0, base = 0, cap = 0 }

--- Puts a message in.
-- @tparam table op a row of operations.lua
-- @tparam table req from request.build
-- @tparam table settings timeout, retry, max_response
-- @treturn true|nil
-- @treturn string kind
-- @treturn string message
function methods:put(op, req, settings)
  local retry = settings.retry or no_retry
  return self.pool:enqueue(req.url, req.target.audience, content_lines[req.content_type], req.body, op.id,
    settings.timeout, settings.max_response, retry.max, retry.base, retry.cap)
end

-- The error as the same call would have returned it. None, when response.lua reads an answer as success that C did
-- not: then it was delivered.
local function error_of(self, op, found)
  local err, _
  if found.reply then
    _, err = response.read(op, found.reply, {
      url = found.url, body = found.body, target = { audience = found.audience },
      sent_at = found.signed_at, expires = found.signed_at + self.lifetime, authorized = true,
    }, self.context.config)
    if _ then return nil end
  else
    err = response.failed(op, found.failure)
  end
  err.attempts = found.attempts
  return err
end

local function tell(self, found)
  local op = operations[found.label]
  local err = error_of(self, op, found)
  if not err then
    self.corrected = self.corrected + 1
    return
  end
  local what = report.what(op, found.url, found.body, found.reason)
  on_error.tell(self.context.config.on_error, errors.about(err, what), what)
end

-- on_error may close the client, as may a finalizer at any moment: a closed outbox has nothing to report.
local tell_all = unbroken(function(self)
  local outbox = self.outbox
  local found = outbox:report()
  while found do
    tell(self, found)
    found = outbox:report()
  end
  report.tell_untold(self.context.config.on_error, outbox:untold())
end)

--- Tells on_error of the messages that failed for good since the last time. A call that on_error makes does not tell
-- of the next one from within; others, where on_error switches stacks, do.
function methods:turn()
  if self.outbox:has_reports() then once(self.turning, tell_all, self) end
end

--- How many messages are queued or in flight.
function methods:pending() return self.outbox:pending() end

--- Counters; see client:queue_stats.
function methods:stats()
  local found = self.outbox:stats()
  return {
    accepted = found.accepted, delivered = found.delivered + self.corrected, failed = found.failed - self.corrected,
    dropped = found.dropped, lost = found.lost, refused = found.refused, pending = found.queued + found.in_flight,
    in_flight = found.in_flight, bytes = found.bytes, unreported = found.reports,
  }
end

--- Ends it, and tells of what is lost. The pool is closed first, so that nothing is in flight any more.
function methods:close()
  self.pool:close()
  tell_all(self)
  self.outbox:close()
end

return M
