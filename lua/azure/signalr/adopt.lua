-- SPDX-License-Identifier: MIT
--- Coroutines of the host's own that wait in the host's way, as client:adopt named it.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"
local nested = require "azure.signalr.nested"
local on_error = require "azure.signalr.on_error"
local running = require "azure.signalr.running"
local waiting = require "azure.signalr.waiting"

local M = {}

local error, pcall = error, pcall
local fenced, yieldable = core.fenced, core.yieldable
local yield = globals.coroutine.yield
local SENTINEL = nested.SENTINEL

local known = {
  yield = check.type("function"), resume = check.type("function"), stackful = check.type("boolean"),
}

--- Reads what client:adopt was given.
-- @treturn table|nil host: yield, resume, stackful
function M.read(given, where)
  if given == nil then return nil end
  check.options(given, known, where)
  if not given.yield or not given.resume then check.fail("%s: yield and resume must both be given", where) end
  return { yield = given.yield, resume = given.resume, stackful = given.stackful }
end

local ways = {}

-- What the host's resume throws must not end the step that called it.
function ways.wake(self)
  self.over = true
  local fine, problem = fenced(self.host.resume, self.thread)
  if fine then return end
  on_error.tell(self.owner.on_error, problem, { source = "adopt" })
end

local detach = core.unbroken(waiting.detach)

-- The host may resume for reasons of its own: then the coroutine waits on.
function ways.hold(self)
  while not self.over do
    local fine, problem = pcall(self.host.yield, self.thread)
    if not fine then
      detach(self)
      error(problem, 0)
    end
  end
end

function ways.suspend(self)
  if self.host.stackful or not running.above(running.here()) then return ways.hold(self) end
  yield(SENTINEL, self)
end

-- In a coroutine of a host that switches stacks every place can wait, but in the middle of a step: others would have to
-- make the next one.
local function refuse(host, thread)
  if host.stackful and not running.is_stepping() then return end
  if host.stackful then
    check.fail("client:adopt: this coroutine is in the middle of a step, and would wait for itself: make the calls of "
      .. "hooks with client:spawn or enqueue")
  end
  if yieldable() and not nested.is_stuck(thread) then return end
  check.fail("client:adopt: Lua cannot yield here, so that this call would hold up the host: it is made inside a "
    .. "callback of table.sort, string.gsub or another C function, in a hook, or in a coroutine of a host that "
    .. "switches stacks, such as a fiber, which adopt{ ..., stackful = true } is for")
end

--- A waiter for the coroutine that runs now.
-- @tparam table owner the scheduler
-- @tparam table host from read
-- @treturn table|nil nil on the main line
-- @raise where it could not wait
function M.waiter(owner, host)
  local thread = nested.root()
  if not thread then return nil end
  refuse(host, running.here())
  return { owner = owner, host = host, thread = thread, ways = ways }
end

return M
