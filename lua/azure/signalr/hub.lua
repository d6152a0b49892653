-- SPDX-License-Identifier: MIT
--- A hub: everybody who is connected to it. Made by client:hub(name).
--
-- Methods that ask the service return nil and an error (errors.lua) when it or the network fails, and throw a
-- string at the caller's line when they are misused. They take the per-call options of hub:with.
local check = require "azure.signalr.check"
local command = require "azure.signalr.command"
local connection = require "azure.signalr.connection"
local drafts = require "azure.signalr.drafts"
local enqueue = require "azure.signalr.enqueue"
local filter = require "azure.signalr.filter"
local group = require "azure.signalr.group"
local handle = require "azure.signalr.handle"
local many = require "azure.signalr.many"
local message = require "azure.signalr.message"
local names = require "azure.signalr.names"
local negotiate = require "azure.signalr.negotiate"
local op = require "azure.signalr.operations"
local request = require "azure.signalr.request"
local user = require "azure.signalr.user"

local M = {}

local Hub = handle.class("hub", { name = "hub", application = "application" }, function(it)
  return it.hub .. (it.application and " of " .. it.application or "")
end)
local methods = Hub.__index
local ask, open = handle.ask, handle.open

local hub_options = { application = names.hub }

--- Makes the handle of a hub; client:hub checks self.
-- @tparam table client its fields
-- @tparam string name
-- @tparam table|nil given application
function M.new(client, name, given)
  local text, problem = names.hub(name, "client:hub", "hub")
  local options, problem_of_options = check.read(given, hub_options, "client:hub")
  local it = handle.child(Hub, client, "hub", text, problem or problem_of_options)
  it.application = options.application or client.context.config.application
  it.query_prefix = request.query_prefix(it.application)
  return handle.handle(it)
end

--- Sends a message to everybody on the hub.
-- API operation: SignalR_Broadcast.
-- @tparam string target the method that clients listen to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn true|nil accepted, not yet delivered
-- @treturn table info (the ServiceResponse, if there was one), or the error
function methods:send(target, ...)
  local it = ask(self, Hub, "hub:send")
  return drafts.send(it, op.SignalR_Broadcast, "hub:send", target, ...)
end

--- Puts a message to everybody on the hub into the client's queue: it is sent without anybody waiting for it.
-- API operation: SignalR_Broadcast.
-- @tparam string target
-- @param ... arguments, written now: a table may be changed afterwards
-- @treturn true|nil
-- @treturn table error: kind queue_full, what is too large to be sent, or what cannot be
function methods:enqueue(target, ...)
  local it = ask(self, Hub, "hub:enqueue")
  return enqueue.put(it, op.SignalR_Broadcast, message.encode("hub:enqueue", target, ...))
end

--- Sends a message whose arguments are one array.
-- API operation: SignalR_Broadcast.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn true|nil
-- @treturn table info or error
function methods:send_list(target, args, ...)
  local it = ask(self, Hub, "hub:send_list", 2, ...)
  return handle.send(it, op.SignalR_Broadcast, "json", message.encode_list("hub:send_list", target, args))
end

--- Sends bytes that are already framed for each hub protocol.
-- API operation: SignalR_Broadcast.
-- @tparam table frames protocol name ("json", "messagepack") -> bytes of one complete hub message
-- @treturn true|nil
-- @treturn table info or error
function methods:send_frames(frames, ...)
  local it = ask(self, Hub, "hub:send_frames", 1, ...)
  return handle.send(it, op.SignalR_Broadcast, "frames", message.encode_frames("hub:send_frames", frames))
end

--- The same hub without some connections; accumulates. Counts for send*, and close_connections.
-- @tparam table ids array of connection ids
-- @treturn table another hub handle
function methods:except(ids, ...)
  return handle.except(open(self, Hub, "hub:except", 1, ...), ids, "hub:except")
end

--- The same hub with other options for its calls; carried down to what is made from it.
-- @tparam table options timeout (seconds for the whole call), retry (false or { max=, base=, cap= }), max_response
-- (bytes), on_attempt (function)
-- @treturn table another hub handle
function methods:with(options, ...)
  return handle.with(open(self, Hub, "hub:with", 1, ...), options, "hub:with")
end

--- A group of the hub.
-- @tparam string name 1 to 1024 characters, not blank; a whole number stands for its digits. What is wrong with a name
-- is told to the calls (nil and an error of kind invalid), because it may come from outside.
-- @treturn table a group handle
function methods:group(name, ...)
  return group.new(open(self, Hub, "hub:group", 1, ...), name)
end

--- A user of the hub: all connections with this user id.
-- @tparam string id or a whole number; see hub:group
-- @treturn table a user handle
function methods:user(id, ...)
  return user.new(open(self, Hub, "hub:user", 1, ...), id)
