-- SPDX-License-Identifier: MIT
--- One connection to a hub. Made by hub:connection(id).
local check = require "azure.signalr.check"
local drafts = require "azure.signalr.drafts"
local enqueue = require "azure.signalr.enqueue"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local names = require "azure.signalr.names"
local op = require "azure.signalr.operations"
local stream = require "azure.signalr.stream"

local M = {}

local Connection = handle.class("connection", { id = "connectionId", hub = "hub", application = "application" },
  function(it) return it.hub .. "/" .. it.connectionId end)
local methods = Connection.__index
local ask, open = handle.ask, handle.open

--- The fields of a connection's handle. Excluded connections do not count here.
-- @tparam table hub the hub's fields
-- @param id
-- @tparam string where
-- @tparam string what messages call the id
function M.of(hub, id, where, what)
  local text, problem = names.id(id, where, what)
  if hub.excluded then
    check.fail("%s: the service excludes connections on hubs and groups only, not for a connection", where)
  end
  return handle.child(Connection, hub, "connectionId", text, problem)
end

--- Makes the handle of a connection; hub:connection checks self.
function M.new(hub, id) return handle.handle(M.of(hub, id, "hub:connection", "connection id")) end

--- Sends a message to the connection.
-- API operation: SignalR_SendToConnection.
-- @tparam string target the method that the client listens to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn true|nil accepted, not yet delivered
-- @treturn table info, or the error
function methods:send(target, ...)
  local it = ask(self, Connection, "connection:send")
  return drafts.send(it, op.SignalR_SendToConnection, "connection:send", target, ...)
end

--- Puts a message to the connection into the client's queue (see hub:enqueue).
-- API operation: SignalR_SendToConnection.
-- @tparam string target
-- @param ... arguments, written now
-- @treturn true|nil
-- @treturn table error: kind queue_full, what is too large to be sent, or what cannot be
function methods:enqueue(target, ...)
  local it = ask(self, Connection, "connection:enqueue")
  return enqueue.put(it, op.SignalR_SendToConnection, message.encode("connection:enqueue", target, ...))
end

--- Sends a message whose arguments are one array.
-- API operation: SignalR_SendToConnection.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn true|nil
-- @treturn table info or error
function methods:send_list(target, args, ...)
  local it = ask(self, Connection, "connection:send_list", 2, ...)
  return handle.send(it, op.SignalR_SendToConnection, "json",
    message.encode_list("connection:send_list", target, args))
end

--- Sends bytes that are already framed for each hub protocol.
-- API operation: SignalR_SendToConnection.
-- @tparam table frames protocol name -> bytes of one complete hub message
-- @treturn true|nil
-- @treturn table info or error
function methods:send_frames(frames, ...)
  local it = ask(self, Connection, "connection:send_frames", 1, ...)
  return handle.send(it, op.SignalR_SendToConnection, "frames",
    message.encode_frames("connection:send_frames", frames))
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
  local it = ask(self, Connection, "connection:invoke")
  return handle.send(it, op.HubProxy_InvokeClientConnection, "json", message.encode("connection:invoke", target, ...))
end

--- The same connection with other options for its calls (see hub:with).
-- @tparam table options
-- @treturn table another connection handle
function methods:with(options, ...)
  return handle.with(open(self, Connection, "connection:with", 1, ...), options, "connection:with")
end

--- A stream that the client asked for.
-- @tparam string id the invocation id of the client's request, 1 to 100 characters, not blank; or a whole number
-- @treturn table a stream handle
function methods:stream(id, ...)
  return stream.new(open(self, Connection, "connection:stream", 1, ...), id)
end

--- Whether the connection is there.
-- API operation: SignalR_CheckConnectionExistence.
-- @treturn boolean|nil
-- @treturn table error
function methods:exists(...)
  return handle.call(ask(self, Connection, "connection:exists", 0, ...), op.SignalR_CheckConnectionExistence)
end

local disconnect_options = { reason = check.text }

--- Disconnects the connection.
-- API operation: SignalR_CloseConnection.
-- @tparam table|nil options reason (text for the client)
-- @treturn true|nil
-- @treturn table info (absent = true if it was gone already), or the error
function methods:disconnect(options, ...)
  local it = ask(self, Connection, "connection:disconnect", 1, ...)
  local read, problem = check.read(options, disconnect_options, "connection:disconnect")
  return handle.call(it, op.SignalR_CloseConnection, read.reason and { reason = read.reason }, problem)
end

--- Removes the connection from all groups.
-- API operation: SignalR_RemoveConnectionFromAllGroups.
-- @treturn true|nil
-- @treturn table info (absent = true if the connection is gone), or the error
function methods:leave_all(...)
  return handle.call(ask(self, Connection, "connection:leave_all", 0, ...), op.SignalR_RemoveConnectionFromAllGroups)
end

return M
