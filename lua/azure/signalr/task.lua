-- SPDX-License-Identifier: MIT
--- A function that runs in a coroutine of the library's own; client:spawn gives it out as a handle.
--
-- What the library yields there is a sentinel that nobody else has: whatever else comes out of the coroutine was
-- yielded by the function itself, and goes to the option spawn_yield. What changes a task runs in one piece
-- (core.unbroken), with the function's own code in it, for hosts that preempt.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local nested = require "azure.signalr.nested"
local on_error = require "azure.signalr.on_error"
local running = require "azure.signalr.running"
local waiting = require "azure.signalr.waiting"

local M = {}

local error, select, setmetatable = error, select, setmetatable
local fenced, preempted, unbroken, yieldable = core.fenced, core.preempted, core.unbroken, core.yieldable
local create, coresume = globals.coroutine.create, globals.coroutine.resume
local costatus, yield = globals.coroutine.status, globals.coroutine.yield
local coclose = globals.coroutine.close -- Lua 5.4: runs what is to be closed
local rawequal, traceback, unpack = globals.rawequal, globals.traceback, globals.unpack
local enter, leave = running.enter, running.leave
local SENTINEL = nested.SENTINEL

local Task = { __name = "azure.signalr.spawned", __json = false }
local methods = {}
Task.__index = methods

local function pack(...) return { n = select("#", ...), ... } end

function Task.__tostring(self)
  local state = not self.results and "running" or self.results[1] and "done" or "failed"
  return Task.__name .. ": " .. state
end

local function report(self, err, trace)
  if self.quiet then return end
  on_error.tell(self.owner.on_error, err, { source = "spawn", handle = self, traceback = trace })
end

-- Runs what is to be closed. Nobody can yield there, and a call that blocks would hold the host's loop: `closing` has
-- it refused.
local function close(self, problem)
  self.closing = true
  enter(self.thread, self)
  local closed, another = coclose(self.thread)
  leave(self.thread)
  if not closed and not rawequal(another, problem) then report(self, another) end
end

-- One that was ended from outside has that for its result, whatever it made of it; one that came to its end before it
-- heard of that has its own.
local function finish(self, results)
  local failed, trace = not results[1], nil
  local told = failed and not self.unwound
  if told and traceback then trace = traceback(self.thread, errors.text(results[2])) end
  if failed and coclose then close(self, results[2]) end
  self.thread = nil
  if self.unwound then results = { n = 2, false, self.stop } end
  self.results = results
  local tasks, ended = self.owner.tasks, self.ended
  if tasks then tasks[self] = nil end
  if ended then ended(self) end
  waiting.release(self)
  if told then report(self, results[2], trace) end
end

local resume

-- Resumes one that yielded something of its own, unless that has happened already.
local go_on = unbroken(function(self, token, ...)
  if self.foreign ~= token then return false end
  self.foreign = nil
  resume(self, ...)
  return true
end)

-- The function yielded something of its own.
local function pass_on(self, ...)
  local spawn_yield = self.owner.spawn_yield
  if not spawn_yield then
    return finish(self, { n = 2, false, "a spawned function yielded by itself, and nobody was there to take it: the "
      .. "option spawn_yield of signalr.new says what happens then" })
  end
  local token = {}
  self.foreign = token
  local fine, problem = fenced(spawn_yield, function(...) return go_on(self, token, ...) end, ...)
  if fine then return end
  if self.foreign ~= token then return report(self, problem) end
  self.foreign = nil
  finish(self, { n = 2, false, problem })
end

local function after(self, fine, ...)
  local thread = self.thread
  leave(thread)
  if (...) == SENTINEL then
    if self.dropped then finish(self, { n = 2, false, self.stop }) end
  elseif not fine or costatus(thread) == "dead" then
    finish(self, pack(fine, ...))
  elseif preempted(thread) then -- by a hook of the host's, which comes again where the host's own code runs
    enter(thread, self)
    return after(self, core.go_on(thread))
  else
    pass_on(self, ...)
  end
end

function resume(self, ...)
  enter(self.thread, self)
  return after(self, coresume(self.thread, ...))
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
    self.status, self.reply, self.failure, self.sent = nil, nil, nil, nil
    stop_here(self)
  end
end

local function start(self, fn, ...)
  self.thread = create(fn)
  local tasks = self.owner.tasks
  if tasks then tasks[self] = true end
  resume(self, ...)
  return self
end

local start_unbroken = unbroken(start)

