-- SPDX-License-Identifier: MIT
--- A stream to one connection, which the client asked for. Made by connection:stream(id).
local check = require "azure.signalr.check"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local op = require "azure.signalr.operations"

local M = {}

local Stream = handle.class("stream", function(self)
  return self.params.hub .. "/" .. self.params.connectionId .. "/" .. self.params.streamId
end)
local methods = Stream.__index

--- Makes the handle of a stream; connection:stream checks self.
function M.new(connection, id)
  check.stream(id, "connection:stream", "stream id")
  return handle.new(Stream, connection, handle.extend(connection.params, "streamId", id))
end

--- Sends one item.
-- API operation: HubProxy_SendToConnectionStream.
-- @param item any value; nil is null
-- @treturn true|nil
-- @treturn table info or error
function methods:send(item)
  check.self(self, Stream, "stream:send")
  local body = message.encode_value("stream:send", item, "item")
  return handle.call(self, op.HubProxy_SendToConnectionStream, nil, body,
    op.HubProxy_SendToConnectionStream.body.json)
end

--- Sends the last item and completes the stream.
-- API operation: HubProxy_SendToConnectionStream.
-- @param item any value; nil is null
-- @treturn true|nil
-- @treturn table info or error
function methods:send_last(item)
  check.self(self, Stream, "stream:send_last")
  local body = message.encode_value("stream:send_last", item, "item")
  return handle.call(self, op.HubProxy_SendToConnectionStream, { completed = "true" }, body,
    op.HubProxy_SendToConnectionStream.body.json)
end

--- Completes the stream; with a reason the client sees an error.
-- API operation: HubProxy_CompleteConnectionStream.
-- @tparam string|nil reason
-- @treturn true|nil
-- @treturn table info or error
function methods:complete(reason)
  check.self(self, Stream, "stream:complete")
  if reason ~= nil then check.text(reason, "stream:complete", "reason") end
  return handle.call(self, op.HubProxy_CompleteConnectionStream, reason and { reason = reason })
end

--- The same stream with other options for its calls (see hub:with).
-- @tparam table options
-- @treturn table another stream handle
function methods:with(options)
  check.self(self, Stream, "stream:with")
  return handle.with(self, options, "stream:with")
end

--- Throws: complete ends the stream, client:close releases the client.
function methods.close() handle.no_close("stream:close", "stream:complete()") end

return M
