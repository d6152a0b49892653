-- SPDX-License-Identifier: MIT
--- What metrics.lua put into a shared dictionary, in Prometheus' text format.
--
-- Keys: r|operation|outcome (attempts), y|operation (retries), b|operation|bucket and s|operation (their times),
-- c|metric (counters of clients), g|metric|worker|pid (the state of a worker).
local core = require "azure.signalr.core"
local ffi = require "ffi"

local M = {}

--- Seconds. Half a millisecond is a good answer from nearby; ten seconds is where patience ends.
M.BUCKETS = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }

--- Stats of a transport, metric, help.
M.COUNTERS = {
  { "opened", "connections_opened_total", "Connections made." },
  { "reused", "connections_reused_total", "Requests that went over a kept connection." },
  { "stale", "connections_stale_total", "Kept connections that turned out to be dead." },
  { "accepted", "queue_accepted_total", "Messages taken into the queue." },
  { "delivered", "queue_delivered_total", "Messages of the queue that the service accepted." },
  { "failed", "queue_failed_total", "Messages of the queue that failed for good." },
  { "dropped", "queue_dropped_total", "Messages given up for newer ones." },
  { "lost", "queue_lost_total", "Messages given up because the client or the worker ended." },
  { "refused", "queue_refused_total", "Messages refused because the queue was full." },
}
M.GAUGES = {
  { "queued", "queue_depth", "Messages that wait in a worker's queue." },
  { "in_flight", "queue_in_flight", "Messages of a worker's queue that are on the way." },
}

local BUCKETS = M.BUCKETS

pcall(ffi.cdef, 'int azure_signalr_kill(int pid, int signal) __asm__("kill");')
local ESRCH = 3

-- A worker that was killed could not take back what it had said.
local function is_running(pid)
  return ffi.C.azure_signalr_kill(pid, 0) == 0 or ffi.errno() ~= ESRCH
end

local function collect(dict)
  local found, keys = {}, dict:get_keys(0)
  table.sort(keys)
  for _, key in ipairs(keys) do
    local kind, rest = key:match("^(%l)|(.*)$")
    local value = kind and dict:get(key)
    if value then
      found[kind] = found[kind] or {}
      table.insert(found[kind], { rest, value })
    end
  end
  return found
end

local function number(value) return core.json_encode(value) or "NaN" end

local function describe(out, name, kind, help)
  out[#out + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(name, help, name, kind)
end

local function write_requests(out, prefix, found)
  local name = prefix .. "_requests_total"
  describe(out, name, "counter", "Requests to the service, by operation and outcome.")
  for _, one in ipairs(found.r or {}) do
    local op, outcome = one[1]:match("^(.-)|(.*)$")
    out[#out + 1] = ('%s{operation="%s",outcome="%s"} %s\n'):format(name, op, outcome, number(one[2]))
  end
  name = prefix .. "_retries_total"
  describe(out, name, "counter", "Requests that were made again after a pause.")
  for _, one in ipairs(found.y or {}) do
    out[#out + 1] = ('%s{operation="%s"} %s\n'):format(name, one[1], number(one[2]))
  end
end

local function write_one_histogram(out, name, op, counts, sum)
  local total = 0
  for i = 1, #BUCKETS + 1 do
    total = total + (counts[i] or 0)
    local edge = BUCKETS[i] and number(BUCKETS[i]) or "+Inf"
    out[#out + 1] = ('%s_bucket{operation="%s",le="%s"} %s\n'):format(name, op, edge, number(total))
  end
  out[#out + 1] = ('%s_sum{operation="%s"} %s\n'):format(name, op, number(sum))
  out[#out + 1] = ('%s_count{operation="%s"} %s\n'):format(name, op, number(total))
end

local function write_times(out, prefix, found)
  local name, by_op = prefix .. "_request_seconds", {}
  describe(out, name, "histogram", "Seconds that each request took.")
  for _, one in ipairs(found.b or {}) do
    local op, bucket = one[1]:match("^(.-)|(%d+)$")
    by_op[op] = by_op[op] or {}
    by_op[op][tonumber(bucket)] = one[2]
  end
  for _, one in ipairs(found.s or {}) do write_one_histogram(out, name, one[1], by_op[one[1]] or {}, one[2]) end
end

local function write_counters(out, prefix, found)
  local values = {}
  for _, one in ipairs(found.c or {}) do values[one[1]] = one[2] end
  for _, row in ipairs(M.COUNTERS) do
    local name = prefix .. "_" .. row[2]
    describe(out, name, "counter", row[3])
    out[#out + 1] = ("%s %s\n"):format(name, number(values[row[2]] or 0))
  end
end

-- While nginx reloads, two workers may have one number: theirs is added up. One that says nothing has nothing.
local function write_state(out, prefix, found, workers)
  for _, row in ipairs(M.GAUGES) do
    local name, sums, last = prefix .. "_" .. row[2], {}, workers - 1
    describe(out, name, "gauge", row[3])
    for _, one in ipairs(found.g or {}) do
      local metric, worker, pid = one[1]:match("^(.-)|(%d+)|(%d+)$")
      if metric == row[2] and is_running(tonumber(pid)) then
        worker = tonumber(worker)
        sums[worker], last = (sums[worker] or 0) + one[2], math.max(last, worker)
      end
    end
    for worker = 0, last do
      if sums[worker] or worker < workers then
        out[#out + 1] = ('%s{worker="%d"} %s\n'):format(name, worker, number(sums[worker] or 0))
      end
    end
  end
end

--- Writes everything.
-- @param dict a shared dictionary
-- @tparam string prefix of the metrics' names
-- @tparam number workers how many nginx runs
-- @treturn string
function M.write(dict, prefix, workers)
  local found, out = collect(dict), {}
  write_requests(out, prefix, found)
  write_times(out, prefix, found)
  write_counters(out, prefix, found)
  write_state(out, prefix, found, workers)
  return table.concat(out)
end

return M
