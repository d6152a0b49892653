-- SPDX-License-Identifier: MIT
--- Something fetched that is good for a while: kept, fetched again shortly before it expires, by one caller at a
-- time; while the old one is good, a fetch that fails does not matter.
local globals = require "azure.signalr.globals"

local pcall, setmetatable = pcall, setmetatable
local min, running = globals.math.min, globals.coroutine.running

local M = {}

local Renewal = { __name = "azure.signalr.renewal" }
local methods = {}
Renewal.__index = methods

-- Seconds after which a fetch that was never heard of again is taken for abandoned. One that is only slow is made a
-- second time.
local patience = 5
local again = 15 -- seconds before a fetch that failed is tried again, while the old thing is good

local MAIN = {} -- stands for the main line where it is no coroutine

--- Makes one.
-- @tparam function fetch (now, ...) -> { renew =, expires = (both unix seconds), ... } | nil, problem
function M.new(fetch) return setmetatable({ fetch = fetch, held = nil, since = nil }, Renewal) end

local function is_fetching(self, transport)
  return self.since ~= nil and transport:now() - self.since < patience
end

-- Waiting may keep the one who fetches from going on: on the main line nobody is resumed. Then it is fetched twice.
local function is_to_come(self, transport)
  return is_fetching(self, transport) and not (transport.holds_up and transport:holds_up(self.fetcher))
end

local function is_own(self, transport)
  return (transport.caller or transport.apart) and is_fetching(self, transport) and self.thread == (running() or MAIN)
end

local function await(self, transport, deadline)
  while is_to_come(self, transport) and transport:now() < deadline do
    if not transport:sleep(0.02) then return end
  end
end

local function renew(self, transport, ...)
  self.since, self.thread = transport:now(), running() or MAIN
  self.fetcher = transport.caller and transport:caller()
  local ran, fresh, problem = pcall(self.fetch, transport:time(), ...)
  self.since, self.thread, self.fetcher = nil, nil, nil
  if ran and fresh then
    self.held = fresh
    return fresh
  end
  if ran then return nil, problem end
  return nil, fresh
end

-- Where a call may be ended from outside (nginx), the fetch that others wait for must not end with it.
local function fetch(self, transport, deadline, ...)
  if not transport.apart then return renew(self, transport, ...) end
  self.since = transport:now()
  return transport:apart(deadline, renew, self, transport, ...)
end

--- Gives what was fetched, fetching it if need be.
-- @tparam table transport its now, time and sleep; caller and holds_up, where it has them
-- @tparam number deadline until when to wait for another caller's fetch, as transport:now() counts
-- @param ... what fetch gets besides the time
-- @treturn table|nil
-- @return the problem
function methods:get(transport, deadline, ...)
  local held, now = self.held, transport:time()
  if held and now < held.renew then return held end
  if is_fetching(self, transport) then
    if held and now < held.expires then return held end
    if is_own(self, transport) then return nil, "what fetches it made a call that needs it" end
    await(self, transport, deadline)
    held, now = self.held, transport:time()
    if held and now < held.expires then return held end
    if is_to_come(self, transport) then return nil, "the fetch of another call has not ended, and no time is left" end
  end
  local fresh, problem = fetch(self, transport, deadline, ...)
  if fresh then return fresh end
  held = self.held -- it may have been rejected meanwhile
  if not held or now >= held.expires then return nil, problem end
  held.renew = min(held.expires, now + again)
  return held
end

--- Forgets something that was given out and turned out to be bad; what was fetched since stays.
-- @tparam table bad
function methods:reject(bad)
  if self.held == bad then self.held = nil end
end

--- Forgets what is held.
function methods:clear() self.held = nil end

return M
