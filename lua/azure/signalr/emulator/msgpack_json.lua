-- SPDX-License-Identifier: MIT
--- MessagePack bytes to JSON text, keeping every 64-bit integer and every double.
-- Bytes (bin) become a base64 string and timestamps an RFC 3339 string; what JSON cannot
-- say (NaN, infinities, other extensions, text that is not UTF-8) is an error.
local base64 = require "azure.signalr.emulator.base64"
local dates = require "azure.signalr.emulator.dates"
local json_text = require "azure.signalr.emulator.json_text"
local msgpack = require "azure.signalr.emulator.msgpack"
local numbers = require "azure.signalr.emulator.numbers"
local pace = require "azure.signalr.emulator.pace"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local MAX_DEPTH = 512
local ITEM = 32 -- what converting a value costs, in bytes
local floor = math.floor

-- seconds (signed) and nanoseconds of the three forms of a timestamp
local function timestamp_parts(data)
  if #data == 4 then return numbers.unsigned(data), 0 end
  if #data == 8 then
    local high = numbers.unsigned(data:sub(1, 4))
    return high % 4 * 4294967296 + numbers.unsigned(data:sub(5, 8)), floor(high / 4)
  end
  if #data ~= 12 then return nil end
  local seconds = tonumber(numbers.integer_text(data:sub(5, 12), true))
  return seconds, numbers.unsigned(data:sub(1, 4))
end

local function timestamp(data)
  local seconds, nanoseconds = timestamp_parts(data)
  -- the years 0001 to 9999 are what RFC 3339 can spell
  if not seconds or seconds < -62135596800 or seconds > 253402300799 or nanoseconds > 999999999 then
    return nil, "a timestamp that has no RFC 3339 form"
  end
  local year, month, day = dates.civil(floor(seconds / 86400))
  local clock = seconds % 86400
  local fraction = nanoseconds == 0 and "" or (".%09d"):format(nanoseconds):gsub("0+$", "")
  return ('"%04d-%02d-%02dT%02d:%02d:%02d%sZ"'):format(year, month, day,
    floor(clock / 3600), floor(clock / 60) % 60, clock % 60, fraction)
end

local SCALAR = {}

SCALAR["nil"] = function() return "null" end
function SCALAR.boolean(value) return value and "true" or "false" end
function SCALAR.integer(text) return text end

function SCALAR.float(value)
  local text = numbers.double_text(value)
  if not text then return nil, "NaN and infinities have no JSON form" end
  return text
end

function SCALAR.str(value)
  if not utf8_text.valid(value) then return nil, "a string that is not UTF-8" end
  return json_text.quote(value)
end

function SCALAR.bin(value) return '"' .. base64.encode(value) .. '"' end

function SCALAR.ext(value)
  if value.tag == -1 then return timestamp(value.data) end
  return nil, ("extension type %d has no JSON form"):format(value.tag)
end

local KEYS = { str = true, integer = true }

local function write_key(s, pos, out)
  local kind, value, after = msgpack.read(s, pos)
  if not kind then return nil, value end
  if not KEYS[kind] then return nil, ("a map's key of type %s has no JSON form"):format(kind) end
  if kind == "integer" then
    out[#out + 1] = '"' .. value .. '"'
    return after
  end
  local text, message = SCALAR.str(value)
  out[#out + 1] = text
  return text and after, message
end

local write

local function write_items(s, pos, out, shape)
  out[#out + 1] = shape.map and "{" or "["
  local message
  for i = 1, shape.count do
    if i > 1 then out[#out + 1] = "," end
    if shape.map then
      pos, message = write_key(s, pos, out)
      if not pos then return nil, message end
      out[#out + 1] = ":"
    end
    pos, message = write(s, pos, out, shape.depth)
    if not pos then return nil, message end
  end
  out[#out + 1] = shape.map and "}" or "]"
  return pos
end

write = function(s, pos, out, depth)
  pace.spend(ITEM)
  local kind, value, after = msgpack.read(s, pos)
  if not kind then return nil, value end
  if kind == "array" or kind == "map" then
    if depth >= MAX_DEPTH then return nil, "nested deeper than " .. MAX_DEPTH end
    return write_items(s, after, out, { map = kind == "map", count = value, depth = depth + 1 })
  end
  local text, message = SCALAR[kind](value)
  if not text then return nil, message end
  out[#out + 1] = text
  return after
end

--- Converts one value that makes up the whole of `bytes`.
-- @tparam string bytes
-- @treturn string|nil JSON text, or nil and what is wrong
function M.convert(bytes)
  local out = {}
  local after, message = write(bytes, 1, out, 0)
  if not after then return nil, message end
  if after <= #bytes then return nil, "bytes after the MessagePack value" end
  return table.concat(out)
end

return M
