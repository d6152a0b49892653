-- SPDX-License-Identifier: MIT
--- The hub protocol in MessagePack: arrays, each after its length as a varint.
local byte_buffer = require "azure.signalr.emulator.byte_buffer"
local msgpack = require "azure.signalr.emulator.msgpack"
local pace = require "azure.signalr.emulator.pace"
local payload = require "azure.signalr.emulator.payload"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = { name = "messagepack", binary = true }

local NIL, NO_HEADERS = msgpack.NIL, msgpack.map(0)
local BODY = 256 -- what one costs beside its bytes
local COMPLETION_ERROR, COMPLETION_VOID, COMPLETION_RESULT = 1, 2, 3

local function varint(n)
  local out = {}
  repeat
    local low = n % 128
    n = math.floor(n / 128)
    out[#out + 1] = string.char(n > 0 and low + 128 or low)
  until n == 0
  return table.concat(out)
end

local function small(n) return string.char(n) end

local function frame(...)
  local body = msgpack.array(select("#", ...)) .. table.concat { ... }
  return varint(#body) .. body
end

--- An Invocation; `id` only when an answer is wanted.
function M.invocation(target, arguments, id)
  return frame(small(1), NO_HEADERS, id and msgpack.str(id) or NIL, msgpack.str(target),
    arguments:msgpack(), msgpack.array(0))
end

--- A StreamItem.
function M.stream_item(id, item)
  return frame(small(2), NO_HEADERS, msgpack.str(id), item:msgpack())
end

--- A Completion without result, or with an error.
function M.completion(id, err)
  if err then
    return frame(small(3), NO_HEADERS, msgpack.str(id), small(COMPLETION_ERROR), msgpack.str(err))
  end
  return frame(small(3), NO_HEADERS, msgpack.str(id), small(COMPLETION_VOID))
end

--- A Ping.
function M.ping()
  return frame(small(6))
end

--- A Close, with the reason as its error, and whether the client may come back by itself.
function M.close(err, may_return)
  return frame(small(7), err and msgpack.str(err) or NIL, may_return and msgpack.TRUE or msgpack.FALSE)
end

local function wrong(what)
  return nil, "a client's message is malformed: " .. what
end

-- The elements of the message's array as { kind, value, slice }.
local function read_elements(body)
  local kind, count, pos = msgpack.read(body, 1)
  if kind ~= "array" then return wrong("not an array") end
  local elements = {}
  for i = 1, count do
    local element_kind, value = msgpack.read(body, pos)
    local after, message = msgpack.skip(body, pos)
    if not after then return wrong(message) end
    elements[i] = { kind = element_kind, value = value, slice = body:sub(pos, after - 1) }
    pos = after
  end
  if pos <= #body then return wrong("bytes after the message") end
  return elements
end

local function string_at(elements, i)
  local element = elements[i]
  if not element or element.kind == "nil" then return nil end
  if element.kind ~= "str" or not utf8_text.valid(element.value) then return false end
  return element.value
end

local READ = {}

READ[1] = function(e)
  local message = { id = string_at(e, 3), target = string_at(e, 4) }
  if message.id == false or not message.target then return wrong("invocation") end
  return message
end

READ[2] = function(e)
  local id = string_at(e, 3)
  if not id then return wrong("invocationId") end
  return { id = id }
end

READ[3] = function(e)
  local message, kind = { id = string_at(e, 3) }, e[4] and tonumber(e[4].value)
  if not message.id then return wrong("invocationId") end
  if kind == COMPLETION_ERROR then
    message.error = string_at(e, 5)
    if not message.error then return wrong("error") end
  elseif kind == COMPLETION_RESULT and e[5] then
    local result, text = payload.from_msgpack(e[5].slice)
    if not result then return { id = message.id, error = "the client's result: " .. text } end
    message.result = result
  elseif kind ~= COMPLETION_VOID then
    return wrong("completion")
  end
  return message
end

READ[4] = function(e)
  local message = READ[1](e)
  if not (message and message.id) then return wrong("stream invocation") end
  return message
end

READ[5] = READ[2]
READ[6] = function() return {} end

READ[7] = function(e)
  return { error = string_at(e, 2) or nil }
end

local function read_body(body)
  pace.spend(BODY)
  local elements, message = read_elements(body)
  if not elements then return nil, message end
  local kind = elements[1] and elements[1].kind == "integer" and tonumber(elements[1].value)
  if not kind then return wrong("type must be an integer") end
  local read = READ[kind]
  -- a type of a later version of the protocol is to be ignored
  local result, text = (read or READ[6])(elements)
  if not result then return nil, text end
  result.type = kind
  return result
end

-- The length at `pos` and where the body begins; nothing when the varint is not complete yet.
local function read_length(data, pos)
  local length, scale = 0, 1
  for i = pos, pos + 4 do
    local code = data:byte(i)
    if not code then return nil end
    length, scale = length + code % 128 * scale, scale * 128
    if code < 128 then return length, i + 1 end
  end
  return math.huge, pos
end

local Parser = {}
Parser.__index = Parser

--- A parser of what a client sends.
-- @tparam number limit the largest message in bytes
function M.parser(limit)
  return setmetatable({ buffer = byte_buffer.new(), limit = limit, wanted = 1 }, Parser)
end

--- Takes bytes as they come, split anywhere.
-- @treturn table|nil the complete messages ({ type, id, target, error, result }), or nil and what is wrong
function Parser:feed(bytes)
  self.buffer:push(bytes)
  if self.buffer.size < self.wanted then return {} end
  local data, messages, pos = self.buffer:take(), {}, 1
  while true do
    local length, first = read_length(data, pos)
    self.wanted = length and first - pos + length or #data - pos + 2
    if not length then break end
    if length > self.limit then return nil, ("the message is larger than %d bytes"):format(self.limit) end
    if #data - pos + 1 < self.wanted then break end
    local message, wrong_text = read_body(data:sub(first, first + length - 1))
    if not message then return nil, wrong_text end
    messages[#messages + 1], pos = message, first + length
  end
  self.buffer:push(data:sub(pos))
  return messages
end

return M
