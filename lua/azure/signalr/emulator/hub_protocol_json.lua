-- SPDX-License-Identifier: MIT
--- The hub protocol in JSON: records that end with 0x1E.
local byte_buffer = require "azure.signalr.emulator.byte_buffer"
local json_text = require "azure.signalr.emulator.json_text"
local pace = require "azure.signalr.emulator.pace"
local payload = require "azure.signalr.emulator.payload"

local M = { name = "json", binary = false }

local SEPARATOR = "\30"
local RECORD = 256 -- what one costs beside its bytes
local quote, object = json_text.quote, json_text.object

--- An Invocation; `id` only when an answer is wanted.
function M.invocation(target, arguments, id)
  return object("type", "1", "invocationId", id and quote(id), "target", quote(target),
    "arguments", arguments:json()) .. SEPARATOR
end

--- A StreamItem.
function M.stream_item(id, item)
  return object("type", "2", "invocationId", quote(id), "item", item:json()) .. SEPARATOR
end

--- A Completion without result, or with an error.
function M.completion(id, err)
  return object("type", "3", "invocationId", quote(id), "error", err and quote(err)) .. SEPARATOR
end

--- A Ping.
function M.ping()
  return '{"type":6}' .. SEPARATOR
end

--- A Close, with the reason as its error, and whether the client may come back by itself.
function M.close(err, may_return)
  return object("type", "7", "error", err and quote(err), "allowReconnect", may_return and "true") .. SEPARATOR
end

local function wrong(what)
  return nil, "a client's message is malformed: " .. what
end

local function string_field(fields, name)
  local slice = fields[name]
  if slice == nil or slice == "null" then return nil end
  if json_text.kind(slice) ~= "string" then return false end
  return json_text.unquote(slice)
end

local NEEDS_ID = { [2] = true, [3] = true, [4] = true, [5] = true }

local function read_fields(fields)
  local message = { type = tonumber(fields.type), id = string_field(fields, "invocationId"),
    target = string_field(fields, "target"), error = string_field(fields, "error") }
  for _, name in ipairs { "id", "target", "error" } do
    if message[name] == false then return wrong(name .. " must be a string") end
  end
  if NEEDS_ID[message.type] and not message.id then return wrong("invocationId is missing") end
  if (message.type == 1 or message.type == 4) and not message.target then return wrong("target is missing") end
  if fields.result and message.error then return wrong("a completion has both result and error") end
  message.result = fields.result and payload.from_json(fields.result)
  return message
end

local function read_record(record)
  pace.spend(RECORD)
  local slice, message = json_text.check(record)
  if not slice then return nil, message end
  if json_text.kind(slice) ~= "object" then return wrong("not an object") end
  local fields = json_text.fields(slice)
  if not (fields.type and fields.type:find("^%d+$")) then return wrong("type must be a number") end
  return read_fields(fields)
end

local Parser = {}
Parser.__index = Parser

local function too_large(self)
  return nil, ("the message is larger than %d bytes"):format(self.limit)
end

--- A parser of what a client sends.
-- @tparam number limit the largest message in bytes
function M.parser(limit)
  return setmetatable({ buffer = byte_buffer.new(), limit = limit }, Parser)
end

--- Takes bytes as they come, split anywhere.
-- @treturn table|nil the complete messages ({ type, id, target, error, result }), or nil and what is wrong
function Parser:feed(bytes)
  local messages, first = {}, 1
  local stop = bytes:find(SEPARATOR, 1, true)
  if stop and self.buffer.size > 0 then
    stop = stop + self.buffer.size
    self.buffer:push(bytes)
    bytes = self.buffer:take()
  end
  while stop do
    if stop - first > self.limit then return too_large(self) end
    local message, wrong_text = read_record(bytes:sub(first, stop - 1))
    if not message then return nil, wrong_text end
    messages[#messages + 1], first = message, stop + 1
    stop = bytes:find(SEPARATOR, first, true)
  end
  self.buffer:push(bytes:sub(first))
  if self.buffer.size > self.limit then return too_large(self) end
  return messages
end

return M
