-- SPDX-License-Identifier: MIT
--- Counters of all workers in a shared dictionary, as Prometheus reads them (metrics_text.lua).
--
-- Nothing of ours pushes anything out of the dictionary: what finds no room is refused, and said once in the log.
-- Counters are handed over as what was added since the last time, and so outlive their client and their worker. What a
-- worker says of its present state is good for some seconds, and goes with the worker.
local check = require "azure.signalr.check"
local writer = require "azure.signalr.resty.metrics_text"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.metrics" }

local where = "resty.metrics"

local BUCKETS, COUNTERS, GAUGES = writer.BUCKETS, writer.COUNTERS, writer.GAUGES

local PUBLISH = 0.5 -- seconds between what a worker says of its own state
local FRESH = 10 -- seconds for which that is good: a worker that ended without a word is not believed longer

local metrics_options = { dict = check.some_text, prefix = check.some_text }

local function bucket_of(seconds)
  for i = 1, #BUCKETS do
    if seconds <= BUCKETS[i] then return i end
  end
  return #BUCKETS + 1
end

-- client:request names its operation by a path of the caller's: there may be any number of them.
local function name_of(op) return op:find("/", 1, true) and "request" or op end

local complaints = {
  full = "is full (%s), and counts are lost: make it larger",
  evicted = "lost counts to other entries: give metrics a dictionary of their own%s",
}

local function complain(self, what, why)
  if self.complained[what] then return end
  self.complained[what] = true
  ngx.log(ngx.ERR, "azure.signalr metrics: the lua_shared_dict ", self.dict_name, " ", complaints[what]:format(why))
end

local function add(self, key, by)
  local dict, known = self.dict, self.known
  local value, why = dict:incr(key, by)
  if not value and why == "not found" then
    if known[key] then complain(self, "evicted", "") end
    value, why = dict:safe_add(key, by)
    if not value and why == "exists" then value, why = dict:incr(key, by) end
  end
  if value then known[key] = true else complain(self, "full", tostring(why)) end
end

-- Adds what is new of a client's counters, and lets go of one that is closed and done. Its state goes into the sum.
local function fold(self, transport, sum)
  local stats, told = transport:stats(), self.told[transport]
  for _, row in ipairs(COUNTERS) do
    local name = row[1]
    local added = (stats[name] or 0) - (told[name] or 0)
    if added ~= 0 then add(self, "c|" .. row[2], added) end
  end
  for _, row in ipairs(GAUGES) do sum[row[1]] = (sum[row[1]] or 0) + stats[row[1]] end
  local over = transport.closed and stats.queued + stats.in_flight == 0
  self.told[transport] = not over and stats or nil
end

-- Clients that are held until the next time are those of this time.
local function publish(self)
  self.held = nil
  local transports, sum = {}, {}
  for transport in pairs(self.told) do transports[#transports + 1] = transport end
  if not transports[1] and not self.stated then return end
  for _, transport in ipairs(transports) do fold(self, transport, sum) end
  local busy = false
  for _, row in ipairs(GAUGES) do
    local value = sum[row[1]] or 0
    local key = ("g|%s|%d|%d"):format(row[2], ngx.worker.id() or 0, ngx.worker.pid())
    local stored, why = self.dict:safe_set(key, value, FRESH)
    if not stored then complain(self, "full", tostring(why)) end
    busy = busy or value > 0
  end
  self.stated = busy
  return busy
end

local publish_later

local function publish_again(_, self)
  self.until_published = 0
  if publish(self) then publish_later(self) end
end

-- A timer may fall (lua_max_running_timers), and none is started where a worker ends. A client that nobody needs any
-- more is kept until it has been counted.
function publish_later(self)
  local time = ngx.now()
  if time < self.until_published then return end
  if not ngx.timer.at(PUBLISH, publish_again, self) then return publish(self) end
  self.until_published = time + 2 * PUBLISH
  self.held = {}
  for transport in pairs(self.told) do self.held[transport] = true end
end

--- Makes metrics.
-- @tparam table given dict (name of a lua_shared_dict for nothing else; 1m is plenty), prefix ("azure_signalr")
-- @treturn table on_attempt (give it to signalr.new as the option of that name), watch, text, handle
function M.new(given, ...)
  check.count(where, 1, ...)
  given = check.options(given, metrics_options, where)
  local dict = ngx.shared[given.dict or ""]
  if not dict then check.fail("%s: dict must name a lua_shared_dict of nginx.conf", where) end
  local self = setmetatable({
    dict = dict, dict_name = given.dict, prefix = given.prefix or "azure_signalr", until_published = 0,
    told = setmetatable({}, { __mode = "k" }), -- transport -> its stats as they were published
    held = nil, stated = false, known = {}, complained = {},
  }, metatable)
  --- Counts an attempt; the option on_attempt of signalr.new.
  function self.on_attempt(facts)
    local op, outcome = name_of(facts.op), facts.error and facts.kind or "ok"
    add(self, "r|" .. op .. "|" .. outcome, 1)
    add(self, "b|" .. op .. "|" .. bucket_of(facts.seconds), 1)
    add(self, "s|" .. op, facts.seconds)
    if facts.retry_in then add(self, "y|" .. op, 1) end
    publish_later(self)
  end
  return self
end

--- Has the connections and the queue of a client shown too. Once for each client, where it is made; what several
-- have is added up. A client that was closed is let go of; what it counted stays.
-- @tparam table client made inside nginx
function methods:watch(client, ...)
  check.self(self, metatable, "metrics:watch", 1, ...)
  local transport = type(client) == "table" and client.context and client.context.transport
  if not transport or not transport.watch then check.fail("%s: watch needs a client made inside nginx", where) end
  if self.told[transport] then return end
  self.told[transport] = {}
  if self.held then self.held[transport] = true end
  transport:watch(function() publish_later(self) end)
end

--- Everything, in Prometheus' text format.
-- @treturn string
function methods:text(...)
  check.self(self, metatable, "metrics:text", 0, ...)
  publish(self)
  return writer.write(self.dict, self.prefix, ngx.worker.count())
end

--- Handler of a metrics location, for content_by_lua.
function methods:handle(...)
  check.self(self, metatable, "metrics:handle", 0, ...)
  ngx.header["Content-Type"] = "text/plain; version=0.0.4"
  ngx.print(self:text())
end

return M
