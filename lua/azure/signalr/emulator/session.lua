-- SPDX-License-Identifier: MIT
--- One client's connection: handshake, pings, what the client may send, and how it ends.
-- Bytes come in through `receive`, go out through the sink; the time is the service's.
local ascii = require "azure.signalr.emulator.ascii"
local byte_buffer = require "azure.signalr.emulator.byte_buffer"
local hub_protocol = require "azure.signalr.emulator.hub_protocol"
local params = require "azure.signalr.emulator.params"
local sizes = require "azure.signalr.emulator.limits"

local M = {}

local Session = {}
Session.__index = Session
Session.__name = "signalr emulator session"

local PING = hub_protocol.outgoing(function(protocol) return protocol.ping() end)

--- @tparam table service
-- @tparam table ticket from `service:client_auth`
-- @tparam table sink `send(self, bytes, is_text)`, `close(self, reason)`
function M.new(service, ticket, sink)
  local now = service.now()
  return setmetatable({
    service = service, sink = sink, hub_name = ticket.hub_name, user_id = ticket.user_id,
    connection_id = ticket.connection_id, connection_token = ticket.connection_token,
    expires_at = ticket.expires_at, sequence = service:next_sequence(),
    state = "handshake", buffer = byte_buffer.new(), binary = false,
    opened_at = now, last_sent = now, last_received = now,
    streams = {}, stream_count = 0, invocations = {}, next_invocation = 0,
  }, Session)
end

local function write(self, bytes, is_text)
  self.last_sent = self.service.now()
  self.sink:send(bytes, is_text)
end

--- Sends a message made by `hub_protocol.outgoing` or `.framed`.
-- @treturn boolean false when the connection cannot take it (not open, or no frame for its protocol)
function Session:deliver(message)
  if self.state ~= "open" then return false end
  local frame = message:frame(self.protocol)
  if not frame then return false end
  write(self, frame, not self.protocol.binary)
  return true
end

--- Ends a stream that the client opened.
-- @treturn boolean whether it was open
function Session:end_stream(id)
  if not self.streams[id] then return false end
  self.streams[id], self.stream_count = nil, self.stream_count - 1
  return true
end

-- What is waiting for this client will never be answered now.
local function release(self, reason)
  local waiting = self.invocations
  self.invocations, self.streams, self.stream_count = {}, {}, 0
  for _, invocation in pairs(waiting) do invocation.finish { gone = true, error = reason } end
end

local function finish(self, reason)
  if self.state == "closed" then return false end
  self.state = "closed"
  self.service:forget(self)
  release(self, reason)
  return true
end

--- Ends the connection from the service's side.
-- @tparam string|nil reason reaches the client as the error of its Close message
-- @tparam boolean|nil may_return whether a client that reconnects by itself should
function Session:close(reason, may_return)
  if self.state == "closed" then return end
  if self.state == "open" then
    self:deliver(hub_protocol.outgoing(function(protocol) return protocol.close(reason, may_return) end))
  elseif reason then
    write(self, hub_protocol.handshake_answer(reason), true)
  end
  finish(self, reason)
  self.sink:close(reason)
end

--- The transport ended.
function Session:closed(reason)
  finish(self, reason or "the connection closed")
end

local function complete(self, id, err)
  self:deliver(hub_protocol.outgoing(function(protocol) return protocol.completion(id, err) end))
end

local HANDLE = {}

-- Invocation: there is no upstream to call, as in the service's serverless mode
HANDLE[1] = function(self, message)
  if not message.id then return end
  complete(self, message.id, ("'%s' was not invoked: serverless mode, and no upstream is configured")
    :format(message.target))
end

-- StreamItem of an upload: nobody takes it without an upstream
HANDLE[2] = function() end

HANDLE[3] = function(self, message)
  local invocation = self.invocations[message.id]
  if not invocation then return end
  self.invocations[message.id] = nil
  invocation.finish { result = message.result, error = message.error }
end