end

--- One connection to the hub.
-- @tparam string id or a whole number; see hub:group
-- @treturn table a connection handle
function methods:connection(id, ...)
  return connection.new(open(self, Hub, "hub:connection", 1, ...), id)
end

--- Several users: a message to each of them, many requests at a time.
-- @tparam table ids array of user ids
-- @tparam table|nil options parallel (at most so many at a time; 32)
-- @treturn table with send, send_list and send_frames, which return a result for each (many.lua)
function methods:users(ids, options, ...)
  return many.users(open(self, Hub, "hub:users", 2, ...), ids, options)
end

--- Several groups: a message to each of them (see hub:users).
-- @tparam table names_of_groups array of group names
-- @tparam table|nil options parallel
-- @treturn table with send, send_list and send_frames
function methods:groups(names_of_groups, options, ...)
  return many.groups(open(self, Hub, "hub:groups", 2, ...), names_of_groups, options)
end

--- Several connections: a message to each of them (see hub:users).
-- @tparam table ids array of connection ids
-- @tparam table|nil options parallel
-- @treturn table with send, send_list and send_frames
function methods:connections(ids, options, ...)
  return many.connections(open(self, Hub, "hub:connections", 2, ...), ids, options)
end

--- Disconnects everybody on the hub, but for those excluded.
-- API operation: SignalR_CloseConnections.
-- @tparam table|nil options reason (text for the clients), except (array of connection ids)
-- @treturn true|nil
-- @treturn table info or error
function methods:close_connections(options, ...)
  local it = ask(self, Hub, "hub:close_connections", 1, ...)
  return handle.close_connections(it, op.SignalR_CloseConnections, options, "hub:close_connections")
end

local execute_options = { filter = filter.rule, everyone = check.type("boolean") }

--- Carries out commands on all connections that a filter chooses, as one transaction.
-- API operation: HubProxy_Execute.
-- @tparam table commands array made with signalr.command
-- @tparam table options filter (OData: a text, see signalr.filter, or an array of what signalr.filter takes) or
-- everyone = true: exactly one of them
-- @treturn true|nil
-- @treturn table info or error
function methods:execute(commands, options, ...)
  local it = ask(self, Hub, "hub:execute", 2, ...)
  local body, problem = command.encode(commands, "hub:execute")
  local read, problem_of_options = check.read(options, execute_options, "hub:execute")
  if (read.filter ~= nil) == (read.everyone == true) then
    check.fail("hub:execute: give either filter = \"...\" or everyone = true%s", read.filter and ", not both" or "")
  end
  if it.excluded then
    check.fail("hub:execute takes no excluded connections: say it in the filter, as in \"connectionId ne '...'\"")
  end
  return handle.run(it, op.HubProxy_Execute, {
    query = { filter = read.filter }, body = body, content_type = op.HubProxy_Execute.body.json,
  }, problem or problem_of_options)
end

local function whole_minutes(value, where, name)
  check.integer(60, 2147483647)(value, where, name)
  if value % 60 ~= 0 then
    check.fail("%s: %s is in seconds, but the service counts whole minutes: it must be a multiple of 60, got %s",
      where, name, check.digits(value))
  end
end

local token_options = { user_id = names.id, expires_in = whole_minutes }

--- Asks the service for a token with which a client can connect. hub:negotiate signs one here, without a request.
-- API operation: HubProxy_GenerateClientToken.
-- @tparam table|nil options user_id, expires_in (seconds, a multiple of 60; the service's default is 3600)
-- @treturn string|nil token
-- @treturn table error
function methods:client_token(options, ...)
  local it = ask(self, Hub, "hub:client_token", 1, ...)
  local read, problem = check.read(options, token_options, "hub:client_token")
  return handle.call(it, op.HubProxy_GenerateClientToken, {
    userId = read.user_id,
    minutesToExpire = read.expires_in and check.digits(read.expires_in / 60),
  }, problem)
end

--- Signs the answer to a client's negotiate request; nothing is sent. With a token provider the service lends a key
-- for it, which is kept for 55 minutes: only then there may be a request, Auth_GetAccessKey, and its errors.
-- @tparam table|nil options user_id; claims (name -> value or array of values, or an array of { name, value });
-- expires_in (seconds, default 3600); close_on_expiry, diagnostic, detailed_errors (booleans)
-- @treturn table|nil url and accessToken, as SignalR's clients read them
-- @treturn table error, of kind uri_too_long for a token over 4096 characters, of kind invalid for a user id or a claim
-- that cannot be
function methods:negotiate(options, ...)
  return negotiate.answer(ask(self, Hub, "hub:negotiate", 1, ...), options)
end

return M
