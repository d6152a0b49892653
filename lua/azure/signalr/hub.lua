-- SPDX-License-Identifier: MIT
--- A hub: everybody who is connected to it. Made by client:hub(name).
--
-- Methods that ask the service return nil and an error (errors.lua) when it or the network fails, and throw a
-- string at the caller's line when they are misused. They take the per-call options of hub:with.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local command = require "azure.signalr.command"
local connection = require "azure.signalr.connection"
local enqueue = require "azure.signalr.enqueue"
local group = require "azure.signalr.group"
local handle = require "azure.signalr.handle"
local many = require "azure.signalr.many"
local message = require "azure.signalr.message"
local negotiate = require "azure.signalr.negotiate"
local op = require "azure.signalr.operations"
local request = require "azure.signalr.request"
local user = require "azure.signalr.user"

local M = {}

local Hub = handle.class("hub", function(self)
  local application = self.params.application
  return self.params.hub .. (application and " of " .. application or "")
end)
local methods = Hub.__index

local hub_options = { application = check.hub }

--- Makes the handle of a hub; client:hub checks self.
-- @tparam table client
-- @tparam string name
-- @tparam table|nil given application
function M.new(client, name, given)
  check.hub(name, "client:hub", "hub")
  given = check.options(given, hub_options, "client:hub")
  local application = given.application and core.lower(given.application) or client.context.config.application
  return handle.new(Hub, client, {
    hub = core.lower(name),
    application = application,
    query_prefix = request.query_prefix(application),
  })
end

--- Sends a message to everybody on the hub.
-- API operation: SignalR_Broadcast.
-- @tparam string target the method that clients listen to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn true|nil accepted, not yet delivered
-- @treturn table info (the ServiceResponse, if there was one), or the error
function methods:send(target, ...)
  check.self(self, Hub, "hub:send")
  local body = message.encode("hub:send", target, ...)
  return handle.call(self, op.SignalR_Broadcast, handle.excluding(self), body, op.SignalR_Broadcast.body.json)
end

--- Puts a message to everybody on the hub into the client's queue: it is sent without anybody waiting for it.
-- API operation: SignalR_Broadcast.
-- @tparam string target
-- @param ... arguments, written now: a table may be changed afterwards
-- @treturn true|nil
-- @treturn table error: kind queue_full, or what is too large to be sent
function methods:enqueue(target, ...)
  check.self(self, Hub, "hub:enqueue")
  local body = message.encode("hub:enqueue", target, ...)
  return enqueue.put(self, op.SignalR_Broadcast, handle.excluding(self), body)
end

--- Sends a message whose arguments are one array.
-- API operation: SignalR_Broadcast.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn true|nil
-- @treturn table info or error
function methods:send_list(target, args)
  check.self(self, Hub, "hub:send_list")
  local body = message.encode_list("hub:send_list", target, args)
  return handle.call(self, op.SignalR_Broadcast, handle.excluding(self), body, op.SignalR_Broadcast.body.json)
end

--- Sends bytes that are already framed for each hub protocol.
-- API operation: SignalR_Broadcast.
-- @tparam table frames protocol name ("json", "messagepack") -> bytes of one complete hub message
-- @treturn true|nil
-- @treturn table info or error
function methods:send_frames(frames)
  check.self(self, Hub, "hub:send_frames")
  local body = message.encode_frames("hub:send_frames", frames)
  return handle.call(self, op.SignalR_Broadcast, handle.excluding(self), body, op.SignalR_Broadcast.body.frames)
end

--- The same hub without some connections; accumulates. Counts for send*, and close_connections.
-- @tparam table ids array of connection ids
-- @treturn table another hub handle
function methods:except(ids)
  check.self(self, Hub, "hub:except")
  return handle.except(self, ids, "hub:except")
end

--- The same hub with other options for its calls; carried down to what is made from it.
-- @tparam table options timeout (seconds for the whole call), retry (false or { max=, base=, cap= }), max_response
-- (bytes), on_attempt (function)
-- @treturn table another hub handle
function methods:with(options)
  check.self(self, Hub, "hub:with")
  return handle.with(self, options, "hub:with")
end

--- A group of the hub.
-- @tparam string name 1 to 1024 characters, not blank
-- @treturn table a group handle
function methods:group(name)
  check.self(self, Hub, "hub:group")
  return group.new(self, name)
end

--- A user of the hub: all connections with this user id.
-- @tparam string id
-- @treturn table a user handle
function methods:user(id)
  check.self(self, Hub, "hub:user")
  return user.new(self, id)
