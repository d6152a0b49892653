-- SPDX-License-Identifier: MIT
-- Samples of what a piece of work costs: the thread's own processor time, and time on the wall.
local curl = require "azure.signalr.curl"

local M = {}
local methods = {}
local metatable = { __index = methods }

local cpu, wall = curl.thread_cpu_time, curl.monotonic

local function nothing() end

local function sample(fn, ...)
  local w0, c0 = wall(), cpu()
  local result = fn(...)
  local c1, w1 = cpu(), wall()
  return c1 - c0, w1 - w0, result
end

local function median(list)
  table.sort(list)
  return list[math.floor(#list / 2) + 1]
end

-- What measuring itself costs; it is taken off each sample.
local function calibrate()
  local cpus, walls = {}, {}
  for i = 1, 20000 do cpus[i], walls[i] = sample(nothing) end
  return median(cpus), median(walls)
end
local own_cpu, own_wall = calibrate()

--- Makes a set of samples.
-- @tparam number room so that no sample pays for the growth of a table
function M.new(room)
  local self = setmetatable({ count = 0, cpu = {}, wall = {} }, metatable)
  for i = 1, room do self.cpu[i], self.wall[i] = 0, 0 end
  return self
end

--- Takes a sample of fn(...) and returns its result.
function methods:take(fn, ...)
  local c, w, result = sample(fn, ...)
  self.last_cpu, self.last_wall, self.result = math.max(0, c - own_cpu), math.max(0, w - own_wall), result
  self:keep()
  return result
end

--- Takes one, but keeps it only when asked with keep().
function methods:try(fn, ...)
  local c, w, result = sample(fn, ...)
  self.last_cpu, self.last_wall, self.result = math.max(0, c - own_cpu), math.max(0, w - own_wall), result
  return result
end

function methods:keep()
  local n = self.count + 1
  self.count, self.cpu[n], self.wall[n] = n, self.last_cpu, self.last_wall
end

local function percentiles(list, count)
  local sorted = {}
  for i = 1, count do sorted[i] = list[i] end
  table.sort(sorted)
  local function at(share) return sorted[math.max(1, math.ceil(share * count))] * 1e6 end
  return { p50 = at(0.5), p99 = at(0.99), p999 = at(0.999), max = at(1) }
end

--- p50, p99, p99.9 and the maximum in microseconds.
-- @treturn table cpu and wall, each with p50, p99, p999, max
function methods:summary()
  return { cpu = percentiles(self.cpu, self.count), wall = percentiles(self.wall, self.count) }
end

--- The mean of many calls without measuring each: for what is cheaper than the clocks.
-- @treturn number microseconds of the thread for each call, the median of the batches
function M.mean(batches, size, fn, ...)
  local means = {}
  for i = 1, batches do
    local before = cpu()
    for _ = 1, size do fn(...) end
    means[i] = (cpu() - before) / size * 1e6
  end
  return median(means)
end

M.QUIET = 5 -- rounds, of which the quietest counts

-- For each name the samples whose p99 is the lowest: what other programs did to the machine meanwhile does not count.
local function quietest(rounds)
  local best = {}
  for _, round in ipairs(rounds) do
    for name, samples in pairs(round) do
      local p99 = samples:summary().cpu.p99
      if not best[name] or p99 < best[name].p99 then best[name] = { p99 = p99, samples = samples } end
    end
  end
  for name, found in pairs(best) do best[name] = found.samples end
  return best
end

--- Runs a scene once with Lua's collector working wherever it falls, then in several rounds with the collector working
-- only where the scene calls rest(), as a host does that runs it in the time that is left of a tick (docs/games.md).
-- @tparam function scene gets rest; returns name -> samples
-- @treturn table what the first run returned
-- @treturn table the quietest samples of the others
function M.both_ways(scene)
  local first, rounds = scene(function() end), {}
  collectgarbage()
  collectgarbage "stop"
  for i = 1, M.QUIET do rounds[i] = scene(function() collectgarbage("step", 64) end) end
  collectgarbage "restart"
  return first, quietest(rounds)
end

--- Resident memory of this process in bytes. The kernel adds it up for this question; /proc/self/statm is off by as
-- much as some hundred KiB.
function M.resident()
  local file = assert(io.open("/proc/self/smaps_rollup"))
  local kib = file:read("*a"):match("Rss:%s+(%d+) kB")
  file:close()
  return tonumber(kib) * 1024
end

--- Bytes that malloc has given out, which pages that were touched late cannot blur; nil where Lua cannot ask.
function M.allocated()
  local fine, ffi = pcall(require, "ffi")
  if not fine or ffi.os ~= "Linux" then return nil end
  ffi.cdef "typedef struct { size_t n[10]; } bench_mallinfo; bench_mallinfo mallinfo2(void);"
  M.allocated = function() return tonumber(ffi.C.mallinfo2().n[7]) end -- uordblks
  return M.allocated()
end

return M
