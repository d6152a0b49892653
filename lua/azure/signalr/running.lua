-- SPDX-License-Identifier: MIT
--- Whose code runs here: asked of the coroutine that runs, never of a variable. A host may stop a coroutine between any
-- two instructions and go on with another (by a hook that yields), or switch whole stacks (fibers): what was noted
-- before a resume says nothing about who runs after it.
local globals = require "azure.signalr.globals"

local M = {}

local error, next, pairs, pcall, setmetatable = error, next, pairs, pcall, setmetatable
local running, costatus = globals.coroutine.running, globals.coroutine.status

-- A coroutine that this library resumes -> the one that resumed it.
local above = setmetatable({}, { __mode = "kv" })
-- Of these, those of spawned functions, from the resume until it comes back -> the task.
local tasks = setmetatable({}, { __mode = "kv" })

--- Stands for the main line, which is no coroutine in LuaJIT.
M.MAIN = {}
local MAIN = M.MAIN

--- The coroutine that runs, or MAIN.
local function here()
  local thread, is_main = running()
  if is_main or not thread then return MAIN end
  return thread
end
M.here = here

--- Notes that the running coroutine resumes another one.
-- @tparam thread thread
-- @tparam table|nil task whose coroutine it is
function M.enter(thread, task)
  above[thread], tasks[thread] = here(), task
end

--- Notes that the resume of a task's coroutine has come back.
function M.leave(thread)
  above[thread], tasks[thread] = nil, nil
end

--- The coroutine that resumed another one, as far as this library knows; or MAIN, or nil.
function M.above(thread) return above[thread] end

--- The task whose code runs, be it in a coroutine further in; or nil.
function M.task()
  local thread = here()
  while thread do
    local task = tasks[thread]
    if task then return task end
    thread = above[thread]
  end
end

--- Whether some task's code has called what runs now. Where a host switches stacks, that may be another stack's code.
function M.has_callers()
  if next(tasks) == nil then return false end
  for thread in pairs(tasks) do
    if costatus(thread) == "normal" then return true end
  end
  return false
end

--- Whether the coroutine that runs, or one that has resumed it, belongs to a set.
-- @tparam table set keys: coroutines and MAIN
function M.is_in(set)
  local thread = here()
  while thread do
    if set[thread] then return true end
    thread = above[thread]
  end
  return false
end

--- Runs a function, unless the running coroutine, or one that has resumed it, is in the middle of it already.
-- @tparam table inside coroutines (and MAIN) that are, with weak keys
-- @tparam function fn
-- @param ... its arguments
function M.once(inside, fn, ...)
  if M.is_in(inside) then return end
  local thread = here()
  inside[thread] = true
  local fine, problem = pcall(fn, ...)
  inside[thread] = nil
  if not fine then error(problem, 0) end
end

local stepping = setmetatable({}, { __mode = "k" })

--- Runs a function that is a step; within a step, one of another client.
function M.step(fn, ...)
  if M.is_in(stepping) then return fn(...) end
  return M.once(stepping, fn, ...)
end

--- Whether the coroutine that runs, or one that has resumed it, is in the middle of a step.
function M.is_stepping() return M.is_in(stepping) end

return M
