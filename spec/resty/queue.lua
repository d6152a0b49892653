-- SPDX-License-Identifier: MIT
-- Runs inside nginx: a client whose queue is filled by a handler, with the
-- outcome of each message in the error log when the worker ends.
local signalr = require "azure.signalr"
local resty = require "azure.signalr.transport.resty"

local M = {}

--- Makes a client.
-- @tparam string endpoint
-- @tparam[opt] table given queue_limit, queue_bytes, queue_policy, ordered; drain_timeout
function M.new(endpoint, given)
  given = given or {}
  local self = { reported = 0 }
  local limit, bytes = given.queue_limit or 10000, given.queue_bytes or 67108864
  self.transport = resty.new {
    max_connections = 64, max_in_flight = 1000, connect_timeout = 1, queue_limit = limit, queue_bytes = bytes,
    drain_timeout = given.drain_timeout,
  }
  self.client = signalr.new {
    endpoint = endpoint, access_key = ("k"):rep(32), transport = self.transport, retry = false, timeout = 3,
    queue_limit = limit, queue_bytes = bytes, queue_policy = given.queue_policy, ordered = given.ordered,
    on_error = function(err)
      self.reported = self.reported + 1
      if err.kind ~= self.last then ngx.log(ngx.WARN, "REPORT ", err.kind, " ", tostring(err.message)) end
      self.last = err.kind
    end,
  }
  self.hub = self.client:hub("chat")
  return self
end

--- Handler: /push?n=100&size=10 puts messages into the queue; says how many were taken.
function M.push(self)
  local args = ngx.req.get_uri_args()
  local taken, last = 0, nil
  for i = 1, tonumber(args.n) do
    local text = ("%d:"):format(i) .. ("x"):rep(tonumber(args.size or 10))
    local done, err = self.hub:enqueue("queued", text)
    if done then taken = taken + 1 else last = err.kind end
  end
  ngx.say(taken, " ", last or "none")
end

--- One line with all counters.
function M.line(self)
  local s = self.transport:stats()
  return ("accepted %d delivered %d failed %d dropped %d lost %d queued %d in_flight %d refused %d reported %d"):format(
    s.accepted, s.delivered, s.failed, s.dropped, s.lost, s.queued, s.in_flight, s.refused, self.reported)
end

return M
