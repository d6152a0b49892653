-- SPDX-License-Identifier: MIT
--- Streams that a client opened by a StreamInvocation: items to it, and its end.
local answers = require "azure.signalr.emulator.answers"
local body = require "azure.signalr.emulator.body"
local hub_protocol = require "azure.signalr.emulator.hub_protocol"
local params = require "azure.signalr.emulator.params"
local payload = require "azure.signalr.emulator.payload"

local M = {}

-- The connection whose stream it is, or nil and the answer that refuses.
local function find(ctx)
  local id, stream = ctx.params.connectionId, ctx.params.streamId
  local session = ctx.hub:connection(id)
  ctx.reached = 0
  if not session then return nil, answers.no_connection("Error", id) end
  if session.streams[stream] then return session end
  ctx.hint = "a stream's id is the invocationId of the StreamInvocation that the client sent"
  return nil, answers.error(404, "Error.Stream.NotExisted",
    ("The connection '%s' has no open stream '%s'."):format(id, stream), "streamId")
end

local function complete(ctx, session, reason)
  local id = ctx.params.streamId
  session:end_stream(id)
  session:deliver(hub_protocol.outgoing(function(protocol) return protocol.completion(id, reason) end))
end

function M.HubProxy_SendToConnectionStream(ctx)
  local completed, message = params.boolean(ctx.query, "completed")
  if completed == nil then return answers.bad_request(message, "completed") end
  local slice, refusal = body.json(ctx)
  if not slice then return refusal end
  local session
  session, refusal = find(ctx)
  if not session then return refusal end
  if not ctx.broken then
    local id, item = ctx.params.streamId, payload.from_json(slice)
    session:deliver(hub_protocol.outgoing(function(protocol) return protocol.stream_item(id, item) end))
    if completed then complete(ctx, session) end
    ctx.reached = 1
  end
  return answers.done(202, "The item was accepted.", "Connection")
end

function M.HubProxy_CompleteConnectionStream(ctx)
  local session, refusal = find(ctx)
  if not session then return refusal end
  if not ctx.broken then
    -- the reference calls it "reason", Microsoft's SDK sends "error"
    complete(ctx, session, params.text(ctx.query, "reason") or params.text(ctx.query, "error"))
    ctx.reached = 1
  end
  return answers.done(202, "The stream was completed.", "Connection")
end

return M
