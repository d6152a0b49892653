-- SPDX-License-Identifier: MIT
--- Questions by HEAD or GET: health, and whether a connection, a group, a user, a membership is there.
local answers = require "azure.signalr.emulator.answers"

local M = {}

function M.HealthApi_GetServiceStatus(ctx)
  return answers.empty(ctx.broken and 503 or 200)
end

local function answer(ctx, is_there, code, message)
  if ctx.broken then is_there = not is_there end
  if is_there then return answers.empty(200) end
  local no = answers.error(404, code, message)
  no.reason = nil -- an answer like another, which the log need not explain
  return no
end

function M.SignalR_CheckConnectionExistence(ctx)
  local id = ctx.params.connectionId
  return answer(ctx, ctx.hub:connection(id) ~= nil, "Warning.Connection.NotExisted",
    ("There is no connection '%s'."):format(id))
end

function M.SignalR_CheckGroupExistence(ctx)
  local group = ctx.params.group
  return answer(ctx, #ctx.hub.groups:list(group) > 0, "Warning.Group.NotExisted",
    ("The group '%s' has no connection."):format(group))
end

function M.SignalR_CheckUserExistence(ctx)
  local user = ctx.params.user
  return answer(ctx, #ctx.hub:of_user(user) > 0, "Warning.User.NotExisted",
    ("The user '%s' has no connection."):format(user))
end

function M.SignalR_CheckUserExistenceInGroup(ctx)
  local user, group = ctx.params.user, ctx.params.group
  return answer(ctx, ctx.hub.groups:has_user(user, group, ctx.hub:of_user(user)), "Info.User.NotInGroup",
    ("The user '%s' is not in the group '%s'."):format(user, group))
end

return M
