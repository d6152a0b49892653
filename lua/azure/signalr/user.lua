-- SPDX-License-Identifier: MIT
--- A user: all connections with one user id. Made by hub:user(id).
local check = require "azure.signalr.check"
local enqueue = require "azure.signalr.enqueue"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local op = require "azure.signalr.operations"

local M = {}

local User = handle.class("user", function(self) return self.params.hub .. "/" .. self.params.user end)
local methods = User.__index

--- Makes the handle of a user; hub:user checks self. Excluded connections do not count for users.
function M.new(hub, id)
  check.id(id, "hub:user", "user id")
  if hub.excluded then
    check.fail("hub:user: the service excludes connections on hubs and groups only, not for a user")
  end
  return handle.new(User, hub, handle.extend(hub.params, "user", id))
end

--- Sends a message to all connections of the user.
-- API operation: SignalR_SendToUser.
-- @tparam string target the method that clients listen to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn true|nil accepted, not yet delivered
-- @treturn table info, or the error
function methods:send(target, ...)
  check.self(self, User, "user:send")
  local body = message.encode("user:send", target, ...)
  return handle.call(self, op.SignalR_SendToUser, nil, body, op.SignalR_SendToUser.body.json)
end

--- Puts a message to all connections of the user into the client's queue (see hub:enqueue).
-- API operation: SignalR_SendToUser.
-- @tparam string target
-- @param ... arguments, written now
-- @treturn true|nil
-- @treturn table error: kind queue_full, or what is too large to be sent
function methods:enqueue(target, ...)
  check.self(self, User, "user:enqueue")
  local body = message.encode("user:enqueue", target, ...)
  return enqueue.put(self, op.SignalR_SendToUser, nil, body)
end

--- Sends a message whose arguments are one array.
-- API operation: SignalR_SendToUser.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn true|nil
-- @treturn table info or error
function methods:send_list(target, args)
  check.self(self, User, "user:send_list")
  local body = message.encode_list("user:send_list", target, args)
  return handle.call(self, op.SignalR_SendToUser, nil, body, op.SignalR_SendToUser.body.json)
end

--- Sends bytes that are already framed for each hub protocol.
-- API operation: SignalR_SendToUser.
-- @tparam table frames protocol name -> bytes of one complete hub message
-- @treturn true|nil
-- @treturn table info or error
function methods:send_frames(frames)
  check.self(self, User, "user:send_frames")
  local body = message.encode_frames("user:send_frames", frames)
  return handle.call(self, op.SignalR_SendToUser, nil, body, op.SignalR_SendToUser.body.frames)
end

--- The same user with other options for its calls (see hub:with).
-- @tparam table options
-- @treturn table another user handle
function methods:with(options)
  check.self(self, User, "user:with")
  return handle.with(self, options, "user:with")
end

local join_options = { ttl = check.integer(0, 2147483647) }

--- Adds the user to a group: the connections of now and, while it lasts, later ones.
-- API operation: SignalR_AddUserToGroup.
-- @tparam string group
-- @tparam table|nil options ttl (whole seconds; 0: only the connections of this moment; without: a year at most,
-- and only the latest 100 groups of a user are kept)
-- @treturn true|nil
-- @treturn table info or error
function methods:join(group, options)
  check.self(self, User, "user:join")
  check.group(group, "user:join", "group")
  options = check.options(options, join_options, "user:join")
  return handle.call_at(self, op.SignalR_AddUserToGroup, "group", group,
    options.ttl and { ttl = check.digits(options.ttl) })
end

--- Removes the user from a group.
-- API operation: SignalR_RemoveUserFromGroup.
-- @tparam string group
-- @treturn true|nil
-- @treturn table info (absent = true if the user was not in it), or the error
function methods:leave(group)
  check.self(self, User, "user:leave")
  check.group(group, "user:leave", "group")
  return handle.call_at(self, op.SignalR_RemoveUserFromGroup, "group", group)
end

--- Removes the user from all groups.
-- API operation: SignalR_RemoveUserFromAllGroups.
-- @treturn true|nil
-- @treturn table info or error
function methods:leave_all()
  check.self(self, User, "user:leave_all")
  return handle.call(self, op.SignalR_RemoveUserFromAllGroups)
end

--- Whether the user is in a group.
-- API operation: SignalR_CheckUserExistenceInGroup.
-- @tparam string group
-- @treturn boolean|nil
-- @treturn table error
function methods:in_group(group)
  check.self(self, User, "user:in_group")
  check.group(group, "user:in_group", "group")
  return handle.call_at(self, op.SignalR_CheckUserExistenceInGroup, "group", group)
end

--- Whether the user has a connection.
-- API operation: SignalR_CheckUserExistence.
-- @treturn boolean|nil
-- @treturn table error
function methods:exists()
  check.self(self, User, "user:exists")
  return handle.call(self, op.SignalR_CheckUserExistence)
end

--- Disconnects the user.
-- API operation: SignalR_CloseUserConnections.
-- @tparam table|nil options reason (text for the clients), except (array of connection ids)
-- @treturn true|nil
-- @treturn table info or error
function methods:close_connections(options)
  check.self(self, User, "user:close_connections")
  return handle.close_connections(self, op.SignalR_CloseUserConnections, options, "user:close_connections")
end

--- Throws: close_connections disconnects the user, client:close releases the client.
function methods.close() handle.no_close("user:close", "user:close_connections()") end

--- Throws: the service excludes connections on hubs and groups only.
function methods.except()
  check.fail("user:except does not exist: the service excludes connections on hubs and groups; "
    .. "user:close_connections takes except = { ... }")
end

return M
