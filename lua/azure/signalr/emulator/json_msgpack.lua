-- SPDX-License-Identifier: MIT
--- JSON text to MessagePack bytes, keeping every 64-bit integer and every double.
-- An integer without fraction stays an integer, `1.0` stays a float, `-0` is the float -0.0 (no
-- integer holds it), an integer beyond 64 bits becomes the nearest double.
local json_text = require "azure.signalr.emulator.json_text"
local msgpack = require "azure.signalr.emulator.msgpack"

local M = {}

local function number(slice)
  local packed = slice ~= "-0" and slice:find("^%-?%d+$") and msgpack.integer(slice)
  -- "0x" aside, tonumber reads a JSON number as strtod does; ".0" keeps 5.4 from reading an integer
  return packed or msgpack.double(tonumber(slice:find("[.eE]") and slice or slice .. ".0"))
end

local WORDS = { ["true"] = msgpack.TRUE, ["false"] = msgpack.FALSE, null = msgpack.NIL }

local write

local function write_array(slice, out)
  local elements = json_text.elements(slice)
  out[#out + 1] = msgpack.array(#elements)
  for _, element in ipairs(elements) do write(element, out) end
end

local function write_object(slice, out)
  local members = json_text.members(slice)
  out[#out + 1] = msgpack.map(#members)
  for _, member in ipairs(members) do
    out[#out + 1] = msgpack.str(member[1])
    write(member[2], out)
  end
end

write = function(slice, out)
  local kind = json_text.kind(slice)
  if kind == "array" then
    write_array(slice, out)
  elseif kind == "object" then
    write_object(slice, out)
  elseif kind == "string" then
    out[#out + 1] = msgpack.str(json_text.unquote(slice))
  else
    out[#out + 1] = WORDS[slice] or number(slice)
  end
end

--- Converts a checked JSON value.
-- @tparam string slice one value, as `json_text.check` returns it
-- @treturn string MessagePack bytes
function M.convert(slice)
  local out = {}
  write(slice, out)
  return table.concat(out)
end

return M
