-- SPDX-License-Identifier: MIT
--- JSON as text: checked and sliced, so that what a sender wrote is what a receiver reads.
-- User data are never decoded here; `decode` is for the service's own envelopes.
local ascii = require "azure.signalr.emulator.ascii"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local byte, find, sub = string.byte, string.find, string.sub

--- JSON null as `decode` gives it.
M.null = setmetatable({}, { __tostring = function() return "null" end, __name = "json null" })

local MAX_DEPTH = 512
local QUOTE, BACKSLASH, COMMA, COLON = 34, 92, 44, 58
local OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT = 91, 93, 123, 125

local function blank_end(s, pos)
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
    if find(s, '^["\\/bfnrt]', stop + 1) then
      at = stop + 2
    elseif find(s, "^u%x%x%x%x", stop + 1) then
      at = stop + 6
    else
      return nil, "unknown escape", stop
    end
  end
end

local function scan_number(s, pos)
  local _, last = find(s, "^%-?0", pos)
  if not last then _, last = find(s, "^%-?[1-9]%d*", pos) end
  if not last then return nil, show(s, pos + 1), pos + 1 end
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

-- The value that begins at `pos` (no blanks before it): its last position, or nil, message, position.
scan = function(s, pos, depth)
  local c = byte(s, pos)
  if c == QUOTE then return scan_string(s, pos) end
  if c == OPEN_OBJECT or c == OPEN_ARRAY then
    if depth >= MAX_DEPTH then return nil, "nested deeper than " .. MAX_DEPTH, pos end
    return (c == OPEN_OBJECT and scan_object or scan_array)(s, pos, depth + 1)
  end
  if c and find(s, "^[%-%d]", pos) then return scan_number(s, pos) end
  return scan_word(s, pos)
end

--- Checks that a text is exactly one JSON value in UTF-8.
-- @tparam string text
-- @treturn string|nil the value's slice, without blanks around it
-- @treturn string|nil what is wrong, naming position, line and column
-- @treturn number|nil the position
function M.check(text)
  local ok, wrong = utf8_text.valid(text)
  local message, first, last = "not UTF-8", nil, nil
  if ok then
    first = blank_end(text, 1)
    last, message, wrong = scan(text, first, 0)
  end
  if last then
    wrong = blank_end(text, last + 1)
    if wrong > #text then return sub(text, first, last) end
    message = show(text, wrong) .. " after the value"
  end
  local before = sub(text, 1, wrong - 1)
  local _, lines = before:gsub("\n", "")
  return nil, ("malformed JSON at position %d (line %d, column %d): %s"):format(
    wrong, lines + 1, #before:match("[^\n]*$") + 1, message), wrong
end

--- The position of the first character from `pos` on that is not blank.
M.next = blank_end

--- The last position of the value that begins at `pos` of a checked text.
function M.last_of(s, pos)
  return scan(s, pos, 0)
end

--- What a checked slice is: "string", "number", "object", "array", "boolean", "null".
function M.kind(slice)
  local c = byte(slice, 1)
  if c == QUOTE then return "string" end
  if c == OPEN_OBJECT then return "object" end
  if c == OPEN_ARRAY then return "array" end
  if slice == "null" then return "null" end
  return (slice == "true" or slice == "false") and "boolean" or "number"
end

--- The elements of a checked array, as slices.
function M.elements(slice)
  local list, at = {}, blank_end(slice, 2)
  while byte(slice, at) ~= CLOSE_ARRAY do
    local last = scan(slice, at, 0)
    list[#list + 1] = sub(slice, at, last)
    at = blank_end(slice, last + 1)
    if byte(slice, at) == COMMA then at = blank_end(slice, at + 1) end
  end
  return list
end

local ESCAPES = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function unescape_pair(high, low)
  high, low = tonumber(high, 16), tonumber(low, 16)
  if high < 0xD800 or high > 0xDBFF or low < 0xDC00 or low > 0xDFFF then return nil end
  return utf8_text.char(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)
end

local function unescape_one(hex)
  local code = tonumber(hex, 16)
  -- half of a pair has no UTF-8 form
  if code >= 0xD800 and code <= 0xDFFF then return "\239\191\189" end
  return utf8_text.char(code)
end

--- The text of a checked string slice.
function M.unquote(slice)
  local body = sub(slice, 2, -2)
  if not find(body, "\\", 1, true) then return body end
  local out, at = {}, 1
  while true do
    local stop = find(body, "\\", at, true)
    out[#out + 1] = sub(body, at, (stop or 0) - 1)
    if not stop then return table.concat(out) end
    local c = sub(body, stop + 1, stop + 1)
    if c ~= "u" then
      out[#out + 1], at = ESCAPES[c], stop + 2
    else
      local high, low = body:match("^(%x%x%x%x)\\u(%x%x%x%x)", stop + 2)
      local pair = high and unescape_pair(high, low)
      out[#out + 1] = pair or unescape_one(sub(body, stop + 2, stop + 5))
      at = stop + (pair and 12 or 6)
    end
  end
end

--- The members of a checked object: an array of { name, slice }, in order.
function M.members(slice)
  local list, at = {}, blank_end(slice, 2)
  while byte(slice, at) ~= CLOSE_OBJECT do
    local name_end = scan_string(slice, at)
    local colon = blank_end(slice, name_end + 1)
    local first = blank_end(slice, colon + 1)
    local last = scan(slice, first, 0)
    list[#list + 1] = { M.unquote(sub(slice, at, name_end)), sub(slice, first, last) }
    at = blank_end(slice, last + 1)
    if byte(slice, at) == COMMA then at = blank_end(slice, at + 1) end
  end
  return list
end

--- The members of a checked object by name; of a name given twice the last one counts.
function M.fields(slice)
  local fields = {}
  for _, member in ipairs(M.members(slice)) do fields[member[1]] = member[2] end
  return fields
end

--- The members of a checked object by their names in lower case, as the service reads its own envelopes.
function M.envelope(slice)
  local fields = {}
  for _, member in ipairs(M.members(slice)) do fields[ascii.lower(member[1])] = member[2] end
  return fields
end

--- A checked slice as a Lua value; null is `M.null`. For envelopes, not for user data.
function M.decode(slice)
  local kind = M.kind(slice)
  if kind == "string" then return M.unquote(slice) end
  if kind == "number" then return tonumber(slice) end
  if kind == "null" then return M.null end
  if kind == "boolean" then return slice == "true" end
  local value = {}
  if kind == "array" then
    for i, element in ipairs(M.elements(slice)) do value[i] = M.decode(element) end
  else
    for name, member in pairs(M.fields(slice)) do value[name] = M.decode(member) end
  end
  return value
end

local CONTROL = { ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
  ['"'] = '\\"', ["\\"] = "\\\\" }

--- A string as a JSON string.
function M.quote(s)
  return '"' .. s:gsub('[%z\1-\31"\\]', function(c)
    return CONTROL[c] or ("\\u%04x"):format(byte(c))
  end) .. '"'
end

--- An object from name/text pairs; a pair whose text is nil or false is left out.
-- `M.object("a", "1", "b", nil)` is `{"a":1}`.
function M.object(...)
  local out = {}
  for i = 1, select("#", ...), 2 do
    local name, text = select(i, ...)
    if text then out[#out + 1] = M.quote(name) .. ":" .. text end
  end
  return "{" .. table.concat(out, ",") .. "}"
end

return M
