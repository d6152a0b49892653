-- SPDX-License-Identifier: MIT
--- A group of connections in a hub. Made by hub:group(name).
local drafts = require "azure.signalr.drafts"
local enqueue = require "azure.signalr.enqueue"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local names = require "azure.signalr.names"
local op = require "azure.signalr.operations"
local pages = require "azure.signalr.pages"

local M = {}

local Group = handle.class("group", { name = "group", hub = "hub", application = "application" }, function(it)
  return it.hub .. "/" .. it.group
end)
local methods = Group.__index
local ask, open = handle.ask, handle.open

--- The fields of a group's handle.
-- @tparam table hub the hub's fields
-- @param name
-- @tparam string where
-- @tparam string what messages call the name
function M.of(hub, name, where, what)
  local text, problem = names.group(name, where, what)
  return handle.child(Group, hub, "group", text, problem)
end

--- Makes the handle of a group; hub:group checks self.
function M.new(hub, name) return handle.handle(M.of(hub, name, "hub:group", "group")) end

--- Sends a message to all connections of the group.
-- API operation: SignalR_GroupBroadcast.
-- @tparam string target the method that clients listen to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn true|nil accepted, not yet delivered
-- @treturn table info, or the error
function methods:send(target, ...)
  local it = ask(self, Group, "group:send")
  return drafts.send(it, op.SignalR_GroupBroadcast, "group:send", target, ...)
end

--- Puts a message to all connections of the group into the client's queue (see hub:enqueue).
-- API operation: SignalR_GroupBroadcast.
-- @tparam string target
-- @param ... arguments, written now
-- @treturn true|nil
-- @treturn table error: kind queue_full, what is too large to be sent, or what cannot be
function methods:enqueue(target, ...)
  local it = ask(self, Group, "group:enqueue")
  return enqueue.put(it, op.SignalR_GroupBroadcast, message.encode("group:enqueue", target, ...))
end

--- Sends a message whose arguments are one array.
-- API operation: SignalR_GroupBroadcast.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn true|nil
-- @treturn table info or error
function methods:send_list(target, args, ...)
  local it = ask(self, Group, "group:send_list", 2, ...)
  return handle.send(it, op.SignalR_GroupBroadcast, "json", message.encode_list("group:send_list", target, args))
end

--- Sends bytes that are already framed for each hub protocol.
-- API operation: SignalR_GroupBroadcast.
-- @tparam table frames protocol name -> bytes of one complete hub message
-- @treturn true|nil
-- @treturn table info or error
function methods:send_frames(frames, ...)
  local it = ask(self, Group, "group:send_frames", 1, ...)
  return handle.send(it, op.SignalR_GroupBroadcast, "frames", message.encode_frames("group:send_frames", frames))
end

--- The same group without some connections; accumulates. Counts for send* and close_connections.
-- @tparam table ids array of connection ids
-- @treturn table another group handle
function methods:except(ids, ...)
  return handle.except(open(self, Group, "group:except", 1, ...), ids, "group:except")
end

--- The same group with other options for its calls (see hub:with).
-- @tparam table options
-- @treturn table another group handle
function methods:with(options, ...)
  return handle.with(open(self, Group, "group:with", 1, ...), options, "group:with")
end

local function at_connection(connection_id, where)
  local text, problem = names.id(connection_id, where, "connection id")
  return { "connectionId", text, problem }
end

--- Adds a connection to the group.
-- API operation: SignalR_AddConnectionToGroup.
-- @tparam string connection_id
-- @treturn true|nil
-- @treturn table info, or the error: kind not_found if there is no such connection
function methods:add(connection_id, ...)
  local it = ask(self, Group, "group:add", 1, ...)
  return handle.call_at(it, op.SignalR_AddConnectionToGroup, at_connection(connection_id, "group:add"))
end

--- Removes a connection from the group.
-- API operation: SignalR_RemoveConnectionFromGroup.
-- @tparam string connection_id
-- @treturn true|nil
-- @treturn table info (absent = true if there was nothing to remove), or the error
function methods:remove(connection_id, ...)
  local it = ask(self, Group, "group:remove", 1, ...)
  return handle.call_at(it, op.SignalR_RemoveConnectionFromGroup, at_connection(connection_id, "group:remove"))
end

--- Whether anybody is in the group.
-- API operation: SignalR_CheckGroupExistence.
-- @treturn boolean|nil
-- @treturn table error
function methods:exists(...)
  return handle.call(ask(self, Group, "group:exists", 0, ...), op.SignalR_CheckGroupExistence)
end

--- Disconnects the connections of the group, but for those excluded.
-- API operation: SignalR_CloseGroupConnections.
-- @tparam table|nil options reason (text for the clients), except (array of connection ids)
-- @treturn true|nil
-- @treturn table info or error
function methods:close_connections(options, ...)
  local it = ask(self, Group, "group:close_connections", 1, ...)
  return handle.close_connections(it, op.SignalR_CloseGroupConnections, options, "group:close_connections")
end

--- The members of the group, connections, for a loop; pages are fetched when they are reached.
-- The one place that throws an error object (errors.lua): a loop cannot return it.
-- API operation: HubProxy_ListConnectionsInGroup.
-- @tparam table|nil options page_size (1 to 200), top (at most so many in all), token (where to go on)
-- @treturn function iterator over { connection_id =, user_id = }
function methods:members(options, ...)
  return pages.each(ask(self, Group, "group:members", 1, ...), options, "group:members")
end

--- Another name of members.
-- API operation: HubProxy_ListConnectionsInGroup.
function methods:connections(options, ...)
  return pages.each(ask(self, Group, "group:connections", 1, ...), options, "group:connections")
end

--- The members of the group as one array. One timeout counts for all of it.
-- API operation: HubProxy_ListConnectionsInGroup.
-- @tparam table|nil options page_size, top, token
-- @treturn table|nil array of { connection_id =, user_id = }
-- @treturn table error
-- @treturn table what had been read before it, with token = where to go on
function methods:list(options, ...)
  return pages.list(ask(self, Group, "group:list", 1, ...), options, "group:list")
end

--- The members of the group page by page: pages:next() gives { items =, token = }, nil at the end, or nil and an error,
-- after which it may be called again.
-- API operation: HubProxy_ListConnectionsInGroup.
-- @tparam table|nil options page_size, top, token
-- @treturn table pages
function methods:pages(options, ...)
  return pages.new(open(self, Group, "group:pages", 1, ...), options, "group:pages")
end

return M
