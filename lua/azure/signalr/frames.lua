-- SPDX-License-Identifier: MIT
--- The little of MessagePack that application/octet-stream needs: a map from text to bytes.
local order = require "azure.signalr.bytes"
local globals = require "azure.signalr.globals"

local M = {}

local ipairs, pairs = ipairs, pairs
local char, floor = globals.string.char, globals.math.floor
local concat = globals.table.concat

local function big_endian(value, bytes)
  local out = {}
  for i = bytes, 1, -1 do
    out[i] = char(value % 256)
    value = floor(value / 256)
  end
  return concat(out)
end

local function text(value)
  local n = #value
  if n < 32 then return char(160 + n) .. value end
  if n < 256 then return "\217" .. char(n) .. value end
  return "\218" .. big_endian(n, 2) .. value
end

local function binary(value)
  local n = #value
  if n < 256 then return "\196" .. char(n) .. value end
  if n < 65536 then return "\197" .. big_endian(n, 2) .. value end
  return "\198" .. big_endian(n, 4) .. value
end

local function map_header(n)
  return n < 16 and char(128 + n) or "\222" .. big_endian(n, 2)
end

--- Encodes a map, in the order of its names.
-- @tparam table map text -> bytes
-- @treturn string
function M.encode(map)
  local names = {}
  for name in pairs(map) do names[#names + 1] = name end
  order.sort(names)
  local parts = { map_header(#names) }
  for _, name in ipairs(names) do
    parts[#parts + 1] = text(name)
    parts[#parts + 1] = binary(map[name])
  end
  return concat(parts)
end

return M
