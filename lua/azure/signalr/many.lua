-- SPDX-License-Identifier: MIT
--- Several users, groups or connections of a hub: one message to each of them, a bounded number at a time.
-- Made by hub:users, hub:groups and hub:connections. The service has no operation for it: these are as many requests.
-- What is wrong with one name is that one's error; the others get the message.
local all = require "azure.signalr.all"
local check = require "azure.signalr.check"
local connection = require "azure.signalr.connection"
local globals = require "azure.signalr.globals"
local group = require "azure.signalr.group"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local op = require "azure.signalr.operations"
local user = require "azure.signalr.user"

local M = {}

local type = type
local format = globals.string.format

local Many = handle.class("many", { hub = "hub", application = "application" }, function(it)
  return format("%d %s", #it.items, it.name)
end)
Many.__what = "a handle of many"
local methods = Many.__index
local ask = handle.ask
function Many.same() return false end

-- The fields of all, made and so checked before anything is sent.
local function make(hub, name, given, one, row)
  local where = "hub:" .. name
  local items = {}
  if type(given.ids) ~= "table" then
    check.fail("%s: an array is needed, got %s", where, check.kind_of(given.ids))
  end
  for i = 1, check.array(given.ids, where, name) do
    items[i] = one(hub, given.ids[i], where, format("%s[%d]", name, i))
  end
  local options = check.options(given.options, all.options, where)
  return handle.dress(Many, {
    context = hub.context, settings = hub.settings, hub = hub.hub, application = hub.application,
    items = items, name = name, row = row, parallel = options.parallel,
  })
end

--- hub:users.
-- @tparam table hub its fields
function M.users(hub, ids, options)
  return make(hub, "users", { ids = ids, options = options }, user.of, op.SignalR_SendToUser)
end

--- hub:groups.
-- @tparam table hub its fields
function M.groups(hub, ids, options)
  return make(hub, "groups", { ids = ids, options = options }, group.of, op.SignalR_GroupBroadcast)
end

--- hub:connections.
-- @tparam table hub its fields
function M.connections(hub, ids, options)
  return make(hub, "connections", { ids = ids, options = options }, connection.of, op.SignalR_SendToConnection)
end

-- A message that cannot be sent is the error of each.
local function send(it, form, body, problem)
  local items, row = it.items, it.row
  return all.each(#items, it.parallel, function(i) return handle.send(items[i], row, form, body, problem) end)
end

--- Sends a message to each.
-- API operations: SignalR_SendToUser, SignalR_GroupBroadcast, SignalR_SendToConnection.
-- @tparam string target the method that clients listen to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn table array in the order given: { ok = true, value = info } or { ok = false, err = error }
-- @treturn number how many are not ok
function methods:send(target, ...)
  local it = ask(self, Many, "many:send")
  return send(it, "json", message.encode(it.name .. ":send", target, ...))
end

--- Sends a message whose arguments are one array to each.
-- API operations: SignalR_SendToUser, SignalR_GroupBroadcast, SignalR_SendToConnection.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn table results, as from send
-- @treturn number how many are not ok
function methods:send_list(target, args, ...)
  local it = ask(self, Many, "many:send_list", 2, ...)
  return send(it, "json", message.encode_list(it.name .. ":send_list", target, args))
end

--- Sends bytes that are already framed for each hub protocol to each.
-- API operations: SignalR_SendToUser, SignalR_GroupBroadcast, SignalR_SendToConnection.
-- @tparam table frames protocol name -> bytes of one complete hub message
-- @treturn table results, as from send
-- @treturn number how many are not ok
function methods:send_frames(frames, ...)
  local it = ask(self, Many, "many:send_frames", 1, ...)
  return send(it, "frames", message.encode_frames(it.name .. ":send_frames", frames))
end

return M
