-- SPDX-License-Identifier: MIT
--- JSON text to MessagePack bytes, keeping every 64-bit integer and every double.
-- An integer without fraction stays an integer, `1.0` stays a float, `-0` is the float -0.0 (no
-- integer holds it), an integer beyond 64 bits becomes the nearest double.
local json_text = require "azure.signalr.emulator.json_text"
local msgpack = require "azure.signalr.emulator.msgpack"

local pace = require "azure.signalr.emulator.pace"

local M = {}

local ITEM = 32 -- what converting a value costs, in bytes

local byte, sub = string.byte, string.sub
local QUOTE, COMMA, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT = 34, 44, 91, 93, 123, 125

local function number(slice)
  local packed = slice ~= "-0" and slice:find("^%-?%d+$") and msgpack.integer(slice)
  -- "0x" aside, tonumber reads a JSON number as strtod does; ".0" keeps 5.4 from reading an integer
  return packed or msgpack.double(tonumber(slice:find("[.eE]") and slice or slice .. ".0"))
end

local WORDS = { ["true"] = msgpack.TRUE, ["false"] = msgpack.FALSE, null = msgpack.NIL }

local function scalar(slice)
  if byte(slice, 1) == QUOTE then return msgpack.str(json_text.unquote(slice)) end
  return WORDS[slice] or number(slice)
end

-- One pass: every function takes where its part begins and returns where it ends. The head of an
-- array or map gets its place first and its count when that is known.
local write

local function write_scalar(text, pos, out)
  pace.spend(ITEM)
  local last = json_text.last_of(text, pos)
  out[#out + 1] = scalar(sub(text, pos, last))
  return last
end

local function write_items(text, pos, out, map)
  local place, count = #out + 1, 0
  out[place] = ""
  local at = json_text.next(text, pos + 1)
  while byte(text, at) ~= (map and CLOSE_OBJECT or CLOSE_ARRAY) do
    if map then
      local colon = json_text.next(text, write_scalar(text, at, out) + 1)
      at = json_text.next(text, colon + 1)
    end
    at = json_text.next(text, write(text, at, out) + 1)
    if byte(text, at) == COMMA then at = json_text.next(text, at + 1) end
    count = count + 1
  end
  out[place] = (map and msgpack.map or msgpack.array)(count)
  return at
end

write = function(text, pos, out)
  local c = byte(text, pos)
  if c == OPEN_ARRAY or c == OPEN_OBJECT then return write_items(text, pos, out, c == OPEN_OBJECT) end
  return write_scalar(text, pos, out)
end

--- Converts a checked JSON value.
-- @tparam string slice one value, as `json_text.check` returns it
-- @treturn string MessagePack bytes
function M.convert(slice)
  local out = {}
  write(slice, 1, out)
  return table.concat(out)
end

return M
