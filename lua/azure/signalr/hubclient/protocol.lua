-- SPDX-License-Identifier: MIT
-- The JSON hub protocol as a client speaks it: bytes in, messages out, and back.
-- No socket and no clock here.
local json = require "azure.signalr.hubclient.json_text"

local M = {}

local SEPARATOR = "\30"

--- Message types of the protocol by their numbers.
M.types = { "invocation", "item", "completion", "stream", "cancel", "ping", "close" }

--- The first message of every connection; it is JSON whatever the protocol.
M.handshake = '{"protocol":"json","version":1}' .. SEPARATOR

--- Whether the bytes hold the end of a message.
function M.ends_message(bytes)
  return bytes:find(SEPARATOR, 1, true) ~= nil
end

--- Cuts whole messages off the front of what was received.
-- @tparam string buffer bytes received and not yet consumed
-- @treturn table the texts of the complete messages
-- @treturn string what is left, the beginning of the next one
function M.split(buffer)
  local messages, from = {}, 1
  while true do
    local at = buffer:find(SEPARATOR, from, true)
    if not at then return messages, buffer:sub(from) end
    messages[#messages + 1] = buffer:sub(from, at - 1)
    from = at + 1
  end
end

--- Reads one message.
-- @tparam string text one message without its separator
-- @treturn table `kind` (a value of types, "handshake", or "unknown" for what a
--   later version has) and, as far as the message has them, `id`, `target`, `error`, `allow_reconnect`, and as raw
--   JSON text `arguments`, `item`, `result`
-- @return nil and a message if it cannot be understood
function M.parse(text)
  local members, why = json.members(text)
  if not members then return nil, why end
  local kind = "handshake"
  if members.type then
    if not members.type:find("^%d+$") then return nil, "a message's type is no number" end
    kind = M.types[tonumber(members.type)] or "unknown"
  end
  return {
    kind = kind, id = json.string(members.invocationId), target = json.string(members.target),
    error = json.string(members.error), allow_reconnect = members.allowReconnect == "true",
    arguments = members.arguments, item = members.item, result = members.result,
  }
end

local function message(number, rest)
  return '{"type":' .. number .. rest .. "}" .. SEPARATOR
end

local function named(id)
  return id and ',"invocationId":' .. json.quote(id) or ""
end

--- An invocation of a hub method; without an id nobody answers it.
function M.invocation(id, target, arguments)
  return message(1, named(id) .. ',"target":' .. json.quote(target) .. ',"arguments":' .. (arguments or "[]"))
end

--- Opens a stream: items and a completion with this id will follow.
function M.stream(id, target, arguments)
  return message(4, named(id) .. ',"target":' .. json.quote(target) .. ',"arguments":' .. (arguments or "[]"))
end

--- Answers an invocation with a result (JSON text); nil says there is none.
function M.completion(id, result)
  return message(3, named(id) .. (result and ',"result":' .. result or ""))
end

--- Answers an invocation with an error.
function M.failure(id, text)
  return message(3, named(id) .. ',"error":' .. json.quote(text))
end

--- Asks for the end of a stream.
function M.cancel(id)
  return message(5, named(id))
end

--- Keeps the connection alive.
function M.ping()
  return message(6, "")
end

--- Says goodbye.
function M.close()
  return message(7, "")
end

return M
