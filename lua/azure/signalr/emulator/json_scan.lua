-- SPDX-License-Identifier: MIT
--- Where the values of a JSON text begin and end, by its grammar (RFC 8259).
local ascii = require "azure.signalr.emulator.ascii"
local pace = require "azure.signalr.emulator.pace"

local byte, find, sub = string.byte, string.find, string.sub

local MAX_DEPTH = 512
local ITEM = 16 -- what a value or an escape costs, in bytes
local QUOTE, BACKSLASH, COMMA, COLON = 34, 92, 44, 58
local OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT = 91, 93, 123, 125

local function blank_end(s, pos)
  local c = byte(s, pos)
  if c and c > 32 then return pos end
  return find(s, "[^ \t\r\n]", pos) or #s + 1
end

local function show(s, pos)
  if pos > #s then return "the text ends too early" end
  return "unexpected " .. ascii.show_byte(sub(s, pos, pos))
end

local function scan_string(s, pos)
  local at = pos + 1
  while true do
    local stop = find(s, '["\\%z\1-\31]', at)
    if not stop then return nil, "a string is not closed", pos end
    local c = byte(s, stop)
    if c == QUOTE then return stop end
    if c ~= BACKSLASH then return nil, "a control character must be escaped", stop end
    pace.spend(ITEM)
    if find(s, '^["\\/bfnrt]', stop + 1) then
      at = stop + 2
    elseif find(s, "^u%x%x%x%x", stop + 1) then
      at = stop + 6
    else
      return nil, "unknown escape", stop
    end
  end
end

local MINUS, ZERO, NINE = 45, 48, 57

local function scan_number(s, pos)
  local _, last = find(s, "^%-?[1-9]%d*", pos)
  if not last then _, last = find(s, "^%-?0", pos) end
  if not last then return nil, show(s, pos + 1), pos + 1 end
  local c = byte(s, last + 1)
  if c == COMMA or c == CLOSE_ARRAY or c == CLOSE_OBJECT then return last end
  local _, fraction = find(s, "^%.%d+", last + 1)
  last = fraction or last
  local _, exponent = find(s, "^[eE][+-]?%d+", last + 1)
  last = exponent or last
  if find(s, "^[A-Za-z0-9.+-]", last + 1) then return nil, show(s, last + 1), last + 1 end
  return last
end

local WORDS = { [("t"):byte()] = "true", [("f"):byte()] = "false", [("n"):byte()] = "null" }

local function scan_word(s, pos)
  local word = WORDS[byte(s, pos)]
  if word and sub(s, pos, pos + #word - 1) == word and not find(s, "^[A-Za-z0-9]", pos + #word) then
    return pos + #word - 1
  end
  return nil, show(s, pos), pos
end

local scan

local function scan_array(s, pos, depth)
  local at = blank_end(s, pos + 1)
  if byte(s, at) == CLOSE_ARRAY then return at end
  while true do
    local last, message, where = scan(s, at, depth)
    if not last then return nil, message, where end
    at = blank_end(s, last + 1)
    local c = byte(s, at)
    if c == CLOSE_ARRAY then return at end
    if c ~= COMMA then return nil, show(s, at) .. ", expected ',' or ']'", at end
    at = blank_end(s, at + 1)
  end
end

-- One `"name": value` at `at`; returns where it ends.
local function scan_member(s, at, depth)
  if byte(s, at) ~= QUOTE then return nil, show(s, at) .. ", expected a member's name", at end
  local last, message, where = scan_string(s, at)
  if not last then return nil, message, where end
  at = blank_end(s, last + 1)
  if byte(s, at) ~= COLON then return nil, show(s, at) .. ", expected ':'", at end
  return scan(s, blank_end(s, at + 1), depth)
end

local function scan_object(s, pos, depth)
  local at = blank_end(s, pos + 1)
  if byte(s, at) == CLOSE_OBJECT then return at end
  while true do
    local last, message, where = scan_member(s, at, depth)
    if not last then return nil, message, where end
    at = blank_end(s, last + 1)
    local c = byte(s, at)
    if c == CLOSE_OBJECT then return at end
    if c ~= COMMA then return nil, show(s, at) .. ", expected ',' or '}'", at end
    at = blank_end(s, at + 1)
  end
end

--- The value that begins at `pos`, with no blanks before it.
-- @treturn number|nil its last position
-- @treturn string|nil what is wrong
-- @treturn number|nil where
scan = function(s, pos, depth)
  pace.spend(ITEM)
  local c = byte(s, pos)
  if c == QUOTE then return scan_string(s, pos) end
  if c == OPEN_OBJECT or c == OPEN_ARRAY then
    if depth >= MAX_DEPTH then return nil, "nested deeper than " .. MAX_DEPTH, pos end
    return (c == OPEN_OBJECT and scan_object or scan_array)(s, pos, depth + 1)
  end
  if c and (c == MINUS or c >= ZERO and c <= NINE) then return scan_number(s, pos) end
  return scan_word(s, pos)
end

return { value = scan, string = scan_string, blank_end = blank_end, show = show }
