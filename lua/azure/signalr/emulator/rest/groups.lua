-- SPDX-License-Identifier: MIT
--- Joining and leaving groups, for connections and for users.
local answers = require "azure.signalr.emulator.answers"
local params = require "azure.signalr.emulator.params"

local M = {}

local MOST_SECONDS = 2147483647

-- A connection's operation: `effect(groups, session)` unless it is gone, which `level` tells of.
local function on_connection(ctx, level, effect)
  local session = ctx.hub:connection(ctx.params.connectionId)
  if not session then return answers.no_connection(level, ctx.params.connectionId) end
  if not ctx.broken then effect(ctx.hub.groups, session) end
  return answers.done(200, "Done.", "Connection")
end

function M.SignalR_AddConnectionToGroup(ctx)
  return on_connection(ctx, "Error", function(groups, session) groups:add(session, ctx.params.group) end)
end

function M.SignalR_RemoveConnectionFromGroup(ctx)
  return on_connection(ctx, "Warning", function(groups, session) groups:remove(session, ctx.params.group) end)
end

function M.SignalR_RemoveConnectionFromAllGroups(ctx)
  return on_connection(ctx, "Warning", function(groups, session) groups:remove_all(session) end)
end

function M.SignalR_AddUserToGroup(ctx)
  local user, group = ctx.params.user, ctx.params.group
  local ttl, message = params.integer(ctx.query, "ttl", { 0, MOST_SECONDS, nil })
  if ttl == false then return answers.bad_request(message, "ttl") end
  if not ctx.broken then ctx.service:keep_hub(ctx.hub_name).groups:add_user(user, group, ttl, ctx.hub:of_user(user)) end
  return answers.done(200, "Done.", "User")
end

function M.SignalR_RemoveUserFromGroup(ctx)
  local user, group = ctx.params.user, ctx.params.group
  if not ctx.broken then ctx.hub.groups:remove_user(user, group, ctx.hub:of_user(user)) end
  return answers.empty(204)
end

function M.SignalR_RemoveUserFromAllGroups(ctx)
  local user = ctx.params.user
  if not ctx.broken then ctx.hub.groups:remove_user_all(user, ctx.hub:of_user(user)) end
  return answers.empty(204)
end

return M
