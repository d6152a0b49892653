-- SPDX-License-Identifier: MIT
--- Coroutines of the host's own that wait in the host's way, as client:adopt named it.
local check = require "azure.signalr.check"
local nested = require "azure.signalr.nested"
local on_error = require "azure.signalr.on_error"
local waiting = require "azure.signalr.waiting"

local M = {}

local running, yield = coroutine.running, coroutine.yield
local SENTINEL = nested.SENTINEL

local known = { yield = check.type("function"), resume = check.type("function") }

--- Reads what client:adopt was given.
-- @treturn table|nil host: yield, resume
function M.read(given, where)
  if given == nil then return nil end
  check.options(given, known, where)
  if not given.yield or not given.resume then check.fail("%s: yield and resume must both be given", where) end
  return { yield = given.yield, resume = given.resume }
end

local ways = {}

-- What the host's resume throws must not end the step that called it.
function ways.wake(self)
  self.over = true
  local fine, problem = pcall(self.host.resume, self.thread)
  if fine then return end
  on_error.tell(self.owner.on_error, problem, { source = "adopt" })
end

-- The host may resume for reasons of its own: then the coroutine waits on.
function ways.hold(self)
  while not self.over do
    local fine, problem = pcall(self.host.yield, self.thread)
    if not fine then
      waiting.detach(self)
      error(problem, 0)
    end
  end
end

function ways.suspend(self)
  if nested.is(running()) then yield(SENTINEL, self) else ways.hold(self) end
end

--- A waiter for the coroutine that runs now.
-- @tparam table owner the scheduler
-- @tparam table host from read
-- @tparam thread thread the host's coroutine
function M.waiter(owner, host, thread)
  return { owner = owner, host = host, thread = thread, ways = ways }
end

return M
