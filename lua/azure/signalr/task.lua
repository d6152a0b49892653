-- SPDX-License-Identifier: MIT
--- A function that runs in a coroutine of the library's own; client:spawn gives it out as a handle.
--
-- What the library yields there is a sentinel that nobody else has: whatever else comes out of the coroutine was
-- yielded by the function itself, and goes to the option spawn_yield.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local nested = require "azure.signalr.nested"
local on_error = require "azure.signalr.on_error"
local waiting = require "azure.signalr.waiting"

local M = {}

local yieldable = core.yieldable
local create, coresume, running = coroutine.create, coroutine.resume, coroutine.running
local costatus, yield = coroutine.status, coroutine.yield
local coclose = rawget(coroutine, "close") -- Lua 5.4: runs what is to be closed
local SENTINEL = nested.SENTINEL

local Task = { __name = "azure.signalr.spawned", __json = false }
local methods = {}
Task.__index = methods

local active -- the task whose code runs now, or nil

local function pack(...) return { n = select("#", ...), ... } end

-- unpack of a table whose length is known
local spread = rawget(_G, "unpack") or table.unpack

function Task.__tostring(self)
  local state = not self.results and "running" or self.results[1] and "done" or "failed"
  return Task.__name .. ": " .. state
end

local function report(self, err, traceback)
  on_error.tell(self.owner.on_error, err, { source = "spawn", handle = self, traceback = traceback })
end

-- Runs what is to be closed. Nobody can yield there, and a call that blocks would hold the host's loop: `closing` has
-- it refused.
local function close(self)
  local before = active
  active, self.closing = self, true
  coclose(self.thread)
  active = before
end

local function finish(self, results)
  local traceback
  if not results[1] and not self.stop and self.owner.on_error then
    traceback = debug.traceback(self.thread, errors.text(results[2]))
  end
  if coclose and not results[1] then close(self) end
  self.thread = nil
  if self.stop then results = { n = 2, false, self.stop } end
  self.results = results
  local tasks = self.owner.tasks
  if tasks then tasks[self] = nil end
  waiting.release(self)
  if not results[1] and not self.stop then report(self, results[2], traceback) end
end

local resume

-- The function yielded something of its own.
local function pass_on(self, ...)
  local spawn_yield = self.owner.spawn_yield
  if not spawn_yield then
    return finish(self, { n = 2, false, "a spawned function yielded by itself, and nobody was there to take it: the "
      .. "option spawn_yield of signalr.new says what happens then" })
  end
  local token = {}
  self.foreign = token
  local function go_on(...)
    if self.foreign ~= token then return false end
    self.foreign = nil
    resume(self, ...)
    return true
  end
  local fine, problem = pcall(spawn_yield, go_on, ...)
  if fine then return end
  if self.foreign ~= token then return report(self, problem) end
  self.foreign = nil
  finish(self, { n = 2, false, problem })
end

local function after(self, before, fine, ...)
  active = before
  if (...) == SENTINEL then
    if self.dropped then finish(self, { n = 2, false, self.stop }) end
  elseif not fine or costatus(self.thread) == "dead" then
    finish(self, pack(fine, ...))
  else
    pass_on(self, ...)
  end
end

function resume(self, ...)
  local before = active
  active = self
  after(self, before, coresume(self.thread, ...))
end

-- Kept with the methods: a field in each task would double the size of most.
local ways = {}
methods.ways = ways

function ways.wake(self) resume(self) end

-- Called in the coroutine itself. The first wait after a cancellation throws, so that the function can put its things
-- in order; one that waits again all the same is given up.
local function stop_here(self)
  if self.unwound then
    self.dropped = true
    yield(SENTINEL, self)
  end
  self.unwound = true
  error(self.stop, 0)
end

function ways.suspend(self)
  yield(SENTINEL, self)
  if self.stop then
    self.reply, self.failure = nil, nil
    stop_here(self)
  end
end

--- Runs a function until it first waits.
-- @tparam table owner see waiting.lua; its tasks (a set), on_error and spawn_yield count too, where they are there
-- @tparam function fn
-- @param ... its arguments
-- @treturn table the task
function M.spawn(owner, fn, ...)
  local self = setmetatable({ owner = owner, thread = create(fn) }, Task)
  if owner.tasks then owner.tasks[self] = true end
  resume(self, ...)
  return self
end

--- The task whose code is running, be it in a coroutine further in, or nil.
function M.active() return active end

--- Whose call this is.
-- @treturn table|nil the task that must wait; nil when the caller runs in none
-- @raise where a task cannot wait
function M.current()
  local self = active
  if not self then return nil end
  local thread = running()
  if thread ~= self.thread and not nested.leads_to(thread, self.thread) then
    check.fail("this coroutine was made inside a spawned one, which would never hear of the answer: make it with "
      .. "client:wrap(fn) instead of coroutine.wrap(fn)")
  end
  if self.closing then
    check.fail("a spawned function that failed or was ended cannot wait in what it has to close: use client:spawn or "
      .. "enqueue there")
  end
  if not yieldable() or nested.is_stuck(thread) then
    check.fail("a spawned function cannot wait for an answer inside a callback of table.sort, string.gsub or another C "
      .. "function: collect the values there, and make the calls after it")
  end
  if self.stop then stop_here(self) end
  return self
end

--- Ends a task where it waits.
-- @tparam table self
-- @tparam table err what it gets
-- @treturn boolean whether it was still running
function M.stop(self, err)
  if self.results or self.stop then return false end
  self.stop = err
  if waiting.detach(self) then
    resume(self)
  elseif self.foreign then
    self.foreign = nil
    finish(self, { n = 2, false, err })
  end
  return true
end

--- What a function's handle gets when it is cancelled.
function M.cancelled()
  return errors.new {
    kind = "cancelled", op = "client:spawn", message = "the spawned function was cancelled", sent = "maybe",
  }
end

--- Waits until a task has ended, in a coroutine.
-- @tparam table self the task waited for
-- @tparam table waiter
-- @tparam number|nil at when to give up
function M.join(self, waiter, at)
  if self.results then return end
  if self == waiter then check.fail("handle:wait: a spawned function cannot wait for its own end") end
  waiting.for_task(self, waiter, at)
  waiter.ways.suspend(waiter)
end

--- Whether the function has come to its end.
-- @treturn boolean
function methods:done()
  check.self(self, Task, "handle:done")
  return self.results ~= nil
end

--- What came of the function.
-- @treturn boolean|nil true, then what it returned; false, then what it threw (an error object of kind "cancelled"
-- or "closed" if it was ended from outside); nil while it runs
function methods:result()
  check.self(self, Task, "handle:result")
  if self.results then return spread(self.results, 1, self.results.n) end
end

--- Ends the function where it waits: the call there throws an error of kind "cancelled", and its request is given up.
-- A function that catches it and makes another call is ended for good at that call.
-- @treturn boolean whether it was still running
function methods:cancel()
  check.self(self, Task, "handle:cancel")
  return M.stop(self, M.cancelled())
end

--- Waits for the end of the function. On the main line it steps the client, and so resumes whoever has an answer; in
-- a spawned function it yields.
-- @tparam number|nil timeout seconds; without it, as long as it takes
-- @return as result(); nil when the time has passed, or when only the host's own loop could go on
function methods:wait(timeout)
  check.self(self, Task, "handle:wait")
  if timeout ~= nil then check.pause(timeout, "handle:wait", "timeout") end
  if not self.results then self.owner:await(self, timeout) end
  return self:result()
end

M.class = Task
return M