-- In one piece; within a task everything is already, and Lua 5.4 nests only so many calls of C.
local function spawn(self, ...)
  return (running.task() and start or start_unbroken)(setmetatable(self, Task), ...)
end

--- Runs a function until it first waits.
-- @tparam table owner see waiting.lua; its tasks (a set), on_error and spawn_yield count too, where they are there
-- @tparam function fn
-- @param ... its arguments
-- @treturn table the task
function M.spawn(owner, fn, ...) return spawn({ owner = owner }, fn, ...) end

--- The same for a function of this library's own, whose maker looks at what came of it: on_error is not told.
-- @tparam table owner
-- @tparam function|nil ended called with the task once it has come to its end
-- @tparam function fn
-- @param ... its arguments
-- @treturn table the task
function M.work(owner, ended, fn, ...) return spawn({ owner = owner, quiet = true, ended = ended }, fn, ...) end

--- The task whose code is running, be it in a coroutine further in, or nil.
M.active = running.task

-- A coroutine that Lua cannot yield was not made inside a spawned function, but by a host that switches stacks.
local function refuse_strangers(thread)
  if thread == running.MAIN or not yieldable() or not running.has_callers() then return end
  check.fail("this coroutine was made inside a spawned one, which would never hear of the answer: make it with "
    .. "client:wrap(fn) instead of coroutine.wrap(fn)")
end

--- Whose call this is.
-- @treturn table|nil the task that must wait; nil when the caller runs in none
-- @raise where a task cannot wait
function M.current()
  local self, thread = running.task(), running.here()
  if not self then return refuse_strangers(thread) end
  if self.closing then
    check.fail("a spawned function that failed or was ended cannot wait in what it has to close: use client:spawn or "
      .. "enqueue there")
  end
  if not yieldable() or nested.is_stuck(thread) then
    check.fail("a spawned function cannot wait for an answer inside a callback of table.sort, string.gsub or another C "
      .. "function, nor in a hook or what is to be closed: make the calls after it, or with client:spawn or enqueue")
  end
  if self.stop then stop_here(self) end
  return self
end

--- Ends a task where it waits.
-- @tparam table self
-- @tparam table err what it gets
-- @treturn boolean whether it was still running
M.stop = unbroken(function(self, err)
  if self.results or self.stop then return false end
  self.stop = err
  if waiting.detach(self) then
    resume(self)
  elseif self.foreign then
    self.foreign, self.unwound = nil, true
    finish(self, { n = 2, false, err })
  end
  return true
end)

--- What a function's handle gets when it is cancelled.
function M.cancelled()
  return errors.new {
    kind = "cancelled", op = "client:spawn", message = "the spawned function was cancelled", sent = "maybe",
  }
end

local join = unbroken(function(self, waiter, at)
  if self.results then return false end
  waiting.for_task(self, waiter, at)
  return true
end)

--- Waits until a task has ended, in a coroutine.
-- @tparam table self the task waited for
-- @tparam table waiter
-- @tparam number|nil at when to give up
function M.join(self, waiter, at)
  if self == waiter then check.fail("handle:wait: a spawned function cannot wait for its own end") end
  if join(self, waiter, at) then waiter.ways.suspend(waiter) end
end

--- Whether the function has come to its end.
-- @treturn boolean
function methods:done(...)
  check.self(self, Task, "handle:done", 0, ...)
  return self.results ~= nil
end

--- What came of the function.
-- @treturn boolean|nil true, then what it returned; false, then what it threw (an error object of kind "cancelled"
-- or "closed" if it was ended from outside); nil while it runs
function methods:result(...)
  check.self(self, Task, "handle:result", 0, ...)
  if self.results then return unpack(self.results, 1, self.results.n) end
end

--- Ends the function where it waits: the call there throws an error of kind "cancelled", and its request is given up.
-- A function that catches it and makes another call is ended for good at that call; one that comes to its end without
-- another call has its own result.
-- @treturn boolean whether it was still running
function methods:cancel(...)
  check.self(self, Task, "handle:cancel", 0, ...)
  return M.stop(self, M.cancelled())
end

--- Waits for the end of the function. On the main line it steps the client, and so resumes whoever has an answer; in
-- a spawned function it yields.
-- @tparam number|nil timeout seconds; without it, as long as it takes
-- @return as result(); nil when the time has passed, or when only the host's own loop could go on
function methods:wait(timeout, ...)
  check.self(self, Task, "handle:wait", 1, ...)
  if timeout ~= nil then check.pause(timeout, "handle:wait", "timeout") end
  if not self.results then self.owner:await(self, timeout) end
  return self:result()
end

M.class = Task
return M
