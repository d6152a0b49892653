-- SPDX-License-Identifier: MIT
--- What an OData filter calculates: its functions and comparisons. Positions and lengths count characters.
-- A value of nil is OData's null: what is calculated from it is null, and no comparison but eq and ne holds for it.
local ascii = require "azure.signalr.emulator.ascii"
local pace = require "azure.signalr.emulator.pace"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local floor = math.floor

-- Letters beyond ASCII whose case is changed by a fixed distance: first and last code point of the large ones.
local RANGES = {
  { 0xC0, 0xD6, 32 }, { 0xD8, 0xDE, 32 }, { 0x391, 0x3A1, 32 }, { 0x3A3, 0x3AB, 32 }, { 0x410, 0x42F, 32 },
  { 0x400, 0x40F, 80 }, { 0x531, 0x556, 48 },
}
-- Here every second one is large.
local PAIRS = { { 0x100, 0x12F }, { 0x132, 0x137 }, { 0x14A, 0x177 }, { 0x460, 0x481 }, { 0x48A, 0x4BF },
  { 0x4D0, 0x52F }, { 0x1E00, 0x1E95 }, { 0x1EA0, 0x1EFF } }
local ODD_PAIRS = { { 0x139, 0x148 }, { 0x179, 0x17E } }

local LOWER, UPPER = {}, {}

local function add(large, small)
  LOWER[utf8_text.char(large)], UPPER[utf8_text.char(small)] = utf8_text.char(small), utf8_text.char(large)
end

for _, range in ipairs(RANGES) do
  for code = range[1], range[2] do add(code, code + range[3]) end
end
for _, list in ipairs { PAIRS, ODD_PAIRS } do
  for _, range in ipairs(list) do
    for code = range[1], range[2], 2 do add(code, code + 1) end
  end
end

-- One character that is not ASCII.
local WIDE = "[\194-\244][\128-\191]+"

local function length(text)
  return utf8_text.len(text)
end

-- The byte at which the character with this number, from 0 on, begins.
local function byte_at(text, number)
  local pos = 1
  for _ = 1, number do
    pos = (text:find("[^\128-\191]", pos + 1)) or #text + 1
    pace.spend(8)
  end
  return pos
end

local function indexof(text, part)
  local at = text:find(part, 1, true)
  return at and length(text:sub(1, at - 1)) or -1
end

local function substring(text, from, count)
  from = math.max(0, floor(from))
  if from >= length(text) or (count and count < 1) then return "" end
  local rest = text:sub(byte_at(text, from))
  if not count or count >= length(rest) then return rest end
  return rest:sub(1, byte_at(rest, floor(count)) - 1)
end

local function trim(text)
  local first = text:find("[^ \t-\r]")
  if not first then return "" end
  local last = #text
  while text:find("^[ \t-\r]", last) do last = last - 1 end
  return text:sub(first, last)
end

--- The functions: the kinds of what they take (`least` of them must be given) and give.
M.FUNCTIONS = {
  startswith = { "text", "text", gives = "boolean", least = 2,
    call = function(text, part) return text:sub(1, #part) == part end },
  endswith = { "text", "text", gives = "boolean", least = 2,
    call = function(text, part) return part == "" or text:sub(-#part) == part end },
  contains = { "text", "text", gives = "boolean", least = 2,
    call = function(text, part) return text:find(part, 1, true) ~= nil end },
  indexof = { "text", "text", gives = "number", least = 2, call = indexof },
  length = { "text", gives = "number", least = 1, call = length },
  substring = { "text", "number", "number", gives = "text", least = 2, call = substring },
  tolower = { "text", gives = "text", least = 1,
    call = function(text) return (ascii.lower(text):gsub(WIDE, LOWER)) end },
  toupper = { "text", gives = "text", least = 1,
    call = function(text) return (ascii.upper(text):gsub(WIDE, UPPER)) end },
  trim = { "text", gives = "text", least = 1, call = trim },
  concat = { "text", "text", gives = "text", least = 2, call = function(a, b) return a .. b end },
}

-- Lua's own order of texts asks the locale.
local function before(a, b)
  if type(a) == "number" then return a < b end
  for i = 1, math.min(#a, #b) do
    local x, y = a:byte(i), b:byte(i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

--- The comparisons of two values of one kind.
M.COMPARISONS = {
  eq = function(a, b) return a == b end,
  ne = function(a, b) return a ~= b end,
  gt = function(a, b) return a ~= nil and b ~= nil and before(b, a) end,
  ge = function(a, b) return a ~= nil and b ~= nil and not before(a, b) end,
  lt = function(a, b) return a ~= nil and b ~= nil and before(a, b) end,
  le = function(a, b) return a ~= nil and b ~= nil and not before(b, a) end,
}

return M
