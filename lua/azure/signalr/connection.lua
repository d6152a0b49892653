-- SPDX-License-Identifier: MIT
--- One connection to a hub. Made by hub:connection(id).
local check = require "azure.signalr.check"
local enqueue = require "azure.signalr.enqueue"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local op = require "azure.signalr.operations"
local stream = require "azure.signalr.stream"

local M = {}

local Connection = handle.class("connection", function(self)
  return self.params.hub .. "/" .. self.params.connectionId
end)
local methods = Connection.__index

--- Makes the handle of a connection; hub:connection checks self. Excluded connections do not count here.
function M.new(hub, id)
  check.id(id, "hub:connection", "connection id")
  if hub.excluded then
    check.fail("hub:connection: the service excludes connections on hubs and groups only, not for a connection")
  end
  return handle.new(Connection, hub, handle.extend(hub.params, "connectionId", id))
end

--- Sends a message to the connection.
-- API operation: SignalR_SendToConnection.
-- @tparam string target the method that the client listens to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn true|nil accepted, not yet delivered
-- @treturn table info, or the error
function methods:send(target, ...)
  check.self(self, Connection, "connection:send")
  local body = message.encode("connection:send", target, ...)
  return handle.call(self, op.SignalR_SendToConnection, nil, body, op.SignalR_SendToConnection.body.json)
end

--- Puts a message to the connection into the client's queue (see hub:enqueue).
-- API operation: SignalR_SendToConnection.
-- @tparam string target
-- @param ... arguments, written now
-- @treturn true|nil
-- @treturn table error: kind queue_full, or what is too large to be sent
function methods:enqueue(target, ...)
  check.self(self, Connection, "connection:enqueue")
  local body = message.encode("connection:enqueue", target, ...)
  return enqueue.put(self, op.SignalR_SendToConnection, nil, body)
end

--- Sends a message whose arguments are one array.
-- API operation: SignalR_SendToConnection.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn true|nil
-- @treturn table info or error
function methods:send_list(target, args)
  check.self(self, Connection, "connection:send_list")
  local body = message.encode_list("connection:send_list", target, args)
  return handle.call(self, op.SignalR_SendToConnection, nil, body, op.SignalR_SendToConnection.body.json)
end

--- Sends bytes that are already framed for each hub protocol.
-- API operation: SignalR_SendToConnection.
-- @tparam table frames protocol name -> bytes of one complete hub message
-- @treturn true|nil
-- @treturn table info or error
function methods:send_frames(frames)
  check.self(self, Connection, "connection:send_frames")
  local body = message.encode_frames("connection:send_frames", frames)
  return handle.call(self, op.SignalR_SendToConnection, nil, body, op.SignalR_SendToConnection.body.frames)
end

--- Calls a method of the client and waits for its result, as long as the timeout lets it.
-- API operation: HubProxy_InvokeClientConnection.
-- @tparam string target
-- @param ... arguments
-- @treturn true|nil
-- @return the client's value, integers exact: nil if it returned nothing, signalr.null for null, the bytes of a
-- result in another hub protocol; or the error: kinds client_error, client_gone, no_answer and the common ones
-- @treturn string|nil the name of that other protocol
function methods:invoke(target, ...)
  check.self(self, Connection, "connection:invoke")
  local body = message.encode("connection:invoke", target, ...)
  return handle.call(self, op.HubProxy_InvokeClientConnection, nil, body,
    op.HubProxy_InvokeClientConnection.body.json)
end

--- The same connection with other options for its calls (see hub:with).
-- @tparam table options
-- @treturn table another connection handle
function methods:with(options)
  check.self(self, Connection, "connection:with")
  return handle.with(self, options, "connection:with")
end

--- A stream that the client asked for.
-- @tparam string id the invocation id of the client's request, 1 to 100 characters, not blank
-- @treturn table a stream handle
function methods:stream(id)
  check.self(self, Connection, "connection:stream")
  return stream.new(self, id)
end

--- Whether the connection is there.
-- API operation: SignalR_CheckConnectionExistence.
-- @treturn boolean|nil
-- @treturn table error
function methods:exists()
  check.self(self, Connection, "connection:exists")
  return handle.call(self, op.SignalR_CheckConnectionExistence)
end

local disconnect_options = { reason = check.text }

--- Disconnects the connection.
-- API operation: SignalR_CloseConnection.
-- @tparam table|nil options reason (text for the client)
-- @treturn true|nil
-- @treturn table info (absent = true if it was gone already), or the error
function methods:disconnect(options)
  check.self(self, Connection, "connection:disconnect")
  options = check.options(options, disconnect_options, "connection:disconnect")
  return handle.call(self, op.SignalR_CloseConnection, options.reason and { reason = options.reason })
end

--- Removes the connection from all groups.
-- API operation: SignalR_RemoveConnectionFromAllGroups.
-- @treturn true|nil
-- @treturn table info (absent = true if the connection is gone), or the error
function methods:leave_all()
  check.self(self, Connection, "connection:leave_all")
  return handle.call(self, op.SignalR_RemoveConnectionFromAllGroups)
end

--- Throws: disconnect ends the connection, client:close releases the client.
function methods.close() handle.no_close("connection:close", "connection:disconnect()") end

--- Throws: the service excludes connections on hubs and groups only.
function methods.except()
  check.fail("connection:except does not exist: the service excludes connections on hubs and groups")
end

return M
