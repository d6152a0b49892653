-- SPDX-License-Identifier: MIT
--- Coroutines inside a coroutine that the library resumes: they hand on what the library yields.
local core = require "azure.signalr.core"
local globals = require "azure.signalr.globals"
local running = require "azure.signalr.running"

local M = {}

local error, setmetatable = error, setmetatable
local yieldable, preempted = core.yieldable, core.preempted
local create, coresume = globals.coroutine.create, globals.coroutine.resume
local costatus, yield = globals.coroutine.status, globals.coroutine.yield
local coclose = globals.coroutine.close -- Lua 5.4
local here, above, MAIN = running.here, running.above, running.MAIN

--- What the library yields, followed by who waits. Nobody outside has it.
M.SENTINEL = setmetatable({}, { __name = "azure.signalr.wait" })
local SENTINEL = M.SENTINEL

-- Those that were resumed where nobody can yield: in a callback of a C function.
local stuck = setmetatable({}, { __mode = "k" })

--- Whether what a coroutine yields cannot get out, because of a C function on the way.
function M.is_stuck(thread)
  while thread do
    if stuck[thread] then return true end
    thread = above(thread)
  end
  return false
end

--- The host's own coroutine that everything yielded here reaches.
-- @treturn thread|nil nil on the main line
function M.root()
  local thread = here()
  local outer = above(thread)
  while outer do
    thread = outer
    outer = above(thread)
  end
  return thread ~= MAIN and thread or nil
end

-- Waits on behalf of a coroutine further in. The outermost one that was made here, if the host resumes what is
-- around it, waits in the host's way.
local function hand_on(waiter)
  local hold = waiter.ways.hold
  if hold and not above(here()) then return hold(waiter) end
  yield(SENTINEL, waiter)
end

-- Those whose call is under way: nobody else may resume them, which would pass for the answer.
local busy = setmetatable({}, { __mode = "k" })

-- Runs what is to be closed in one that failed, where nobody can yield; gives the error that is left.
local function close(inner, problem)
  if not coclose then return problem end
  stuck[inner] = true
  local closed, another = coclose(inner)
  return closed and problem or another
end

local function take(inner, fine, first, ...)
  if first == SENTINEL then
    hand_on((...))
    return take(inner, coresume(inner))
  end
  -- A hook of the host's stopped it; that is nothing to hand on.
  if first == nil and preempted(inner) then return take(inner, core.go_on(inner)) end
  busy[inner] = nil
  if not fine then error(close(inner, first), 0) end
  return first, ...
end

--- As coroutine.wrap, for a function that makes calls.
-- @tparam function fn
-- @treturn function
function M.wrap(fn)
  local inner = create(fn)
  return function(...)
    if costatus(inner) == "dead" then error("cannot resume dead coroutine", 2) end
    if busy[inner] then error("cannot resume a coroutine of client:wrap that runs, or waits for an answer", 2) end
    busy[inner] = true
    running.enter(inner)
    stuck[inner] = not yieldable() or nil
    return take(inner, coresume(inner, ...))
  end
end

return M
