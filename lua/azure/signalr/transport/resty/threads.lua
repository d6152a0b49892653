-- SPDX-License-Identifier: MIT
--- Light threads of nginx: several calls at a time within one request or timer.
local semaphore = require "ngx.semaphore"
local check = require "azure.signalr.check"
local phase = require "azure.signalr.transport.resty.phase"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.spawned", __json = false }

local spawn, kill, reap = ngx.thread.spawn, ngx.thread.kill, ngx.thread.wait

local function pack(...) return { n = select("#", ...), ... } end

local function finish(self, results)
  if self.results then return end
  self.results = results
  if self.waiting > 0 then self.finished:post(self.waiting) end
end

local function run(self, fn, ...)
  finish(self, pack(pcall(fn, ...)))
end

-- What cancel leaves behind, unless the client says it better.
local function failure()
  return { kind = "cancelled", message = "the spawned function was cancelled", sent = "maybe" }
end

--- Runs a function in a light thread; it starts at once, and runs until it first waits.
-- @tparam function fn
-- @param ... its arguments
-- @treturn table handle
function M.spawn(fn, ...)
  phase.check_call()
  local self = setmetatable({ results = nil, waiting = 0, finished = false, cancelled = failure }, metatable)
  self.thread = spawn(run, self, fn, ...)
  return self
end

--- Whether the function has come to its end.
function methods:done(...)
  check.self(self, metatable, "handle:done", 0, ...)
  return self.results ~= nil
end

--- What came of the function.
-- @treturn boolean|nil true, then what it returned; false, then what it threw; nil while it runs
function methods:result(...)
  check.self(self, metatable, "handle:result", 0, ...)
  if self.results then return unpack(self.results, 1, self.results.n) end
end

--- Waits for the end of the function.
-- @tparam number|nil timeout seconds; without it, as long as it takes
-- @treturn boolean|nil as result()
function methods:wait(timeout, ...)
  check.self(self, metatable, "handle:wait", 1, ...)
  if timeout ~= nil then check.pause(timeout, "handle:wait", "timeout") end
  if not self.results then phase.check_call() end
  local deadline = timeout and ngx.now() + timeout
  while not self.results do
    self.finished = self.finished or semaphore.new(0)
    local left = deadline and deadline - ngx.now() or 3600
    if left <= 0 then return nil end
    self.waiting = self.waiting + 1
    self.finished:wait(left)
    self.waiting = self.waiting - 1
    if timeout then ngx.update_time() end
  end
  return self:result()
end

--- Ends the function where it waits. Only who spawned it can.
-- @treturn boolean whether it was still running
function methods:cancel(...)
  check.self(self, metatable, "handle:cancel", 0, ...)
  if self.results then return false end
  local killed, why = kill(self.thread)
  if not killed then error("cancel: " .. tostring(why), 2) end
  finish(self, { false, self.cancelled(), n = 2 })
  return true
end

--- Runs functions, a bounded number at a time, and waits for all.
-- @tparam table list of functions
-- @tparam number limit
-- @treturn table for each of them { n =, true, what it returned } or { n =, false, what it threw }
function M.all(list, limit)
  phase.check_call()
  local results, next_one = {}, 0
  local function work()
    while next_one < #list do
      next_one = next_one + 1
      local i = next_one
      results[i] = pack(pcall(list[i]))
    end
  end
  local workers = {}
  for i = 1, math.min(limit, #list) do workers[i] = spawn(work) end
  for i = 1, #workers do reap(workers[i]) end
  return results
end

return M
