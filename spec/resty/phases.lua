-- SPDX-License-Identifier: MIT
-- Runs inside nginx: tries in each phase what the library can do there, and
-- says in the error log what came of it.
local signalr = require "azure.signalr"

local M = {}

--- Makes a client; queued messages go to its hub "chat".
function M.new(connection_string)
  local self = { client = signalr.new { connection_string = connection_string, retry = false, timeout = 5 } }
  self.hub = self.client:hub("chat")
  self.transport = self.client.context.transport
  return self
end

--- An entry of the queue that sends target(...).
function M.entry(self, target, ...)
  local args, n = { ... }, select("#", ...)
  return {
    bytes = 100,
    run = function(_, deadline)
      local left = deadline and deadline - self.transport:now() or 5
      return self.hub:with { timeout = math.max(left, 0.001) }:send(target, unpack(args, 1, n))
    end,
    report = function(_, err)
      ngx.log(ngx.WARN, "REPORT ", target, " ", tostring(args[1]), " ", err.kind, " ", tostring(err.message))
    end,
  }
end

-- Where ngx.log cannot be used any more, or not yet, it is safe all the same: none of these is Lua's own end.
local function say(...) ngx.log(ngx.WARN, "PHASE ", ...) end

--- Tries a call and the queue in the phase at hand.
-- @tparam table self
-- @tparam string name of the phase
function M.try(self, name)
  local ran, ok, err = pcall(self.hub.send, self.hub, "called", name)
  say(name, " call: ", ran and (ok and "sent" or tostring(err)) or "thrown " .. tostring(ok))
  local queued, problem = self.transport:enqueue(M.entry(self, "queued", name))
  say(name, " queue: ", queued and "taken" or problem.kind .. " " .. problem.message)
end

return M
