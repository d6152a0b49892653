-- SPDX-License-Identifier: MIT
-- A collector in a hurry, and finalizers of a user's: what a host's garbage may do in the middle of a call.
local M = {}

--- A value whose finalizer calls a function.
-- @tparam function fn
function M.finalized(fn)
  if not rawget(_G, "newproxy") then return setmetatable({}, { __gc = fn }) end
  local proxy = newproxy(true) -- luacheck: ignore 113
  getmetatable(proxy).__gc = fn
  return proxy
end

--- Calls a function in a finalizer of each collection from now on.
-- @tparam function fn gets the number of the collection; what it throws is thrown by `stop`
-- @treturn function stop: returns how many collections there were
function M.watch(fn)
  local count, stopped, problem = 0, false, nil
  local function again()
    if stopped then return end
    count = count + 1
    M.finalized(again)
    local fine, message = pcall(fn, count)
    if not fine then problem = problem or message end
  end
  M.finalized(again)
  return function()
    stopped = true
    if problem then error(problem, 0) end
    return count
  end
end

--- Has the collector come round as often as it can while a function runs: within each few allocations.
-- @tparam function fn
-- @return what pcall returns for it
function M.hurry(fn, ...)
  local luajit = rawget(_G, "jit")
  if luajit then luajit.off() end -- what is compiled allocates less
  local function restore(...)
    if luajit then
      collectgarbage("setpause", 200)
      collectgarbage("setstepmul", 200)
      luajit.on()
    else
      collectgarbage("incremental", 200, 100, 13)
    end
    return ...
  end
  if luajit then
    collectgarbage("setpause", 0)
    collectgarbage("setstepmul", 100000)
  else
    collectgarbage("incremental", 1, 1000, 20)
  end
  collectgarbage() -- the next one is due when this has ended
  return restore(pcall(fn, ...))
end

return M
