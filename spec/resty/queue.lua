-- SPDX-License-Identifier: MIT
-- Runs inside nginx: a client whose queue is filled by a handler, with the
-- outcome of each message in the error log when the worker ends.
local signalr = require "azure.signalr"

local M = {}

--- Makes a client.
-- @tparam string endpoint
-- @tparam[opt] table given more options of signalr.new; its on_error gets this table
function M.new(endpoint, given)
  local self = { reported = 0 }
  local options = { endpoint = endpoint, access_key = ("k"):rep(32), retry = false, timeout = 60 }
  for name, value in pairs(given or {}) do options[name] = value end
  local also = options.on_error
  function options.on_error(err)
    self.reported = self.reported + 1
    if err.kind ~= self.last then ngx.log(ngx.WARN, "REPORT ", err.kind, " ", tostring(err.message)) end
    self.last = err.kind
    if also then also(self) end
  end
  self.client = signalr.new(options)
  self.transport = self.client.context.transport
  self.hub = self.client:hub("chat")
  return self
end

--- Handler: /push?n=100&size=10 puts messages into the queue; says how many were taken.
function M.push(self)
  local args = ngx.req.get_uri_args()
  local taken, last, why = 0, nil, nil
  for i = 1, tonumber(args.n) do
    local text = ("%d:"):format(i) .. ("x"):rep(tonumber(args.size or 10))
    local done, err = self.hub:enqueue("queued", text)
    if done then taken = taken + 1 else last, why = err.kind, err end
  end
  if last then ngx.log(ngx.WARN, "REFUSED ", tostring(why)) end
  ngx.say(taken, " ", last or "none")
end

--- One line with all counters.
function M.line(self)
  local s = self.transport:stats()
  return ("accepted %d delivered %d failed %d dropped %d lost %d queued %d in_flight %d refused %d reported %d"):format(
    s.accepted, s.delivered, s.failed, s.dropped, s.lost, s.queued, s.in_flight, s.refused, self.reported)
end

return M
