-- SPDX-License-Identifier: MIT
--- JSON as text: checked and sliced, so that what a sender wrote is what a receiver reads.
-- User data are never decoded here; `decode` is for the service's own envelopes.
local ascii = require "azure.signalr.emulator.ascii"
local json_scan = require "azure.signalr.emulator.json_scan"
local pace = require "azure.signalr.emulator.pace"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local byte, find, sub = string.byte, string.find, string.sub

--- JSON null as `decode` gives it.
M.null = setmetatable({}, { __tostring = function() return "null" end, __name = "json null" })

local PIECE = 4096 -- bytes that are written between two looks at the pace
local ITEM = 16 -- what a line or an escape costs, in bytes

local blank_end, scan, scan_string = json_scan.blank_end, json_scan.value, json_scan.string
local QUOTE, COMMA, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT = 34, 44, 91, 93, 123, 125

local function place_of(text, pos)
  local line, before = 1, 0
  while true do
    local at = find(text, "\n", before + 1, true)
    if not at or at >= pos then return line, pos - before end
    line, before = line + 1, at
    pace.spend(ITEM)
  end
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
    message = json_scan.show(text, wrong) .. " after the value"
  end
  local line, column = place_of(text, wrong)
  return nil, ("malformed JSON at position %d (line %d, column %d): %s"):format(wrong, line, column, message), wrong
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
    pace.spend(ITEM)
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

local SPECIAL = '[%z\1-\31"\\]'

local function escape(c)
  return CONTROL[c] or ("\\u%04x"):format(byte(c))
end

--- A string as a JSON string.
function M.quote(s)
  if not find(s, SPECIAL) then return '"' .. s .. '"' end
  local out = { '"' }
  for from = 1, #s, PIECE do
    out[#out + 1] = sub(s, from, from + PIECE - 1):gsub(SPECIAL, escape)
    pace.spend(PIECE)
  end
  out[#out + 1] = '"'
  return table.concat(out)
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
