-- SPDX-License-Identifier: MIT
--- Bodies of sends and invocations: PayloadMessage in JSON or MessagePack, or framed hub messages.
local answers = require "azure.signalr.emulator.answers"
local ascii = require "azure.signalr.emulator.ascii"
local hub_protocol = require "azure.signalr.emulator.hub_protocol"
local json_text = require "azure.signalr.emulator.json_text"
local msgpack = require "azure.signalr.emulator.msgpack"
local payload = require "azure.signalr.emulator.payload"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

--- The body as checked JSON.
-- @treturn string|nil slice
-- @treturn table|nil the answer that refuses
function M.json(ctx)
  local kind = M.content_type(ctx)
  if kind ~= "application/json" then return nil, M.unsupported(kind, "application/json") end
  local slice, message = json_text.check(ctx.req.body or "")
  if not slice then return nil, answers.bad_request("the body is " .. message, "body") end
  return slice
end

--- The media type, without parameters.
function M.content_type(ctx)
  return ascii.lower((ctx.req.headers["content-type"] or ""):match("^[ \t]*([^; \t]*)"))
end

--- 415.
function M.unsupported(kind, accepted)
  local given = "there is no Content-Type"
  if kind ~= "" then given = ("Content-Type %s is not taken"):format(ascii.clean(kind, 100)) end
  return answers.error(415, "Error.Request.UnsupportedMediaType", given .. "; accepted: " .. accepted, "Content-Type")
end

--- A PayloadMessage of checked JSON; the names of its members are compared without case.
-- @treturn table|nil { target, arguments }
-- @treturn string|nil what is wrong
-- @treturn string|nil the member it is about
function M.read_message(slice)
  if json_text.kind(slice) ~= "object" then return nil, "a PayloadMessage must be an object" end
  local fields = json_text.envelope(slice)
  local target, arguments = fields.target, fields.arguments
  if not target or json_text.kind(target) ~= "string" or target == '""' then
    return nil, "target must be a string that is not empty", "target"
  end
  if arguments == nil or arguments == "null" then arguments = "[]" end
  if json_text.kind(arguments) ~= "array" then return nil, "arguments must be an array", "arguments" end
  return { target = json_text.unquote(target), arguments = payload.from_json(arguments) }
end

local function read_json(ctx)
  local slice, refusal = M.json(ctx)
  if not slice then return nil, refusal end
  local message, text, target = M.read_message(slice)
  if not message then return nil, answers.bad_request(text, target) end
  return message
end

local function not_msgpack(message)
  return nil, answers.bad_request("the body is malformed MessagePack: " .. message, "body")
end

-- A map with string keys that makes up the whole body: name in lower case -> { kind, value, slice }.
local function read_map(bytes)
  local kind, count, pos = msgpack.read(bytes, 1)
  if not kind then return nil, count end
  if kind ~= "map" then return nil, "it must be a map, not " .. kind end
  local fields = {}
  for _ = 1, count do
    local key_kind, name, after = msgpack.read(bytes, pos)
    if not key_kind then return nil, name end
    if key_kind ~= "str" then return nil, "the map's keys must be strings" end
    local value_kind, value = msgpack.read(bytes, after)
    local message
    pos, message = msgpack.skip(bytes, after)
    if not pos then return nil, message end
    fields[ascii.lower(name)] = { kind = value_kind, value = value, slice = bytes:sub(after, pos - 1) }
  end
  if pos <= #bytes then return nil, "bytes after the map" end
  return fields
end

local EMPTY = { kind = "array", slice = msgpack.array(0) }

local function read_msgpack(ctx)
  local fields, message = read_map(ctx.req.body or "")
  if not fields then return not_msgpack(message) end
  local target, arguments = fields.target, fields.arguments
  if not target or target.kind ~= "str" or target.value == "" or not utf8_text.valid(target.value) then
    return nil, answers.bad_request("target must be a string that is not empty", "target")
  end
  if not arguments or arguments.kind == "nil" then arguments = EMPTY end
  if arguments.kind ~= "array" then return nil, answers.bad_request("arguments must be an array", "arguments") end
  local values, text = payload.from_msgpack(arguments.slice)
  if not values then return nil, answers.bad_request("arguments: " .. text, "arguments") end
  return { target = target.value, arguments = values }
end

local function read_frames(ctx)
  local fields, message = read_map(ctx.req.body or "")
  if not fields then return not_msgpack(message) end
  local frames = {}
  for name, field in pairs(fields) do
    if field.kind ~= "bin" and field.kind ~= "str" then
      local shown = ascii.clean(name, 40)
      return nil, answers.bad_request(("the frame of protocol '%s' must be bytes"):format(shown), "body")
    end
    frames[name] = field.value
  end
  if not next(frames) then return nil, answers.bad_request("the body has no frame for any protocol", "body") end
  return { frames = frames }
end

local READERS = {
  ["application/json"] = read_json,
  ["application/x-msgpack"] = read_msgpack,
  ["application/octet-stream"] = read_frames,
}

--- Reads the body of a send or an invocation.
-- @treturn table|nil { target, arguments } or { frames }
-- @treturn table|nil the answer that refuses
function M.message(ctx)
  local kind = M.content_type(ctx)
  local read = READERS[kind]
  if not read then
    return nil, M.unsupported(kind, "application/json, application/x-msgpack, application/octet-stream")
  end
  return read(ctx)
end

--- What `message` gives, as a hub message; `id` is the invocationId when an answer is wanted.
function M.outgoing(message, id)
  if message.frames then return hub_protocol.framed(message.frames) end
  return hub_protocol.outgoing(function(protocol)
    return protocol.invocation(message.target, message.arguments, id)
  end)
end

return M
