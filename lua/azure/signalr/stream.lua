-- SPDX-License-Identifier: MIT
--- A stream to one connection, which the client asked for. Made by connection:stream(id).
local check = require "azure.signalr.check"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local names = require "azure.signalr.names"
local op = require "azure.signalr.operations"

local M = {}

local Stream = handle.class("stream",
  { id = "streamId", connection = "connectionId", hub = "hub", application = "application" },
  function(it) return it.hub .. "/" .. it.connectionId .. "/" .. it.streamId end)
local methods = Stream.__index
local ask, open = handle.ask, handle.open

--- Makes the handle of a stream; connection:stream checks self.
function M.new(connection, id)
  local text, problem = names.stream(id, "connection:stream", "stream id")
  return handle.handle(handle.child(Stream, connection, "streamId", text, problem))
end

local function send_item(it, where, item, query)
  local body, problem = message.encode_value(where, item, "item")
  local row = op.HubProxy_SendToConnectionStream
  return handle.run(it, row, { query = query, body = body, content_type = row.body.json }, problem)
end

--- Sends one item.
-- API operation: HubProxy_SendToConnectionStream.
-- @param item any value; nil is null
-- @treturn true|nil
-- @treturn table info or error
function methods:send(item, ...)
  return send_item(ask(self, Stream, "stream:send", 1, ...), "stream:send", item)
end

--- Sends the last item and completes the stream.
-- API operation: HubProxy_SendToConnectionStream.
-- @param item any value; nil is null
-- @treturn true|nil
-- @treturn table info or error
function methods:send_last(item, ...)
  return send_item(ask(self, Stream, "stream:send_last", 1, ...), "stream:send_last", item, { completed = "true" })
end

--- Completes the stream; with a reason the client sees an error.
-- API operation: HubProxy_CompleteConnectionStream.
-- @tparam string|nil reason
-- @treturn true|nil
-- @treturn table info or error
function methods:complete(reason, ...)
  local it = ask(self, Stream, "stream:complete", 1, ...)
  local problem
  if reason ~= nil then reason, problem = check.text(reason, "stream:complete", "reason") end
  return handle.call(it, op.HubProxy_CompleteConnectionStream, reason and { reason = reason }, problem)
end

--- The same stream with other options for its calls (see hub:with).
-- @tparam table options
-- @treturn table another stream handle
function methods:with(options, ...)
  return handle.with(open(self, Stream, "stream:with", 1, ...), options, "stream:with")
end

return M
