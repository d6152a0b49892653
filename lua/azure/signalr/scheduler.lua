-- SPDX-License-Identifier: MIT
--- What makes calls yield instead of blocking: one for each transport that has a pool (transport/curl.lua). It knows
-- who waits for which ticket and for which moment, and resumes them in step. Only what has finished is touched:
-- the cost of a step does not grow with what is in flight.
local core = require "azure.signalr.core"
local adopt = require "azure.signalr.adopt"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"
local running = require "azure.signalr.running"
local task = require "azure.signalr.task"
local timers = require "azure.signalr.timers"
local turns = require "azure.signalr.turns"
local waiting = require "azure.signalr.waiting"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.scheduler" }

local ipairs, pairs, setmetatable = ipairs, pairs, setmetatable
local max, min = globals.math.max, globals.math.min
local unbroken = core.unbroken
local LONG = 3600 -- seconds

--- Makes a scheduler and puts it before the transport.
-- @tparam table transport send and sleep of one with a pool will ask the scheduler who waits
-- @tparam table config on_error, spawn_yield
-- @treturn table scheduler
function M.new(transport, config)
  local self = waiting.owner {
    transport = transport, pool = transport.pool, by_place = {}, drafts = {}, timers = timers.new(), waiting = 0,
    tasks = {}, on_error = config.on_error, spawn_yield = config.spawn_yield,
  }
  setmetatable(self, metatable)
  if self.pool then transport.scheduler = self end
  return self
end

--- Who must wait for the call at hand.
-- @treturn table|nil waiter; nil: the call blocks
-- @raise where a spawned function, or a coroutine whose host was named, cannot wait
function methods:waiter()
  local current = task.current()
  if current then return current end
  local host = self.host
  return host and adopt.waiter(self, host)
end

--- Who is driven while the call at hand waits.
-- @treturn table|nil owner; nil: the call blocks
function methods:caller()
  local waiter = self:waiter()
  return waiter and waiter.owner
end

--- Whether somebody else cannot go on while the call at hand waits.
-- @tparam table|nil owner whose waiters he is one of; nil: he blocks
function methods:holds_up(owner) return not self:waiter() or turns.are_put_off(owner) end

-- The ticket must have its waiter before anybody could ask for what has finished.
local start = unbroken(function(self, waiter, req)
  local ticket, failure = self.transport:start(req)
  if ticket then waiting.for_ticket(self, waiter, ticket) end
  return ticket, failure
end)

--- Sends a request, and has a waiter wait for its answer.
-- @treturn table|nil reply
-- @treturn table failure
function methods:send(waiter, req)
  local ticket, failure = start(self, waiter, req)
  if not ticket then return nil, failure end
  waiter.ways.suspend(waiter)
  local reply
  reply, failure = waiter.reply, waiter.failure
  waiter.reply, waiter.failure = nil, nil
  return reply, failure
end

local start_draft = unbroken(function(self, waiter, ...)
  local ticket, failure = self.transport:start_draft(...)
  if ticket then waiting.for_draft(self, waiter, ticket) end
  return ticket, failure
end)

--- Sends a draft, and has a waiter wait for its answer: see transport:exchange.
function methods:exchange(waiter, ...)
  local ticket, failure = start_draft(self, waiter, ...)
  if not ticket then return nil, failure end
  waiter.ways.suspend(waiter)
  local status, reply, sent = waiter.status, waiter.failure or waiter.reply, waiter.sent
  waiter.status, waiter.reply, waiter.sent, waiter.failure = nil, nil, nil, nil
  return status, reply, sent
end

local for_moment = unbroken(waiting.for_moment)

--- Has a waiter wait for some seconds; 0 lets others go first.
-- @treturn true|nil
-- @treturn table failure, if the client is closed meanwhile
function methods:pause(waiter, seconds)
  if self.closed then return nil, self.closed end
  for_moment(self, waiter, self.transport:now() + seconds)
  waiter.ways.suspend(waiter)
  local failure = waiter.failure
  waiter.failure = nil
  if failure then return nil, failure end
  return true
end

--- See client:spawn.
function methods:spawn(fn, ...) return task.spawn(self, fn, ...) end

--- See task.work.
function methods:work(ended, fn, ...) return task.work(self, ended, fn, ...) end

local adopted = setmetatable({}, { __mode = "v" })

--- See client:adopt.
function methods:adopt(host)
  self.host = host
  adopted.last = host and self
end

--- The scheduler whose host was named last, for what belongs to no client; nil when there is none.
function M.adopted() return adopted.last end

local function collect(self, pool)
  local ticket = pool:poll_finished()
  local any = ticket ~= nil
  while ticket do
    waiting.settle(self, ticket)
    ticket = pool:poll_finished()
  end
  return any
end

-- Whether a wait is over before it begins: a blocking call may have left something behind; or nothing is in flight.
local function need_not_wait(self, pool, timeout)
  if collect(self, pool) then return true end
  if self.timers.count == 0 or pool:moving() then return false end
  self.transport:block(timeout)
  return true
end

