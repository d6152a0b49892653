-- SPDX-License-Identifier: MIT
-- Runs inside nginx: a client whose queue is filled by a handler, with the
-- outcome of each message in the error log when the worker ends.
local signalr = require "azure.signalr"
local resty = require "azure.signalr.transport.resty"

local M = {}

local function configure(given)
  local options = { max_connections = 64, max_in_flight = 1000, connect_timeout = 1 }
  for name, value in pairs(given or {}) do options[name] = value end
  return options
end

--- Makes a client.
-- @tparam string endpoint
-- @tparam[opt] table given options of the transport
function M.new(endpoint, given)
  local self = { reported = 0, transport = resty.new(configure(given)) }
  self.client = signalr.new {
    endpoint = endpoint, access_key = ("k"):rep(32), transport = self.transport, retry = false,
  }
  self.hub = self.client:hub("chat")
  return self
end

function M.entry(self, text, more)
  local entry = {
    bytes = #text,
    run = function(_, deadline)
      local left = deadline and deadline - self.transport:now() or 3
      return self.hub:with { timeout = math.max(left, 0.001) }:send("queued", text)
    end,
    report = function(_, err)
      self.reported = self.reported + 1
      if err.kind ~= self.last then ngx.log(ngx.WARN, "REPORT ", err.kind, " ", tostring(err.message)) end
      self.last = err.kind
    end,
  }
  for name, value in pairs(more or {}) do entry[name] = value end
  return entry
end

--- Handler: /push?n=100&size=10&destination=d&drop=1 puts messages into the queue; says how many were taken.
function M.push(self)
  local args = ngx.req.get_uri_args()
  local taken, last = 0, nil
  for i = 1, tonumber(args.n) do
    local text = ("%d:"):format(i) .. ("x"):rep(tonumber(args.size or 10))
    local done, failure = self.transport:enqueue(M.entry(self, text, {
      destination = args.destination, drop_oldest = args.drop == "1",
    }))
    if done then taken = taken + 1 else last = failure.kind end
  end
  ngx.say(taken, " ", last or "none")
end

--- One line with all counters.
function M.line(self)
  local s = self.transport:stats()
  return ("accepted %d sent %d failed %d queued %d in_flight %d dropped %d refused %d reported %d"):format(s.accepted,
    s.sent, s.failed, s.queued, s.in_flight, s.dropped, s.refused, self.reported)
end

return M
