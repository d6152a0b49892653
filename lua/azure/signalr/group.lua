-- SPDX-License-Identifier: MIT
--- A group of connections in a hub. Made by hub:group(name).
local check = require "azure.signalr.check"
local enqueue = require "azure.signalr.enqueue"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local op = require "azure.signalr.operations"
local pages = require "azure.signalr.pages"

local M = {}

local Group = handle.class("group", function(self) return self.params.hub .. "/" .. self.params.group end)
local methods = Group.__index

--- Makes the handle of a group; hub:group checks self.
function M.new(hub, name)
  check.group(name, "hub:group", "group")
  return handle.new(Group, hub, handle.extend(hub.params, "group", name), hub.excluded)
end

--- Sends a message to all connections of the group.
-- API operation: SignalR_GroupBroadcast.
-- @tparam string target the method that clients listen to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn true|nil accepted, not yet delivered
-- @treturn table info, or the error
function methods:send(target, ...)
  check.self(self, Group, "group:send")
  local body = message.encode("group:send", target, ...)
  return handle.call(self, op.SignalR_GroupBroadcast, handle.excluding(self), body,
    op.SignalR_GroupBroadcast.body.json)
end

--- Puts a message to all connections of the group into the client's queue (see hub:enqueue).
-- API operation: SignalR_GroupBroadcast.
-- @tparam string target
-- @param ... arguments, written now
-- @treturn true|nil
-- @treturn table error: kind queue_full, or what is too large to be sent
function methods:enqueue(target, ...)
  check.self(self, Group, "group:enqueue")
  local body = message.encode("group:enqueue", target, ...)
  return enqueue.put(self, op.SignalR_GroupBroadcast, handle.excluding(self), body)
end

--- Sends a message whose arguments are one array.
-- API operation: SignalR_GroupBroadcast.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn true|nil
-- @treturn table info or error
function methods:send_list(target, args)
  check.self(self, Group, "group:send_list")
  local body = message.encode_list("group:send_list", target, args)
  return handle.call(self, op.SignalR_GroupBroadcast, handle.excluding(self), body,
    op.SignalR_GroupBroadcast.body.json)
end

--- Sends bytes that are already framed for each hub protocol.
-- API operation: SignalR_GroupBroadcast.
-- @tparam table frames protocol name -> bytes of one complete hub message
-- @treturn true|nil
-- @treturn table info or error
function methods:send_frames(frames)
  check.self(self, Group, "group:send_frames")
  local body = message.encode_frames("group:send_frames", frames)
  return handle.call(self, op.SignalR_GroupBroadcast, handle.excluding(self), body,
    op.SignalR_GroupBroadcast.body.frames)
end

--- The same group without some connections; accumulates. Counts for send* and close_connections.
-- @tparam table ids array of connection ids
-- @treturn table another group handle
function methods:except(ids)
  check.self(self, Group, "group:except")
  return handle.except(self, ids, "group:except")
end

--- The same group with other options for its calls (see hub:with).
-- @tparam table options
-- @treturn table another group handle
function methods:with(options)
  check.self(self, Group, "group:with")
  return handle.with(self, options, "group:with")
end

--- Adds a connection to the group.
-- API operation: SignalR_AddConnectionToGroup.
-- @tparam string connection_id
-- @treturn true|nil
-- @treturn table info, or the error: kind not_found if there is no such connection
function methods:add(connection_id)
  check.self(self, Group, "group:add")
  check.id(connection_id, "group:add", "connection id")
  return handle.call_at(self, op.SignalR_AddConnectionToGroup, "connectionId", connection_id)
end

--- Removes a connection from the group.
-- API operation: SignalR_RemoveConnectionFromGroup.
-- @tparam string connection_id
-- @treturn true|nil
-- @treturn table info (absent = true if there was nothing to remove), or the error
function methods:remove(connection_id)
  check.self(self, Group, "group:remove")
  check.id(connection_id, "group:remove", "connection id")
  return handle.call_at(self, op.SignalR_RemoveConnectionFromGroup, "connectionId", connection_id)
end

--- Whether anybody is in the group.
-- API operation: SignalR_CheckGroupExistence.
-- @treturn boolean|nil
-- @treturn table error
function methods:exists()
  check.self(self, Group, "group:exists")
  return handle.call(self, op.SignalR_CheckGroupExistence)
end

--- Disconnects the connections of the group, but for those excluded.
-- API operation: SignalR_CloseGroupConnections.
-- @tparam table|nil options reason (text for the clients), except (array of connection ids)
-- @treturn true|nil
-- @treturn table info or error
function methods:close_connections(options)
  check.self(self, Group, "group:close_connections")
  return handle.close_connections(self, op.SignalR_CloseGroupConnections, options, "group:close_connections")
end

--- The connections of the group, for a loop; pages are fetched when they are reached.
-- The one place that throws an error object (errors.lua): a loop cannot return it.
-- API operation: HubProxy_ListConnectionsInGroup.
-- @tparam table|nil options page_size (1 to 200), top (at most so many in all), token (where to go on)
-- @treturn function iterator over { connection_id =, user_id = }
function methods:connections(options)
  check.self(self, Group, "group:connections")
  return pages.each(self, options, "group:connections")
end

--- The connections of the group as one array. One timeout counts for all of it.
-- API operation: HubProxy_ListConnectionsInGroup.
-- @tparam table|nil options page_size, top, token
-- @treturn table|nil array of { connection_id =, user_id = }
-- @treturn table error
-- @treturn table what had been read before it, with token = where to go on
function methods:list(options)
  check.self(self, Group, "group:list")
  return pages.list(self, options, "group:list")
end

--- The connections of the group page by page: pages:next() gives { items =, token = }, nil at the end, or nil and
-- an error, after which it may be called again.
-- API operation: HubProxy_ListConnectionsInGroup.
-- @tparam table|nil options page_size, top, token
-- @treturn table pages
function methods:pages(options)
  check.self(self, Group, "group:pages")
  return pages.new(self, options, "group:pages")
end

--- Throws: close_connections disconnects people, client:close releases the client.
function methods.close() handle.no_close("group:close", "group:close_connections()") end

return M
