-- SPDX-License-Identifier: MIT
--- Whose turn it is among those whose wait is over. A call that blocks the main line must not run other code in the
-- middle of it: while it does, only the waiters of its own owner are resumed, and the turn of others is put off to
-- the next step.
--     waiter  owner, queued (its turn was put off)
--     owner   ready (its waiters whose turn was put off, in order), turns
--     home    turns (set of owners whose waiters were put off here: they are resumed by a step of either)
local running = require "azure.signalr.running"

local M = {}

local error, next, pairs, pcall, setmetatable = error, next, pairs, pcall, setmetatable
local here, above = running.here, running.above

-- Coroutine that blocks (or running.MAIN) -> the owner whose waiters alone are resumed from there.
local blocked = setmetatable({}, { __mode = "k" })
local woken = 0

--- Makes the fields of an owner.
function M.owner(fields)
  fields.ready, fields.turns = { first = 1, last = 0 }, {}
  return fields
end

--- How many waits have come to their end so far; tells whether something moved.
function M.progress() return woken end

-- The owner whose waiters alone are resumed now, or nil for all: that of the nearest coroutine that blocks, among those
-- that have resumed what runs here.
local function only()
  if next(blocked) == nil then return nil end
  local thread = here()
  while thread do
    local owner = blocked[thread]
    if owner then return owner end
    thread = above(thread)
  end
end

--- Whether an owner's waiters are not resumed now. Unless one of those who are waited for waits for one of them.
function M.are_put_off(owner)
  local one = only()
  return one ~= nil and owner ~= one and one.joins == 0
end
local are_put_off = M.are_put_off

--- Puts the turn of a waiter off.
function M.put_off(home, waiter)
  local owner = waiter.owner
  local ready = owner.ready
  ready.last = ready.last + 1
  ready[ready.last], waiter.queued = waiter, true
  home.turns[owner], owner.turns[owner] = true, true
  woken = woken + 1
end

--- A wait is over: resumes the waiter, or puts its turn off.
function M.wake(home, waiter)
  if are_put_off(waiter.owner) then return M.put_off(home, waiter) end
  woken = woken + 1
  waiter.ways.wake(waiter)
end

--- Resumes one whose turn was put off, if it has come and was not taken meanwhile.
function M.take(waiter)
  if not waiter.queued or are_put_off(waiter.owner) then return end
  waiter.queued = nil
  waiter.ways.wake(waiter)
end

-- The first that has not been woken or taken away since; stays in.
local function first_ready(ready)
  local waiter = ready[ready.first]
  while waiter and not waiter.queued do
    ready[ready.first], ready.first = nil, ready.first + 1
    waiter = ready[ready.first]
  end
  return waiter
end

-- Owners that have waiters whose turn was put off at a home and has come now.
local function owners_due(home)
  local due
  for owner in pairs(home.turns) do
    if not first_ready(owner.ready) then
      home.turns[owner] = nil
    elseif not are_put_off(owner) then
      due = due or {}
      due[#due + 1] = owner
    end
  end
  return due
end

--- Whether there are any whose turn was put off and has come now.
function M.are_due(home) return next(home.turns) ~= nil and owners_due(home) ~= nil end

local function flush_owner(owner)
  local ready, last = owner.ready, owner.ready.last
  local waiter = first_ready(ready)
  while waiter and ready.first <= last do
    waiter.queued = nil
    woken = woken + 1
    waiter.ways.wake(waiter)
    waiter = first_ready(ready)
  end
end

--- Resumes them; not those whose turn is put off meanwhile.
-- @treturn boolean whether there were any
function M.flush(home)
  local due = next(home.turns) ~= nil and owners_due(home)
  if not due then return false end
  for i = 1, #due do flush_owner(due[i]) end
  return true
end

--- Runs a function while only the waiters of one owner are resumed from the running coroutine.
function M.restricted(owner, fn, ...)
  local thread = here()
  local before = blocked[thread]
  blocked[thread] = owner
  local fine, result = pcall(fn, ...)
  blocked[thread] = before
  if not fine then error(result, 0) end
  return result
end

return M
