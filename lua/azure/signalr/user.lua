-- SPDX-License-Identifier: MIT
--- A user: all connections with one user id. Made by hub:user(id).
local check = require "azure.signalr.check"
local drafts = require "azure.signalr.drafts"
local enqueue = require "azure.signalr.enqueue"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local names = require "azure.signalr.names"
local op = require "azure.signalr.operations"

local M = {}

local User = handle.class("user", { id = "user", hub = "hub", application = "application" }, function(it)
  return it.hub .. "/" .. it.user
end)
local methods = User.__index
local ask, open = handle.ask, handle.open

--- The fields of a user's handle. Excluded connections do not count for users.
-- @tparam table hub the hub's fields
-- @param id
-- @tparam string where
-- @tparam string what messages call the id
function M.of(hub, id, where, what)
  local text, problem = names.id(id, where, what)
  if hub.excluded then
    check.fail("%s: the service excludes connections on hubs and groups only, not for a user", where)
  end
  return handle.child(User, hub, "user", text, problem)
end

--- Makes the handle of a user; hub:user checks self.
function M.new(hub, id) return handle.handle(M.of(hub, id, "hub:user", "user id")) end

--- Sends a message to all connections of the user.
-- API operation: SignalR_SendToUser.
-- @tparam string target the method that clients listen to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn true|nil accepted, not yet delivered
-- @treturn table info, or the error
function methods:send(target, ...)
  local it = ask(self, User, "user:send")
  return drafts.send(it, op.SignalR_SendToUser, "user:send", target, ...)
end

--- Puts a message to all connections of the user into the client's queue (see hub:enqueue).
-- API operation: SignalR_SendToUser.
-- @tparam string target
-- @param ... arguments, written now
-- @treturn true|nil
-- @treturn table error: kind queue_full, what is too large to be sent, or what cannot be
function methods:enqueue(target, ...)
  local it = ask(self, User, "user:enqueue")
  return enqueue.put(it, op.SignalR_SendToUser, message.encode("user:enqueue", target, ...))
end

--- Sends a message whose arguments are one array.
-- API operation: SignalR_SendToUser.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn true|nil
-- @treturn table info or error
function methods:send_list(target, args, ...)
  local it = ask(self, User, "user:send_list", 2, ...)
  return handle.send(it, op.SignalR_SendToUser, "json", message.encode_list("user:send_list", target, args))
end

--- Sends bytes that are already framed for each hub protocol.
-- API operation: SignalR_SendToUser.
-- @tparam table frames protocol name -> bytes of one complete hub message
-- @treturn true|nil
-- @treturn table info or error
function methods:send_frames(frames, ...)
  local it = ask(self, User, "user:send_frames", 1, ...)
  return handle.send(it, op.SignalR_SendToUser, "frames", message.encode_frames("user:send_frames", frames))
end

--- The same user with other options for its calls (see hub:with).
-- @tparam table options
-- @treturn table another user handle
function methods:with(options, ...)
  return handle.with(open(self, User, "user:with", 1, ...), options, "user:with")
end

local function at_group(group, where)
  local text, problem = names.group(group, where, "group")
  return { "group", text, problem }
end

local join_options = { ttl = check.integer(0, 2147483647) }

--- Adds the user to a group: the connections of now and, while it lasts, later ones.
-- API operation: SignalR_AddUserToGroup.
-- @tparam string group
-- @tparam table|nil options ttl (whole seconds; 0: only the connections of this moment; without: a year at most,
-- and only the latest 100 groups of a user are kept)
-- @treturn true|nil
-- @treturn table info or error
function methods:join(group, options, ...)
  local it = ask(self, User, "user:join", 2, ...)
  local at = at_group(group, "user:join")
  local read = check.options(options, join_options, "user:join")
  return handle.call_at(it, op.SignalR_AddUserToGroup, at, read.ttl and { ttl = check.digits(read.ttl) })
end

--- Removes the user from a group.
-- API operation: SignalR_RemoveUserFromGroup.
-- @tparam string group
-- @treturn true|nil
-- @treturn table info (absent = true if the user was not in it), or the error
function methods:leave(group, ...)
  local it = ask(self, User, "user:leave", 1, ...)
  return handle.call_at(it, op.SignalR_RemoveUserFromGroup, at_group(group, "user:leave"))
end

--- Removes the user from all groups.
-- API operation: SignalR_RemoveUserFromAllGroups.
-- @treturn true|nil
-- @treturn table info or error
function methods:leave_all(...)
  return handle.call(ask(self, User, "user:leave_all", 0, ...), op.SignalR_RemoveUserFromAllGroups)
end

--- Whether the user is in a group.
-- API operation: SignalR_CheckUserExistenceInGroup.
-- @tparam string group
-- @treturn boolean|nil
-- @treturn table error
function methods:in_group(group, ...)
  local it = ask(self, User, "user:in_group", 1, ...)
  return handle.call_at(it, op.SignalR_CheckUserExistenceInGroup, at_group(group, "user:in_group"))
end

--- Whether the user has a connection.
-- API operation: SignalR_CheckUserExistence.
-- @treturn boolean|nil
-- @treturn table error
function methods:exists(...)
  return handle.call(ask(self, User, "user:exists", 0, ...), op.SignalR_CheckUserExistence)
end

--- Disconnects the user.
-- API operation: SignalR_CloseUserConnections.
-- @tparam table|nil options reason (text for the clients), except (array of connection ids)
-- @treturn true|nil
-- @treturn table info or error
function methods:close_connections(options, ...)
  local it = ask(self, User, "user:close_connections", 1, ...)
  return handle.close_connections(it, op.SignalR_CloseUserConnections, options, "user:close_connections")
end

return M
