-- SPDX-License-Identifier: MIT
--- Several users, groups or connections of a hub: one message to each of them, a bounded number at a time.
-- Made by hub:users, hub:groups and hub:connections. The service has no operation for it: these are as many requests.
local all = require "azure.signalr.all"
local check = require "azure.signalr.check"
local connection = require "azure.signalr.connection"
local group = require "azure.signalr.group"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local op = require "azure.signalr.operations"
local user = require "azure.signalr.user"

local M = {}

local Many = handle.class("many", function(self) return ("%d %s"):format(#self.items, self.name) end)
local methods = Many.__index

function Many.__eq(a, b) return rawequal(a, b) end

local function make(hub, name, ids, options)
  local where = "hub:" .. name
  if type(ids) ~= "table" then check.fail("%s: an array is needed, got %s", where, check.kind_of(ids)) end
  options = check.options(options, all.options, where)
  local self = handle.new(Many, hub, hub.params)
  self.items, self.name, self.parallel = {}, name, options.parallel
  return self, where
end

-- The handles of all, made and so checked before anything is sent.
local function fill(self, ids, where, new)
  local hub, count = self.hub, 0
  for i = 1, #ids do
    check.id(ids[i], where, ("[%d]"):format(i))
    self.items[i] = new(hub, ids[i])
  end
  for _ in pairs(ids) do count = count + 1 end
  if count ~= #ids then check.fail("%s: the array must have no holes or other keys", where) end
  return self
end

--- hub:users.
function M.users(hub, ids, options)
  local self, where = make(hub, "users", ids, options)
  self.hub, self.row = hub, op.SignalR_SendToUser
  return fill(self, ids, where, user.new)
end

--- hub:groups.
function M.groups(hub, ids, options)
  local self, where = make(hub, "groups", ids, options)
  self.hub, self.row = hub, op.SignalR_GroupBroadcast
  return fill(self, ids, where, group.new)
end

--- hub:connections.
function M.connections(hub, ids, options)
  local self, where = make(hub, "connections", ids, options)
  self.hub, self.row = hub, op.SignalR_SendToConnection
  return fill(self, ids, where, connection.new)
end

local function send(self, body, content_type)
  local items, row = self.items, self.row
  return all.each(#items, self.parallel, function(i)
    return handle.call(items[i], row, handle.excluding(items[i]), body, content_type)
  end)
end

--- Sends a message to each.
-- API operations: SignalR_SendToUser, SignalR_GroupBroadcast, SignalR_SendToConnection.
-- @tparam string target the method that clients listen to
-- @param ... arguments; nil becomes null, trailing ones too
-- @treturn table array in the order given: { ok = true, value = info } or { ok = false, err = error }
-- @treturn number how many are not ok
function methods:send(target, ...)
  check.self(self, Many, "many:send")
  return send(self, message.encode(self.name .. ":send", target, ...), self.row.body.json)
end

--- Sends a message whose arguments are one array to each.
-- API operations: SignalR_SendToUser, SignalR_GroupBroadcast, SignalR_SendToConnection.
-- @tparam string target
-- @tparam table args an array; signalr.array(t, n) if it has holes
-- @treturn table results, as from send
-- @treturn number how many are not ok
function methods:send_list(target, args)
  check.self(self, Many, "many:send_list")
  return send(self, message.encode_list(self.name .. ":send_list", target, args), self.row.body.json)
end

--- Sends bytes that are already framed for each hub protocol to each.
-- API operations: SignalR_SendToUser, SignalR_GroupBroadcast, SignalR_SendToConnection.
-- @tparam table frames protocol name -> bytes of one complete hub message
-- @treturn table results, as from send
-- @treturn number how many are not ok
function methods:send_frames(frames)
  check.self(self, Many, "many:send_frames")
  return send(self, message.encode_frames(self.name .. ":send_frames", frames), self.row.body.frames)
end

return M
