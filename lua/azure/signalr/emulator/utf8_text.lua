-- SPDX-License-Identifier: MIT
--- UTF-8: validity, length, and a code point's bytes.
local pace = require "azure.signalr.emulator.pace"

local M = {}

local char, find, floor = string.char, string.find, math.floor

-- The well-formed sequences of Unicode's table 3-7, each by its first byte.
local SEQUENCES = {
  { "^[\194-\223][\128-\191]", 2 },
  { "^\224[\160-\191][\128-\191]", 3 },
  { "^[\225-\236\238\239][\128-\191][\128-\191]", 3 },
  { "^\237[\128-\159][\128-\191]", 3 },
  { "^\240[\144-\191][\128-\191][\128-\191]", 4 },
  { "^[\241-\243][\128-\191][\128-\191][\128-\191]", 4 },
  { "^\244[\128-\143][\128-\191][\128-\191]", 4 },
}

local function sequence_at(s, pos)
  for _, sequence in ipairs(SEQUENCES) do
    if find(s, sequence[1], pos) then return sequence[2] end
  end
  return nil
end

--- Whether the text is well-formed UTF-8.
-- @treturn true|nil
-- @treturn number|nil position of the first wrong byte
function M.valid(s)
  local pos = find(s, "[\128-\255]")
  while pos do
    local size = sequence_at(s, pos)
    if not size then return nil, pos end
    pos = find(s, "[\128-\255]", pos + size)
    pace.spend(8)
  end
  return true
end

--- How many characters a text has.
-- @treturn number|nil nil when it is not UTF-8
function M.len(s)
  if not M.valid(s) then return nil end
  local _, trailing = s:gsub("[\128-\191]", "")
  return #s - trailing
end

--- The bytes of one code point.
function M.char(code)
  if code < 0x80 then return char(code) end
  if code < 0x800 then return char(0xC0 + floor(code / 64), 0x80 + code % 64) end
  if code < 0x10000 then
    return char(0xE0 + floor(code / 4096), 0x80 + floor(code / 64) % 64, 0x80 + code % 64)
  end
  return char(0xF0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64,
    0x80 + floor(code / 64) % 64, 0x80 + code % 64)
end

-- White space beyond ASCII, as the reference's pattern (\s of .NET) has it.
local WIDE_SPACES = {
  "\194[\133\160]", "\225\154\128", "\226\128[\128-\138\168\169\175]", "\226\129\159", "\227\128\128",
}

--- Whether a text is made of white space alone (as group names and stream ids must not be).
function M.blank(s)
  for _, space in ipairs(WIDE_SPACES) do s = s:gsub(space, " ") end
  return not find(s, "[^ \t-\r]")
end

return M
