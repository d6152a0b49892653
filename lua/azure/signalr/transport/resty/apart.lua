-- SPDX-License-Identifier: MIT
--- Runs something where no request can end it. A request is ended in the middle when its client leaves
-- (lua_check_client_abort), with all of its light threads; a timer is not.
local semaphore = require "ngx.semaphore"
local clock = require "azure.signalr.transport.resty.clock"
local senders = require "azure.signalr.transport.resty.senders"

local M = {}

local now, timer, get_phase = clock.now, senders.timer, ngx.get_phase

local BEGIN = 2 -- seconds after which a timer that has not begun may have fallen (lua_max_running_timers)

local LATE = "it is still being fetched, and no time is left"

local function pack(...) return { n = select("#", ...), ... } end

local function run(_, job)
  if job.begun then return end
  job.begun = true
  job.results = pack(pcall(job.fn, unpack(job.arguments, 1, job.arguments.n)))
  job.over:post(1)
end

local function in_timer()
  local known, name = pcall(get_phase)
  return known and name == "timer"
end

local function results_of(job)
  if not job.results[1] then return nil, tostring(job.results[2]) end
  return unpack(job.results, 2, job.results.n)
end

--- Runs a function in a timer, and waits for it until the deadline; it goes on after that. Where no timer can be
-- started, it runs here.
-- @tparam number deadline in terms of the clock
-- @tparam function fn
-- @param ... its arguments
-- @return what it returns; or nil and what it threw, or that no time was left
function M.run(deadline, fn, ...)
  local job = { fn = fn, arguments = pack(...), begun = false, results = nil, over = semaphore.new(0) }
  if in_timer() or not timer(0, run, job) then run(nil, job) end
  local begin_until = now() + BEGIN
  while not job.results do
    local time = now()
    if not job.begun and time >= begin_until then
      run(nil, job)
    elseif time >= deadline then
      return nil, LATE
    else
      local pause_until = job.begun and deadline or begin_until
      if pause_until > deadline then pause_until = deadline end
      job.over:wait(pause_until - time)
    end
  end
  return results_of(job)
end

return M
