-- SPDX-License-Identifier: MIT
--- Counters of all workers in a shared dictionary, as Prometheus reads them.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.metrics" }

local where = "resty.metrics"

-- Seconds. Half a millisecond is a good answer from nearby; ten seconds is where patience ends.
local BUCKETS = { 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 }
local PUBLISH = 0.5 -- seconds between what a worker says of its own state

-- stats of a transport -> metric
local COUNTERS = {
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
local GAUGES = {
  { "queued", "queue_depth", "Messages that wait in a worker's queue." },
  { "in_flight", "queue_in_flight", "Messages of a worker's queue that are on the way." },
}

local metrics_options = { dict = check.some_text, prefix = check.some_text }

local function bucket_of(seconds)
  for i = 1, #BUCKETS do
    if seconds <= BUCKETS[i] then return i end
  end
  return #BUCKETS + 1
end

-- client:request names its operation by a path of the caller's: there may be any number of them.
local function name_of(op) return op:find("/", 1, true) and "request" or op end

local function incr(self, key, by)
  local value, why = self.dict:incr(key, by, 0)
  if not value and not self.complained then
    self.complained = true
    ngx.log(ngx.ERR, "azure.signalr metrics: the shared dictionary takes no more: ", why)
  end
end

-- The state of all clients that are watched, added up.
local function sum_of(transports)
  local sum = {}
  for _, transport in ipairs(transports) do
    for name, value in pairs(transport:stats()) do sum[name] = (sum[name] or 0) + value end
  end
  return sum
end

-- Counters are handed over as what was added since the last time: they outlive the worker.
local function publish(self)
  if not self.transports[1] then return end
  local stats, told = sum_of(self.transports), self.told
  for _, row in ipairs(COUNTERS) do
    local added = (stats[row[1]] or 0) - (told[row[1]] or 0)
    if added ~= 0 then incr(self, "c|" .. row[2], added) end
  end
  self.told = stats
  local worker = ngx.worker.id() or 0
  for _, row in ipairs(GAUGES) do
    self.dict:set(("g|%s|%d"):format(row[2], worker), stats[row[1]] or 0)
  end
  return stats.queued + stats.in_flight > 0
end

local publish_later

local function publish_again(_, self)
  self.until_published = 0
  if publish(self) then publish_later(self) end
end

-- A timer may fall (lua_max_running_timers), and none is started where a worker ends.
function publish_later(self)
  local time = ngx.now()
  if time < self.until_published then return end
  if ngx.timer.at(PUBLISH, publish_again, self) then
    self.until_published = time + 2 * PUBLISH
  else
    publish(self)
  end
end

--- Makes metrics.
-- @tparam table given dict (name of a lua_shared_dict; 1m is plenty), prefix ("azure_signalr")
-- @treturn table on_attempt (give it to signalr.new as the option of that name), watch, text, handle
function M.new(given, ...)
  check.count(where, 1, ...)
  given = check.options(given, metrics_options, where)
  local dict = ngx.shared[given.dict or ""]
  if not dict then check.fail("%s: dict must name a lua_shared_dict of nginx.conf", where) end
  local self = setmetatable({
    dict = dict, prefix = given.prefix or "azure_signalr", transports = {}, told = {}, until_published = 0,
    complained = false,
  }, metatable)
  --- Counts an attempt; the option on_attempt of signalr.new.
  function self.on_attempt(facts)
    local op, outcome = name_of(facts.op), facts.error and facts.kind or "ok"
    incr(self, "r|" .. op .. "|" .. outcome, 1)
    incr(self, "b|" .. op .. "|" .. bucket_of(facts.seconds), 1)
    incr(self, "s|" .. op, facts.seconds)
    if facts.retry_in then incr(self, "y|" .. op, 1) end
    publish_later(self)
  end
  return self
end

--- Has the connections and the queue of a client shown too. Once for each client, where it is made; what several
-- have is added up.
-- @tparam table client made inside nginx
function methods:watch(client, ...)
  check.self(self, metatable, "metrics:watch", 1, ...)
  local transport = type(client) == "table" and client.context and client.context.transport
  if not transport or not transport.watch then check.fail("%s: watch needs a client made inside nginx", where) end
  for _, known in ipairs(self.transports) do
    if known == transport then return end
  end
  table.insert(self.transports, transport)
  transport:watch(function() publish_later(self) end)
end

local function collect(dict)
  local found, keys = {}, dict:get_keys(0)
  table.sort(keys)
  for _, key in ipairs(keys) do
    local kind, rest = key:match("^(%l)|(.*)$")
    if kind then
      found[kind] = found[kind] or {}
      table.insert(found[kind], { rest, dict:get(key) or 0 })
    end
  end
  return found
end

local function number(value) return core.json_encode(value) or "NaN" end

local function describe(out, name, kind, help)
  out[#out + 1] = ("# HELP %s %s\n# TYPE %s %s\n"):format(name, help, name, kind)
end

local function write_requests(self, out, found)
  local name = self.prefix .. "_requests_total"
  describe(out, name, "counter", "Requests to the service, by operation and outcome.")
  for _, one in ipairs(found.r or {}) do
    local op, outcome = one[1]:match("^(.-)|(.*)$")
    out[#out + 1] = ('%s{operation="%s",outcome="%s"} %s\n'):format(name, op, outcome, number(one[2]))
  end
  name = self.prefix .. "_retries_total"
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

local function write_times(self, out, found)
  local name, by_op = self.prefix .. "_request_seconds", {}
  describe(out, name, "histogram", "Seconds that each request took.")
  for _, one in ipairs(found.b or {}) do
    local op, bucket = one[1]:match("^(.-)|(%d+)$")
    by_op[op] = by_op[op] or {}
    by_op[op][tonumber(bucket)] = one[2]
  end
  for _, one in ipairs(found.s or {}) do write_one_histogram(out, name, one[1], by_op[one[1]] or {}, one[2]) end
end

local function write_state(self, out, found)
  local values = {}
  for _, one in ipairs(found.c or {}) do values[one[1]] = one[2] end
  for _, row in ipairs(COUNTERS) do
    local name = self.prefix .. "_" .. row[2]
    describe(out, name, "counter", row[3])
    out[#out + 1] = ("%s %s\n"):format(name, number(values[row[2]] or 0))
  end
  for _, row in ipairs(GAUGES) do
    local name = self.prefix .. "_" .. row[2]
    describe(out, name, "gauge", row[3])
    for _, one in ipairs(found.g or {}) do
      local metric, worker = one[1]:match("^(.-)|(%d+)$")
      if metric == row[2] then out[#out + 1] = ('%s{worker="%s"} %s\n'):format(name, worker, number(one[2])) end
    end
  end
end

--- Everything, in Prometheus' text format.
-- @treturn string
function methods:text(...)
  check.self(self, metatable, "metrics:text", 0, ...)
  publish(self)
  local found, out = collect(self.dict), {}
  write_requests(self, out, found)
  write_times(self, out, found)
  write_state(self, out, found)
  return table.concat(out)
end

--- Handler of a metrics location, for content_by_lua.
function methods:handle(...)
  check.self(self, metatable, "metrics:handle", 0, ...)
  ngx.header["Content-Type"] = "text/plain; version=0.0.4"
  ngx.print(self:text())
end

return M
