-- SPDX-License-Identifier: MIT
--- Messages written where they go on the wire (core.draft), over transports that take them; over others they are texts.
local call = require "azure.signalr.call"
local errors = require "azure.signalr.errors"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local request = require "azure.signalr.request"

local M = {}

-- Where an operation's drafts go, made when first used.
local function place_of(it, op)
  local places = it.places
  if not places then
    places = {}
    it.places = places
  end
  local place = places[op]
  if not place then
    local context = it.context
    place = request.place(op, handle.target(it, op), {
      content_type = op.body.json, agent = context.agent, line = context.credential.line,
    })
    places[op] = place
  end
  return place
end

--- Sends a message.
-- @tparam table it a handle's fields
-- @tparam table op a row of operations.lua
-- @tparam string where the method
-- @param target
-- @param ... the message's arguments
-- @treturn true|nil
-- @treturn table info or error
function M.send(it, op, where, target, ...)
  if not it.context.drafts or it.problem or it.settings.deadline or it.excluded and not op.takes_excluded then
    return handle.send(it, op, "json", message.encode(where, target, ...))
  end
  local place = place_of(it, op)
  local draft, problem = message.draft(where, place, target, ...)
  if not draft then return nil, errors.about(errors.invalid(op.id, problem), it) end
  return call.send(it, op, place, draft)
end

return M
