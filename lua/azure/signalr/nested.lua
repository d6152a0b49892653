-- SPDX-License-Identifier: MIT
--- Coroutines inside a coroutine that the library resumes: they hand on what the library yields.
local core = require "azure.signalr.core"

local M = {}

local yieldable = core.yieldable
local create, coresume, running = coroutine.create, coroutine.resume, coroutine.running
local costatus, yield = coroutine.status, coroutine.yield
local coclose = rawget(coroutine, "close")

--- What the library yields, followed by who waits. Nobody outside has it.
M.SENTINEL = setmetatable({}, { __name = "azure.signalr.wait" })
local SENTINEL = M.SENTINEL

-- Coroutine -> the one that resumed it, for those made here.
local parents = setmetatable({}, { __mode = "kv" })
local MAIN = {} -- stands there for the main line
-- Those that were resumed where nobody can yield: in a callback of a C function.
local stuck = setmetatable({}, { __mode = "k" })

--- Whether everything that a coroutine yields reaches another one.
-- @tparam thread|nil thread
-- @tparam thread root
-- @treturn boolean
function M.leads_to(thread, root)
  while thread do
    thread = parents[thread]
    if thread == root then return true end
  end
  return false
end

--- Whether a coroutine was made here.
function M.is(thread) return parents[thread] ~= nil end

--- Whether what a coroutine yields cannot get out, because of a C function on the way.
function M.is_stuck(thread)
  while thread do
    if stuck[thread] then return true end
    thread = parents[thread]
  end
  return false
end

--- The host's own coroutine that everything yielded here reaches.
-- @treturn thread|nil nil on the main line
function M.root()
  local thread, main = running()
  if main then return nil end
  while parents[thread] do thread = parents[thread] end
  return thread ~= MAIN and thread or nil
end

-- Waits on behalf of a coroutine further in. The outermost one that was made here, if the host resumes what is
-- around it, waits in the host's way.
local function hand_on(waiter)
  local hold = waiter.ways.hold
  if hold and not M.is(running()) then return hold(waiter) end
  yield(SENTINEL, waiter)
end

-- Those whose call is under way: nobody else may resume them, which would pass for the answer.
local busy = setmetatable({}, { __mode = "k" })

local function take(inner, fine, first, ...)
  if first ~= SENTINEL then busy[inner] = nil end
  if not fine then
    if coclose then coclose(inner) end
    error(first, 0)
  end
  if first ~= SENTINEL then return first, ... end
  hand_on((...))
  return take(inner, coresume(inner))
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
    local thread, main = running()
    parents[inner] = not main and thread or MAIN
    stuck[inner] = not yieldable() or nil
    return take(inner, coresume(inner, ...))
  end
end

return M
