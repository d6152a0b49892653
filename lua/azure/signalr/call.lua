-- SPDX-License-Identifier: MIT
--- The one pipeline, for every way of calling: request -> retry( credential -> transport ) -> response.
-- The transport may block or yield in send and sleep: between here and there is no C function that could not be
-- yielded across.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local observers = require "azure.signalr.observers"
local request = require "azure.signalr.request"
local response = require "azure.signalr.response"
local retry = require "azure.signalr.retry"

local M = {}

local format = globals.string.format

local chance = core.chance

local none = {} -- the headers of an answer that had nothing to say
local closed_meanwhile = { kind = "closed", message = "the client was closed", sent = "maybe" }

-- What an exchange brought: true and the values, or nil and an error.
local function outcome(context, op, req, ...)
  local status, reply, sent = ...
  req.answered, req.sent = status, sent
  if not status then
    if reply.size then return nil, request.too_large(op, req, reply.kind, reply.size) end
    return nil, response.failed(op, reply)
  end
  context.credential:describe(req)
  return response.read(op, reply or { status = status, headers = none, body = "" }, req, context.config)
end

-- One attempt with a draft that was sent before: true and the values, or nil and an error.
local function attempt_again(context, op, req)
  local transport = context.transport
  local hand, held = context.credential:hand(context, op, req.deadline)
  if not hand then return nil, held end
  req.sent_at, req.authorized = transport:time(), held
  local left = req.deadline - transport:now()
  local status, reply, sent = transport:exchange("again", req.place, req.sent, left, hand, req.query, req.max_response)
  return outcome(context, op, req, status, reply, sent)
end

-- One attempt: true and the values, or nil and an error.
local function attempt(context, op, req)
  req.answered = nil
  if req.sent then return attempt_again(context, op, req) end
  local err = context.credential:authorize(context, op, req)
  if err then return nil, err end
  err = request.oversize(op, req)
  if err then return nil, err end
  local reply, failure = context.transport:send(req)
  req.headers = false -- a token is in them
  req.answered = reply and reply.status
  if not reply then return nil, response.failed(op, failure) end
  return response.read(op, reply, req, context.config)
end

local function out_of_time(op, seconds)
  return errors.new {
    kind = "timeout", op = op.id, sent = "no", message = format("no time was left of %s s", core.json_encode(seconds)),
  }
end

-- The service did not take a token that had not expired: a key was rolled over, or a role just given. It is forgotten,
-- and another one, if there is one to be had, is tried once, whatever the policy: nothing was carried out.
local function may_renew(context, req, err)
  local credential = context.credential
  return err.status == 401 and credential.rejected ~= nil and credential:rejected(context, req)
end

-- The hook sees each attempt once it is over, and a copy of its error: it cannot change what the caller gets.
local function report(op, settings, err, facts)
  observers.tell_often("on_attempt", settings.on_attempt, {
    op = op.id, attempt = facts.attempts, seconds = facts.seconds, retry_in = facts.pause,
    status = facts.status, kind = err and err.kind, error = err and errors.copy(err),
  })
end

-- Without trailing nils, which a print would show.
local function values(a, b, c)
  if c ~= nil then return a, b, c end
  if b ~= nil then return a, b end
  return a
end

--- Throws, for a client that is closed; a spawned function that the closing ended learns of that first.
-- @tparam table context
-- @tparam string where the method, as in "hub:send"
function M.refuse(context, where)
  if context.scheduler then context.scheduler:waiter() end
  check.fail("%s: the client is closed", where)
end

-- How long to wait before the next attempt, if there is one to make.
local function next_pause(context, op, req, err, settings)
  if req.place and not req.sent then return nil end -- the pool did not take the draft, which is gone
  local renewable = may_renew(context, req, err)
  if renewable and not req.renewed then
    req.renewed = true
    return 0
  end
  return retry.pause(op, err, settings.retry, chance())
end

-- Waits; nil and an error when that was ended from outside.
local function wait(context, op, seconds)
  local slept, failure = true, nil
  if seconds > 0 then slept, failure = context.transport:sleep(seconds) end
  if slept and context.closed then slept, failure = nil, closed_meanwhile end
  if slept then return true end
  return nil, response.failed(op, failure)
end

-- What an error says of the call.
local function complete(err, req, attempts)
  err.attempts = attempts
  return req.about and errors.about(err, req.about) or err
end

-- From the end of the first attempt on: repeats while there is reason to. `...` is what came of it.
local function go_on(context, op, req, settings, ...)
  local done, a, b, c = ...
  local transport, deadline, started, attempts = context.transport, req.deadline, req.began, 1
  while true do
    local pause
    if not done then
      complete(a, req, attempts)
      pause = next_pause(context, op, req, a, settings)
      if pause and transport:now() + pause >= deadline then pause = nil end
    end
    if settings.on_attempt then
      local seconds = transport:now() - started
      report(op, settings, not done and a or nil, {
        attempts = attempts, seconds = seconds, pause = pause, status = req.answered,
      })
    end
    if done then return values(a, b, c) end
    if not pause then return nil, a end
    local waited, err = wait(context, op, pause)
    if not waited then return nil, complete(err, req, attempts) end
    started, attempts = transport:now(), attempts + 1
    done, a, b, c = attempt(context, op, req)
  end
end

--- Sends a draft, over a transport that takes them, to its end. A plain success makes no request and reads no clock
-- but the first.
-- @tparam table it a handle's fields
-- @tparam table op a row of operations.lua
-- @tparam userdata place
-- @tparam userdata draft
-- @return what the method returns
function M.send(it, op, place, draft)
  local context, settings = it.context, it.settings
  local transport, timeout, excluded = context.transport, settings.timeout, it.excluded
  local began = transport:now()
  local hand, held = context.credential:hand(context, op, began + timeout)
  if not hand then
    draft:take()
    return nil, complete(held, { about = it }, 1)
  end
  local query = excluded and request.excluding(op, excluded)
  local status, reply, sent = transport:exchange("send", place, draft, timeout, hand, query, settings.max_response)
  if status and not reply and not settings.on_attempt then return true, {} end
  local req = request.build(op, it.targets[op], excluded and { excluded = excluded })
  req.about, req.place, req.query, req.sent_at, req.authorized = it, place, query, transport:time(), held
  req.began, req.deadline, req.max_response = began, began + timeout, settings.max_response
  return go_on(context, op, req, settings, outcome(context, op, req, status, reply, sent))
end

--- Runs one operation to its end.
-- @tparam table context what all handles of a client share
-- @tparam table op a row of operations.lua
-- @tparam table req from request.build
-- @tparam table settings timeout (seconds, for all attempts and pauses), retry, max_response, on_attempt; deadline
-- @return what the method returns
function M.run(context, op, req, settings)
  if context.closed then M.refuse(context, op.id) end
  local began = context.transport:now()
  local deadline = settings.deadline or began + settings.timeout
  req.began, req.deadline, req.max_response, req.renewed = began, deadline, settings.max_response, false
  if deadline <= began then return nil, complete(out_of_time(op, settings.timeout), req, 0) end
  return go_on(context, op, req, settings, attempt(context, op, req))
end

return M
