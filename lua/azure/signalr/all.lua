-- SPDX-License-Identifier: MIT
--- Many calls at once, a bounded number at a time, with a result for each. Works wherever a single call does: a
-- spawned function and a host's adopted coroutine yield meanwhile, inside nginx light threads do the work, and the
-- main line drives what it needs by itself, resuming nobody else.
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local scheduler = require "azure.signalr.scheduler"
local task = require "azure.signalr.task"
local transports = require "azure.signalr.transport"
local turns = require "azure.signalr.turns"
local waiting = require "azure.signalr.waiting"

local M = {}

local error, ipairs, pcall, select = error, ipairs, pcall, select
local format = globals.string.format
local min, unpack = globals.math.min, globals.unpack
local threads = transports.inside_nginx() and require "azure.signalr.transport.resty.threads"

local LIMIT = 32 -- at a time; half of the connections that a pool has
local LONG = 3600 -- seconds

local function failed(err) return { ok = false, err = err } end

-- Reads what a function returned as this library's methods mean it: true and a value; a value; nil and an error.
local function outcome(fine, first, ...)
  if not fine then return failed(first) end
  if select("#", ...) == 0 then return { ok = true, value = first } end
  local second = ...
  if first == true then return { ok = true, value = second } end
  if not first and second ~= nil then return failed(second) end
  return { ok = true, value = first }
end

local function stop_workers(workers)
  local err = errors.new {
    kind = "cancelled", op = "signalr.all", message = "whoever waited for this was ended", sent = "maybe",
  }
  for _, worker in ipairs(workers) do task.stop(worker, err) end
end

-- The waiter is made anew for each wait; a spawned function that was cancelled throws here.
local function join_workers(workers, waiter)
  for _, worker in ipairs(workers) do
    if not worker:done() then task.join(worker, waiter()) end
  end
end

local function drive_worker(worker, owner)
  local function over() return worker:done() end
  while not worker:done() do
    -- It may have ended before that, in a step of another coroutine's, where a host preempts.
    if not turns.restricted(owner, scheduler.drive, owner, LONG, over) and not worker:done() then
      error("a function given to all waits for something that only the host's own loop could bring", 0)
    end
  end
end

local function drive_workers(workers, owner)
  for _, worker in ipairs(workers) do drive_worker(worker, owner) end
end

-- Who owns the workers, and how to wait for them here.
local function place()
  local current = task.current()
  if current then
    return current.owner, function(workers) join_workers(workers, function() return current end) end
  end
  local host = scheduler.adopted()
  if host and host:waiter() then
    return host, function(workers) join_workers(workers, function() return host:waiter() end) end
  end
  local owner = waiting.owner {}
  return owner, function(workers) drive_workers(workers, owner) end
end

-- Waits for workers; then they have done all that there was, but for one whose function ended the worker with it (by
-- yielding to nobody): its item has failed, and others go on.
local function wait_for(workers, wait, items, results)
  local fine, problem = pcall(wait, workers)
  if not fine then
    stop_workers(workers)
    error(problem, 0)
  end
  for k, worker in ipairs(workers) do
    local done, err = worker:result()
    if not done then results[items[k]] = failed(err) end
  end
end

local function run_here(count, limit, item)
  local results, next_one = {}, 0
  local owner, wait = place()
  repeat
    local workers, items = {}, {}
    local function work(k)
      while next_one < count do
        next_one = next_one + 1
        local i = next_one
        items[k] = i
        results[i] = outcome(pcall(item, i))
      end
    end
    for k = 1, min(limit, count - next_one) do workers[k] = task.work(owner, nil, work, k) end
    wait_for(workers, wait, items, results)
  until next_one >= count
  return results
end

local function run_in_nginx(count, limit, item)
  local list, results = {}, {}
  for i = 1, count do list[i] = function() return item(i) end end
  for i, r in ipairs(threads.all(list, limit)) do
    results[i] = outcome(unpack(r, 1, r.n))
  end
  return results
end

--- Runs item(1) to item(count).
-- @tparam number count
-- @tparam number|nil limit how many at a time
-- @tparam function item
-- @treturn table array of { ok = true, value = } or { ok = false, err = }
-- @treturn number how many are not ok
function M.each(count, limit, item)
  local run = transports.inside_nginx() and run_in_nginx or run_here
  local results, bad = run(count, limit or LIMIT, item), 0
  for i = 1, count do
    if not results[i].ok then bad = bad + 1 end
  end
  return results, bad
end

M.options = { parallel = check.integer(1, 10000) }

--- Runs functions at the same time, as far as they wait for answers: signalr.all.
-- @tparam table list array of functions
-- @tparam table|nil options parallel (at most so many at a time; 32)
-- @treturn table array, in the order of the list: { ok = true, value = } with what the function returned (of
-- `true, value` the value), or { ok = false, err = } with what it threw, or returned after nil or false
-- @treturn number how many are not ok
function M.all(list, options, ...)
  check.count("signalr.all", 2, ...)
  check.type("table")(list, "signalr.all", "functions")
  local count = check.array(list, "signalr.all", "functions")
  local copy = {}
  for i = 1, count do
    check.type("function")(list[i], "signalr.all", format("functions[%d]", i))
    copy[i] = list[i]
  end
  local read = check.options(options, M.options, "signalr.all")
  return M.each(count, read.parallel, function(i) return copy[i]() end)
end

return M
