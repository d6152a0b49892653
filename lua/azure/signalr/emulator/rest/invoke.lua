-- SPDX-License-Identifier: MIT
--- A client's method called and its result awaited. The statuses of what can go wrong are this
-- emulator's own choice: the service documents none.
local answers = require "azure.signalr.emulator.answers"
local body = require "azure.signalr.emulator.body"
local json_text = require "azure.signalr.emulator.json_text"
local receivers = require "azure.signalr.emulator.receivers"

local M = {}

local function answer_of(ctx, outcome)
  if outcome.gone then
    return answers.error(404, "Error.Connection.NotExisted",
      "The connection ended before the client answered.", "connectionId")
  elseif outcome.silent then
    return answers.error(504, "Error.Connection.Timeout",
      ("The client did not answer within %d seconds."):format(math.floor(ctx.service.limits.invoke_timeout)))
  elseif outcome.unsupported then
    return answers.bad_request("the body has no frame for the protocol of this client", "body")
  elseif outcome.error then
    return answers.error(400, "Error.Connection.InvocationFailed", outcome.error)
  end
  return answers.json(200, json_text.object("result", outcome.result and outcome.result:json()))
end

-- The invocationId of a message that came framed: its sender chose it.
local function id_of_frame(ctx, session, frames)
  local frame = frames[session.protocol.name]
  if not frame then return nil, "the body has no frame for the protocol of this client" end
  local messages, message = session.protocol.parser(ctx.service.limits.body):feed(frame)
  if not messages then return nil, message end
  local first = messages[1]
  if #messages ~= 1 or first.type ~= 1 or not first.id then
    return nil, "the frame must hold one Invocation with an invocationId"
  end
  if session.invocations[first.id] then return nil, "the invocationId is in use" end
  return first.id
end

function M.HubProxy_InvokeClientConnection(ctx)
  local message, refusal = body.message(ctx)
  if not message then return refusal end
  local session = receivers.of(ctx)[1]
  ctx.reached = session and 1 or 0
  if not session then
    ctx.hint = receivers.hint(ctx)
    return answers.no_connection("Error", ctx.params.connectionId)
  end
  if ctx.broken then return answers.json(200, "{}") end
  local id, wrong
  if message.frames then
    id, wrong = id_of_frame(ctx, session, message.frames)
    if not id then return answers.bad_request(wrong, "body") end
  else
    id = session:new_invocation_id()
  end
  session:invoke(body.outgoing(message, id), id, {
    deadline = ctx.service.now() + ctx.service.limits.invoke_timeout,
    finish = function(outcome) ctx.respond(answer_of(ctx, outcome)) end,
  })
  return nil
end

return M