-- One round: what has finished is resumed. Waits, where there is something to wait for.
local function turn(self, timeout)
  local pool = self.pool
  if pool then
    if timeout > 0 and need_not_wait(self, pool, timeout) then timeout = 0 end
    pool:step(timeout)
    collect(self, pool)
  end
  if self.timers.count > 0 then waiting.due(self) end
  if self.queue then self.queue:turn() end
end

-- Not longer than until the next moment that somebody waits for.
local function until_next(self, timeout)
  local first = self.timers:first()
  if not first then return timeout end
  return max(0, min(timeout, first.at - self.transport:now()))
end

-- Where an owner's waiters wait, and where those wait whom they wait for.
local homes_of = unbroken(function(owner)
  local homes, seen = {}, { [owner] = true }
  local function add(one)
    if one.by_place then homes[#homes + 1] = one end
    for home in pairs(one.on) do
      if not seen[home] then
        seen[home] = true
        add(home)
      end
    end
  end
  add(owner)
  return homes
end)

local round_of_all = unbroken(function(owner, homes)
  turns.flush(owner)
  for i = 1, #homes do
    turns.flush(homes[i])
    turn(homes[i], 0)
  end
end)

local function wait_for_all(homes, timeout)
  local descriptors, poll = {}, nil
  for _, home in ipairs(homes) do
    timeout = min(timeout, home:timeout() or timeout)
    poll = poll or home.pool and home.transport.poll
    local fd = home.pool and home.pool:fd()
    if fd then descriptors[#descriptors + 1] = fd end
  end
  if timeout <= 0 then return true end
  if not poll then return timeout end
  poll(descriptors, timeout)
  return true
end

-- Waits for the first thing to happen at several homes. Whether it has happened is asked, and then it is waited,
-- in one piece, for hosts that preempt.
-- @treturn boolean|number false when there is nothing that could happen; or seconds to be slept: a home without a pool
-- (on a transport of the user's own) has nothing to poll
local wait_unless = unbroken(function(homes, timeout, before, over)
  if timeout <= 0 or turns.progress() ~= before or over and over() then return true end
  for _, home in ipairs(homes) do
    if home.waiting > 0 then return wait_for_all(homes, timeout) end
  end
  return false
end)

--- Drives an owner whose waiters wait at several homes.
-- @tparam table owner
-- @tparam number timeout seconds to wait for the first thing to happen
-- @tparam function|nil over says whether that has happened already
-- @treturn boolean false when there is nothing that could happen
function M.drive(owner, timeout, over)
  local before, homes = turns.progress(), homes_of(owner)
  round_of_all(owner, homes)
  local left = wait_unless(homes, timeout, before, over)
  if not left then return false end
  if left ~= true then homes[1].transport:sleep(left) end
  round_of_all(owner, homes)
  return true
end

local step = unbroken(function(self, timeout, over)
  if turns.flush(self) or over and over() then timeout = 0 end
  turn(self, timeout > 0 and until_next(self, timeout) or 0)
end)

local function step_all(self, timeout, over)
  if self.away > 0 or not self.pool then return M.drive(self, timeout, over) end
  step(self, timeout, over)
end

--- See client:step.
-- @tparam number timeout
-- @tparam function|nil over says whether what the caller waits for has come already
function methods:step(timeout, over)
  if task.active() then check.fail("client:step: a spawned function is resumed by a step, it cannot make one") end
  running.step(step_all, self, timeout, over)
  return self.waiting + self.away
end

--- Whether a step could bring anything; else only the host's own loop could, where somebody yielded to it.
function methods:moves()
  local pool = self.pool
  return self.waiting + self.away > 0 or turns.are_due(self) or pool ~= nil and pool:moving()
end

--- Waits until a task has ended: handle:wait.
function methods:await(handle, timeout)
  local waiter = self:waiter()
  local at = timeout and self.transport:now() + timeout
  if waiter then return task.join(handle, waiter, at) end
  local function over() return handle:done() end
  repeat
    local left = at and at - self.transport:now() or LONG
    local count = self:step(max(left, 0), over)
  until handle:done() or count == 0 or left <= 0
end

--- The descriptor that is readable when a step has something to do, or nil.
function methods:pollfd() return self.pool and self.pool:fd() end

--- What to poll the descriptor for.
function methods:events() return self.pool and self.pool:events() end

--- Seconds after which to step whatever the descriptor says; nil: no need.
function methods:timeout()
  if turns.are_due(self) then return 0 end
  local timeout = self.pool and self.pool:timeout()
  local first = self.timers:first()
  if not first then return timeout end
  local left = max(0, first.at - self.transport:now())
  return timeout and min(timeout, left) or left
end

--- Ends all spawned functions.
-- @tparam table err what their handles get
function methods:stop_all(err)
  local all = {}
  for spawned in pairs(self.tasks) do all[#all + 1] = spawned end
  for _, spawned in ipairs(all) do task.stop(spawned, err) end
end

local evict = unbroken(waiting.evict)

--- Closes: everybody else who waits here gets a failure, and nobody waits here any more.
-- @tparam table failure
function methods:close(failure)
  self.closed, self.queue = failure, nil
  if adopted.last == self then adopted.last = nil end
  evict(self, failure)
end

return M
