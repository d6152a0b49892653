-- SPDX-License-Identifier: MIT
-- What Server-Sent Events and long polling share: a client that sends by POST
-- and receives by other requests, all named by the connection token.
local condition = require "cqueues.condition"
local outbox = require "azure.signalr.emulator.transports.outbox"

local M = {}
local methods = {}
M.methods = methods

--- Makes the state of a client and opens its session.
-- @tparam table context { service, log, send_queue, clients (token -> client) }
-- @param ticket what the service gave for the client's token
-- @tparam string token the connection token
-- @tparam table metatable the transport's own, whose methods hold these
function M.open(context, ticket, token, metatable)
  local self = setmetatable({
    context = context, token = token, outbox = outbox.new(context.send_queue), received = condition.new(),
  }, metatable)
  context.clients[token] = self
  self.session = context.service:open(ticket, self)
  return self
end

--- The logic's sink: hands one message over; never waits.
function methods:send(bytes)
  if self.outbox.ended then return end
  if not self.outbox:push(bytes) then
    self.why = self.outbox:complaint()
    self.outbox:abort()
    self:overflowed()
  end
end

--- The logic's sink: no more messages. What was handed over still goes out.
function methods:close(reason)
  self.why = self.why or reason
  self.outbox:finish()
end

--- The client is gone for good: the logic hears of it once, and the token is free.
function methods:forget()
  if self.forgotten then return end
  self.forgotten = true
  self.context.clients[self.token] = nil
  self.outbox:finish()
  self.session:closed(self.why or "the connection ended")
  if self.why then self.context.log:note("client %s: %s", self.session.connection_id, self.why) end
end

--- A DELETE of the client: it is done.
-- @treturn table the answer
function methods:delete()
  self.why = self.why or "the client closed the connection"
  self.outbox:abort()
  self:forget()
  return { status = 202 }
end

--- A POST of the client.
-- @tparam string body
-- @treturn table the answer
function methods:receive(body)
  -- Reading a long body gives way; one that came meanwhile waits for its turn.
  while self.receiving do self.received:wait() end
  self.receiving = true
  local ok, wrong = xpcall(self.session.receive, debug.traceback, self.session, body)
  self.receiving = false
  self.received:signal(1)
  if not ok then error(wrong, 0) end
  return { status = 200, headers = { ["content-type"] = "text/plain" } }
end

return M
