-- SPDX-License-Identifier: MIT
--- Closing the connections of a hub, a group, a user; closing one.
local answers = require "azure.signalr.emulator.answers"
local params = require "azure.signalr.emulator.params"
local receivers = require "azure.signalr.emulator.receivers"

local M = {}

local function close_all(ctx)
  local list = ctx.broken and {} or receivers.of(ctx)
  ctx.reached = #list
  for _, session in ipairs(list) do session:close(params.text(ctx.query, "reason")) end
  if ctx.reached == 0 then ctx.hint = receivers.hint(ctx) end
  return answers.empty(204)
end

M.SignalR_CloseConnections = close_all
M.SignalR_CloseGroupConnections = close_all
M.SignalR_CloseUserConnections = close_all

function M.SignalR_CloseConnection(ctx)
  local session = receivers.of(ctx)[1]
  ctx.reached = session and 1 or 0
  if not session then
    ctx.hint = receivers.hint(ctx)
    return answers.no_connection("Warning", ctx.params.connectionId)
  end
  if not ctx.broken then session:close(params.text(ctx.query, "reason")) end
  return answers.done(200, "The connection was closed.", "Connection")
end

return M
