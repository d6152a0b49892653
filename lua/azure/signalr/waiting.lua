-- SPDX-License-Identifier: MIT
--- Who waits for what: for a ticket of a pool, for a moment, for another task.
--
-- A waiter (a task, or a coroutine of the host's own) waits for one thing at a time, at a home: the scheduler that
-- will know when it has come. Its owner is who drives it: the client that spawned it, or a call of `all`. Owners that
-- wait at homes of others note them, so that driving the owner drives those too.
--     waiter  owner, home; ticket, place (of its timer), target, queued; reply, failure; ways = { wake, suspend }
--     owner   on (home -> how many waits), away (their sum), joins (waits for tasks of other owners)
--     home    pool, by_ticket, timers, waiting (count), ready (waiters whose turn was put off), transport
local M = {}

local ABANDONED = {} -- stands for the waiter of a ticket that nobody wants any more

local only -- the owner whose waiters alone are resumed now, or nil for all
local woken = 0

--- Makes the fields of an owner.
function M.owner(fields)
  fields.on, fields.away, fields.joins = {}, 0, 0
  return fields
end

--- How many waits have come to their end so far; tells whether something moved.
function M.progress() return woken end

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

--- Whether an owner's waiters are not resumed now. Unless one of those who are waited for waits for one of them.
function M.is_put_off(owner) return only ~= nil and owner ~= only and only.joins == 0 end

-- A call that blocks the main line must not run other people's code in the middle of it: their turn is put off to
-- the next step.
local function wake(home, waiter)
  woken = woken + 1
  if M.is_put_off(waiter.owner) then
    waiter.queued = true
    home.ready[#home.ready + 1] = waiter
  else
    waiter.ways.wake(waiter)
  end
end

--- Whether there are any whose turn was put off and has come now.
function M.has_turns(home) return home.ready[1] ~= nil and not (only and only.joins == 0) end

--- Resumes them.
-- @treturn boolean whether there were any
function M.flush(home)
  if not M.has_turns(home) then return false end
  local ready = home.ready
  home.ready = {}
  for i = 1, #ready do
    local waiter = ready[i]
    if waiter.queued then
      waiter.queued = nil
      waiter.ways.wake(waiter)
    end
  end
  return true
end

--- Runs a function while only the waiters of one owner are resumed.
function M.restricted(owner, fn, ...)
  local before = only
  only = owner
  local fine, result = pcall(fn, ...)
  only = before
  if not fine then error(result, 0) end
  return result
end

--- Has a waiter wait for a ticket of the home's pool.
function M.for_ticket(home, waiter, ticket)
  home.by_ticket[ticket], waiter.ticket = waiter, ticket
  enter(home, waiter)
end

--- A ticket has finished: whoever waited for it gets what came of it.
function M.settle(home, ticket)
  local waiter = home.by_ticket[ticket]
  home.by_ticket[ticket] = nil
  local reply, failure = home.pool:collect(ticket)
  if not waiter or waiter == ABANDONED then return end
  waiter.reply, waiter.failure, waiter.ticket = reply, failure, nil
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
      table.remove(target.joiners, i)
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
  local joiners = target.joiners
  target.joiners = nil
  for i = 1, joiners and #joiners or 0 do
    local waiter = joiners[i]
    M.leave_target(waiter)
    M.leave_moment(waiter)
    wake(target.owner, waiter)
  end
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
  home.by_ticket[ticket], waiter.ticket = ABANDONED, nil
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
    waiter.reply, waiter.failure = nil, nil
  end
  return waited
end

--- A home closes: everybody who still waits there gets a failure.
function M.evict(home, failure)
  local all = {}
  for _, waiter in pairs(home.by_ticket) do all[#all + 1] = waiter end
  for _, waiter in ipairs(home.timers.heap) do all[#all + 1] = waiter end
  for _, waiter in ipairs(all) do
    if waiter ~= ABANDONED and M.detach(waiter) then
      waiter.failure = failure
      wake(home, waiter)
    end
  end
end

return M
