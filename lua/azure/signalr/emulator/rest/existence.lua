-- SPDX-License-Identifier: MIT
--- Questions by HEAD: health, and whether a connection, a group, a user, a membership is there.
local answers = require "azure.signalr.emulator.answers"

local M = {}

function M.HealthApi_GetServiceStatus(ctx)
  return answers.empty(ctx.broken and 503 or 200)
end

local function answer(ctx, is_there, code)
  if ctx.broken then is_there = not is_there end
  if is_there then return answers.empty(200) end
  local no = answers.empty(404)
  no.headers["x-ms-error-code"] = code
  return no
end

function M.SignalR_CheckConnectionExistence(ctx)
  return answer(ctx, ctx.hub:connection(ctx.params.connectionId) ~= nil, "Warning.Connection.NotExisted")
end

function M.SignalR_CheckGroupExistence(ctx)
  return answer(ctx, #ctx.hub.groups:list(ctx.params.group) > 0, "Warning.Group.NotExisted")
end

function M.SignalR_CheckUserExistence(ctx)
  return answer(ctx, #ctx.hub:of_user(ctx.params.user) > 0, "Warning.User.NotExisted")
end

function M.SignalR_CheckUserExistenceInGroup(ctx)
  local user, group = ctx.params.user, ctx.params.group
  return answer(ctx, ctx.hub.groups:has_user(user, group, ctx.hub:of_user(user)), "Info.User.NotInGroup")
end

return M