-- StreamInvocation: its id is what the REST API calls a stream's id
HANDLE[4] = function(self, message)
  local id = message.id
  if self.streams[id] then
    return self:close(("Invocation ID '%s' is already in use."):format(ascii.clean(id, 100)))
  end
  local ok, wrong = params.check("streamId", id)
  if ok and self.stream_count >= sizes.streams then
    wrong = ("this connection has %d streams, and may not open more"):format(self.stream_count)
  end
  if wrong then return complete(self, id, wrong) end
  self.streams[id], self.stream_count = { target = message.target }, self.stream_count + 1
end

-- CancelInvocation
HANDLE[5] = function(self, message)
  if self:end_stream(message.id) then complete(self, message.id) end
end

HANDLE[6] = function() end

-- Close: the client says goodbye
HANDLE[7] = function(self, message)
  if finish(self, message.error or "the client closed the connection") then self.sink:close(message.error) end
end

local function receive_messages(self, bytes)
  local messages, message = self.parser:feed(bytes)
  if not messages then return self:close("Connection closed with an error: " .. message) end
  for _, item in ipairs(messages) do
    if self.state ~= "open" then return end
    local handle = HANDLE[item.type]
    if handle then handle(self, item) end
  end
end

local function receive_handshake(self, bytes)
  self.buffer:push(bytes)
  if self.buffer.size > self.service.limits.message then
    return self:close("Handshake was larger than the largest message.")
  end
  if not hub_protocol.ends_handshake(bytes) then return end
  local handshake = hub_protocol.read_handshake(self.buffer:take())
  if handshake.error then return self:close(handshake.error) end
  self.protocol, self.binary = handshake.protocol, handshake.protocol.binary
  self.parser = self.protocol.parser(self.service.limits.message)
  self.state = "open"
  write(self, hub_protocol.handshake_answer(), true)
  self.hub = self.service:keep_hub(self.hub_name)
  self.hub:add(self)
  if #handshake.rest > 0 then receive_messages(self, handshake.rest) end
end

--- Takes what the client sent, split anywhere.
function Session:receive(bytes)
  self.last_received = self.service.now()
  if self.state == "handshake" then
    receive_handshake(self, bytes)
  elseif self.state == "open" then
    receive_messages(self, bytes)
  end
end

--- Asks the client and waits for its Completion.
-- @tparam table message outgoing Invocation
-- @tparam string id the message's invocationId
-- @tparam table invocation { deadline (seconds), finish(outcome) } ; outcome = { result, error, gone, silent }
function Session:invoke(message, id, invocation)
  self.invocations[id] = invocation
  if self:deliver(message) then return end
  self.invocations[id] = nil
  invocation.finish { unsupported = true }
end

--- An invocationId that this connection has not used.
function Session:new_invocation_id()
  repeat
    self.next_invocation = self.next_invocation + 1
  until not self.invocations[("%d"):format(self.next_invocation)]
  return ("%d"):format(self.next_invocation)
end

local function give_up_invocations(self, now)
  local late = {}
  for id, invocation in pairs(self.invocations) do
    if invocation.deadline <= now then late[#late + 1] = id end
  end
  for _, id in ipairs(late) do
    local invocation = self.invocations[id]
    self.invocations[id] = nil
    if invocation then invocation.finish { silent = true } end
  end
end

--- Pings, and ends what has taken too long. Called about once a second.
function Session:tick(now)
  local limits = self.service.limits
  if self.state == "handshake" then
    if now - self.opened_at >= limits.handshake_timeout then self:close("Handshake was not sent in time.") end
    return
  end
  if self.expires_at and now >= self.expires_at then
    return self:close("Connection closed: the authentication expired.")
  end
  if now - self.last_received >= limits.client_timeout then
    return self:close("Connection closed: nothing was received from the client in time.")
  end
  give_up_invocations(self, now)
  if now - self.last_sent >= limits.keep_alive then self:deliver(PING) end
end

return M
