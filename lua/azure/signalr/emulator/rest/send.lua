-- SPDX-License-Identifier: MIT
--- Sends to a hub, a group, a user, a connection.
local answers = require "azure.signalr.emulator.answers"
local body = require "azure.signalr.emulator.body"
local receivers = require "azure.signalr.emulator.receivers"

local M = {}

local function send(ctx)
  local message, refusal = body.message(ctx)
  if not message then return refusal end
  ctx.reached = 0
  local outgoing = body.outgoing(message)
  for _, session in ipairs(ctx.broken and {} or receivers.of(ctx)) do
    if session:deliver(outgoing) then ctx.reached = ctx.reached + 1 end
  end
  if ctx.reached == 0 then ctx.hint = receivers.hint(ctx) end
  return answers.done(202, "The message was accepted.", "Request")
end

M.SignalR_Broadcast = send
M.SignalR_GroupBroadcast = send
M.SignalR_SendToUser = send
M.SignalR_SendToConnection = send

return M