end

--- One connection to the hub.
-- @tparam string id
-- @treturn table a connection handle
function methods:connection(id)
  check.self(self, Hub, "hub:connection")
  return connection.new(self, id)
end

--- Several users: a message to each of them, many requests at a time.
-- @tparam table ids array of user ids
-- @tparam table|nil options parallel (at most so many at a time; 32)
-- @treturn table with send, send_list and send_frames, which return a result for each (many.lua)
function methods:users(ids, options)
  check.self(self, Hub, "hub:users")
  return many.users(self, ids, options)
end

--- Several groups: a message to each of them (see hub:users).
-- @tparam table names array of group names
-- @tparam table|nil options parallel
-- @treturn table with send, send_list and send_frames
function methods:groups(names, options)
  check.self(self, Hub, "hub:groups")
  return many.groups(self, names, options)
end

--- Several connections: a message to each of them (see hub:users).
-- @tparam table ids array of connection ids
-- @tparam table|nil options parallel
-- @treturn table with send, send_list and send_frames
function methods:connections(ids, options)
  check.self(self, Hub, "hub:connections")
  return many.connections(self, ids, options)
end

--- Disconnects everybody on the hub, but for those excluded.
-- API operation: SignalR_CloseConnections.
-- @tparam table|nil options reason (text for the clients), except (array of connection ids)
-- @treturn true|nil
-- @treturn table info or error
function methods:close_connections(options)
  check.self(self, Hub, "hub:close_connections")
  return handle.close_connections(self, op.SignalR_CloseConnections, options, "hub:close_connections")
end

local execute_options = { filter = check.some_text, everyone = check.type("boolean") }

--- Carries out commands on all connections that a filter chooses, as one transaction.
-- API operation: HubProxy_Execute.
-- @tparam table commands array made with signalr.command
-- @tparam table options filter (OData, see signalr.filter) or everyone = true: exactly one of them
-- @treturn true|nil
-- @treturn table info or error
function methods:execute(commands, options)
  check.self(self, Hub, "hub:execute")
  local body = command.encode(commands, "hub:execute")
  options = check.options(options, execute_options, "hub:execute")
  if (options.filter ~= nil) == (options.everyone == true) then
    check.fail("hub:execute: give either filter = \"...\" or everyone = true%s", options.filter and ", not both" or "")
  end
  if self.excluded then
    check.fail("hub:execute takes no excluded connections: say it in the filter, as in \"connectionId ne '...'\"")
  end
  return handle.call(self, op.HubProxy_Execute, { filter = options.filter }, body, op.HubProxy_Execute.body.json)
end

local function whole_minutes(value, where, name)
  check.integer(60, 2147483647)(value, where, name)
  if value % 60 ~= 0 then
    check.fail("%s: %s is in seconds, but the service counts whole minutes: it must be a multiple of 60, got %s",
      where, name, check.digits(value))
  end
end

local token_options = { user_id = check.id, expires_in = whole_minutes }

--- Asks the service for a token with which a client can connect. hub:negotiate signs one here, without a request.
-- API operation: HubProxy_GenerateClientToken.
-- @tparam table|nil options user_id, expires_in (seconds, a multiple of 60; the service's default is 3600)
-- @treturn string|nil token
-- @treturn table error
function methods:client_token(options)
  check.self(self, Hub, "hub:client_token")
  options = check.options(options, token_options, "hub:client_token")
  return handle.call(self, op.HubProxy_GenerateClientToken, {
    userId = options.user_id,
    minutesToExpire = options.expires_in and check.digits(options.expires_in / 60),
  })
end

--- Signs the answer to a client's negotiate request; nothing is sent. With a token provider the service lends a key
-- for it, which is kept for 55 minutes: only then there may be a request, Auth_GetAccessKey, and its errors.
-- @tparam table|nil options user_id; claims (name -> value or array of values, or an array of { name, value });
-- expires_in (seconds, default 3600); close_on_expiry, diagnostic, detailed_errors (booleans)
-- @treturn table|nil url and accessToken, as SignalR's clients read them
-- @treturn table error, of kind uri_too_long for a token over 4096 characters
function methods:negotiate(options)
  check.self(self, Hub, "hub:negotiate")
  return negotiate.answer(self, options)
end

--- Throws: close_connections disconnects people, client:close releases the client.
function methods.close() handle.no_close("hub:close", "hub:close_connections()") end

return M
