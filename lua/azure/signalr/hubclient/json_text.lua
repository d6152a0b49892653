-- SPDX-License-Identifier: MIT
-- JSON by its text. A hub client hands arguments on exactly as they came in, so
-- values are cut out of the text, never decoded and encoded again: 64-bit
-- integers, `1.0` and empty arrays survive on every Lua.
local M = {}

local find, sub, byte = string.find, string.sub, string.byte

local function skip_space(text, at)
  return find(text, "[^ \t\r\n]", at) or #text + 1
end

-- Position after the string that opens at `at`, or nil.
local function skip_string(text, at)
  local from = at + 1
  while true do
    local hit = find(text, '["\\]', from)
    if not hit then return nil end
    if byte(text, hit) == 34 then return hit + 1 end
    from = hit + 2
  end
end

-- Position after the object or array that opens at `at`, or nil.
local function skip_nest(text, at)
  local depth = 0
  while true do
    local hit = find(text, '["%[%]{}]', at)
    if not hit then return nil end
    local c = sub(text, hit, hit)
    if c == '"' then
      at = skip_string(text, hit)
      if not at then return nil end
    else
      depth = depth + ((c == "{" or c == "[") and 1 or -1)
      at = hit + 1
      if depth == 0 then return at end
    end
  end
end

-- Position after the value that starts at `at`, or nil.
local function skip_value(text, at)
  local c = sub(text, at, at)
  if c == '"' then return skip_string(text, at) end
  if c == "{" or c == "[" then return skip_nest(text, at) end
  local _, last = find(text, "^[0-9A-Za-z+.-]+", at)
  return last and last + 1
end

-- After a member or element: position of the next one, or `true` at the end.
local function next_one(text, at, closing)
  at = skip_space(text, at)
  local c = sub(text, at, at)
  if c == closing then return true, skip_space(text, at + 1) end
  if c == "," then return skip_space(text, at + 1) end
  return nil
end

local function open(text, opening, closing)
  local at = skip_space(text, 1)
  if sub(text, at, at) ~= opening then return nil end
  at = skip_space(text, at + 1)
  if sub(text, at, at) == closing then return true, skip_space(text, at + 1) end
  return at
end

--- The members of an object.
-- @tparam string text a JSON object
-- @treturn table name -> the text of its value, byte for byte
-- @return nil and a message if the text is no JSON object
function M.members(text)
  local found = {}
  local at, past = open(text, "{", "}")
  while at and at ~= true do
    local name_end = sub(text, at, at) == '"' and skip_string(text, at)
    local colon = name_end and skip_space(text, name_end)
    if not colon or sub(text, colon, colon) ~= ":" then return nil, "not a JSON object" end
    local from = skip_space(text, colon + 1)
    local to = skip_value(text, from)
    if not to then return nil, "not a JSON object" end
    found[M.string(sub(text, at, name_end - 1))] = sub(text, from, to - 1)
    at, past = next_one(text, to, "}")
  end
  if not at or past <= #text then return nil, "not a JSON object" end
  return found
end

--- The elements of an array.
-- @tparam string text a JSON array
-- @treturn table the text of each element, byte for byte
-- @return nil and a message if the text is no JSON array
function M.elements(text)
  local found = {}
  local at, past = open(text, "[", "]")
  while at and at ~= true do
    local to = skip_value(text, at)
    if not to then return nil, "not a JSON array" end
    found[#found + 1] = sub(text, at, to - 1)
    at, past = next_one(text, to, "]")
  end
  if not at or past <= #text then return nil, "not a JSON array" end
  return found
end

local function utf8_bytes(code)
  if code < 0x80 then return string.char(code) end
  local tail = string.char(0x80 + code % 0x40)
  code = math.floor(code / 0x40)
  if code < 0x20 then return string.char(0xC0 + code) .. tail end
  tail = string.char(0x80 + code % 0x40) .. tail
  code = math.floor(code / 0x40)
  if code < 0x10 then return string.char(0xE0 + code) .. tail end
  return string.char(0xF0 + math.floor(code / 0x40), 0x80 + code % 0x40) .. tail
end

local PLAIN = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

-- A surrogate that stands alone has no UTF-8 form.
local REPLACEMENT = "\239\191\189"

-- The character of the escape "\u" whose digits begin at `at`, and the position after it.
local function unicode(text, at)
  local high, low = text:match("^(%x%x%x%x)\\u(%x%x%x%x)", at)
  if high then
    high, low = tonumber(high, 16), tonumber(low, 16)
    if high >= 0xD800 and high <= 0xDBFF and low >= 0xDC00 and low <= 0xDFFF then
      return utf8_bytes(0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00)), at + 10
    end
  end
  local code = tonumber(text:match("^%x%x%x%x", at) or "", 16)
  if not code then return "\\u", at end
  if code >= 0xD800 and code <= 0xDFFF then return REPLACEMENT, at + 4 end
  return utf8_bytes(code), at + 4
end

--- Decodes a JSON string.
-- @tparam ?string text a JSON string with its quotes
-- @treturn ?string its characters in UTF-8, nil if the text is no string
function M.string(text)
  local inner = text and text:match('^"(.*)"$')
  if not inner then return nil end
  -- One pass: what an escape gives is never read again.
  local parts, at = {}, 1
  while true do
    local hit = find(inner, "\\", at, true)
    parts[#parts + 1] = sub(inner, at, (hit or 0) - 1)
    if not hit then return table.concat(parts) end
    local c = sub(inner, hit + 1, hit + 1)
    if c == "u" then
      parts[#parts + 1], at = unicode(inner, hit + 2)
    else
      parts[#parts + 1], at = PLAIN[c] or "\\" .. c, hit + 2
    end
  end
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function escape(c)
  return ESCAPES[c] or string.format("\\u%04x", byte(c))
end

--- Writes a JSON string.
-- @tparam string text UTF-8
-- @treturn string the text as a JSON string, on one line
function M.quote(text)
  return '"' .. text:gsub('[%z\1-\31\127"\\]', escape) .. '"'
end

return M
