-- SPDX-License-Identifier: MIT
--- Who waits for what: for a ticket of a pool, for a moment, for another task.
--
-- A waiter (a task, or a coroutine of the host's own) waits for one thing at a time, at a home: the scheduler that
-- will know when it has come. Its owner is who drives it: the client that spawned it, or a call of `all`. Owners that
-- wait at homes of others note them, so that driving the owner drives those too.
--     waiter  owner, home; ticket, place (of its timer), target, queued; reply, failure; ways = { wake, suspend }
--     owner   on (home -> how many waits), away (their sum), joins (waits for tasks of others); and see turns.lua
--     home    pool, by_place (the waiter of a ticket), drafts (places whose ticket is a draft's), timers,
--             waiting (count), transport
--
-- All that changes who waits for what is to be called in one piece (core.unbroken): a host may preempt. Waking somebody
-- runs his code, which may switch stacks and let others step meanwhile: so whatever is left to be done stands where
-- others find it, and not in a local.
local globals = require "azure.signalr.globals"
local turns = require "azure.signalr.turns"

local M = {}

local ipairs, pairs = ipairs, pairs
local remove = globals.table.remove
local wake, put_off = turns.wake, turns.put_off

local ABANDONED = {} -- stands for the waiter of a ticket that nobody wants any more

--- Makes the fields of an owner.
function M.owner(fields)
  fields.on, fields.away, fields.joins = {}, 0, 0
  return turns.owner(fields)
end

local function link(owner, home)
  if owner == home then return end
  owner.on[home] = (owner.on[home] or 0) + 1
  owner.away = owner.away + 1
end

local function unlink(owner, home)
  if owner == home then return end
  local left = owner.on[home] - 1
  owner.on[home] = left > 0 and left or nil
  owner.away = owner.away - 1
end

local function enter(home, waiter)
  waiter.home = home
  home.waiting = home.waiting + 1
  link(waiter.owner, home)
end

local function leave(home, waiter)
  home.waiting = home.waiting - 1
  unlink(waiter.owner, home)
end

-- Tickets are new numbers each time, and a table that is filled with such is made anew again and again; their places
-- are few, and no two tickets that were not taken yet have the same.
local function place_of(ticket) return ticket % 1048576 + 1 end

--- Has a waiter wait for a ticket of the home's pool.
function M.for_ticket(home, waiter, ticket)
  home.by_place[place_of(ticket)], waiter.ticket = waiter, ticket
  enter(home, waiter)
end

--- Has a waiter wait for the ticket of a draft.
function M.for_draft(home, waiter, ticket)
  home.drafts[place_of(ticket)] = true
  M.for_ticket(home, waiter, ticket)
end

--- A ticket has finished: whoever waited for it gets what came of it. A finalizer may end that in the middle of
-- `collect`, so that is asked afterwards.
function M.settle(home, ticket)
  local place = place_of(ticket)
  local waiter, is_draft = home.by_place[place], home.drafts[place]
  -- Before the answer is taken: then the place is free, and a finalizer of the program's may fill it.
  home.by_place[place], home.drafts[place] = nil, nil
  local status, reply, failure, sent
  if is_draft then
    status, reply, sent = home.pool:take(ticket)
  else
    reply, failure = home.pool:collect(ticket)
  end
  if not waiter or waiter.ticket ~= ticket then return end -- nobody wants it, or not any more
  waiter.status, waiter.reply, waiter.failure, waiter.sent, waiter.ticket = status, reply, failure, sent, nil
  leave(home, waiter)
  wake(home, waiter)
end

--- Has a waiter wait for a moment.
-- @tparam table home
-- @tparam table waiter
-- @tparam number at in terms of the transport's clock
function M.for_moment(home, waiter, at)
  home.timers:add(waiter, at)
  enter(home, waiter)
end

--- Wakes those whose moment has come. Who begins to wait meanwhile has his turn the next time.
function M.due(home)
  local timers, now = home.timers, home.transport:now()
  local last, first = timers.serial, timers:first()
  while first and first.at <= now and first.serial <= last do
    timers:remove(first)
    leave(home, first)
    M.leave_target(first)
    wake(home, first)
    first = timers:first()
  end
end

--- Has a waiter wait for the end of a task, at most until a moment.
-- @tparam table target the task
-- @tparam table waiter
-- @tparam number|nil at
function M.for_task(target, waiter, at)
  local owner, other = waiter.owner, target.owner
  target.joiners = target.joiners or {}
  target.joiners[#target.joiners + 1] = waiter
  waiter.target = target
  if owner ~= other then
    owner.joins = owner.joins + 1
    link(owner, other)
  end
  if at then M.for_moment(other, waiter, at) end
end

--- Ends the wait for a task.
-- @treturn boolean whether there was one
function M.leave_target(waiter)
  local target = waiter.target
  if not target then return false end
  waiter.target = nil
  for i, joiner in ipairs(target.joiners or {}) do
    if joiner == waiter then
      remove(target.joiners, i)
      break
    end
  end
  if waiter.owner ~= target.owner then
    waiter.owner.joins = waiter.owner.joins - 1
    unlink(waiter.owner, target.owner)
  end
  return true
end

--- A task has ended: wakes those who waited for it.
function M.release(target)
  local joiners, home = target.joiners, target.owner
  if not joiners then return end
  target.joiners = nil
  for i = 1, #joiners do
    local waiter = joiners[i]
    M.leave_target(waiter)
    M.leave_moment(waiter)
    put_off(home, waiter)
  end
  for i = 1, #joiners do turns.take(joiners[i]) end
end

--- Ends the wait for a moment.
-- @treturn boolean whether there was one
function M.leave_moment(waiter)
  if not waiter.place then return false end
  waiter.home.timers:remove(waiter)
  leave(waiter.home, waiter)
  return true
end

local function leave_ticket(waiter)
  local home, ticket = waiter.home, waiter.ticket
  if not ticket then return false end
  home.by_place[place_of(ticket)], waiter.ticket = ABANDONED, nil
  home.pool:cancel(ticket)
  leave(home, waiter)
  return true
end

--- Ends whatever somebody waits for; the request in flight is cancelled.
-- @treturn boolean whether he waited at all
function M.detach(waiter)
  local waited = leave_ticket(waiter)
  waited = M.leave_moment(waiter) or waited
  waited = M.leave_target(waiter) or waited
  if waiter.queued then
    waiter.queued, waited = nil, true
    waiter.status, waiter.reply, waiter.failure, waiter.sent = nil, nil, nil, nil
  end
  return waited
end

-- Whether somebody waits at a home for a ticket or a moment.
local function waits_at(home, waiter)
  return waiter ~= ABANDONED and waiter.home == home and (waiter.ticket ~= nil or waiter.place ~= nil)
end

--- A home closes: everybody who still waits there gets a failure.
function M.evict(home, failure)
  local all = {}
  for _, waiter in pairs(home.by_place) do all[#all + 1] = waiter end
  for _, waiter in ipairs(home.timers.heap) do all[#all + 1] = waiter end
  for _, waiter in ipairs(all) do
    if waits_at(home, waiter) then
      M.detach(waiter)
      waiter.failure = failure
      wake(home, waiter)
    end
  end
end

return M
