-- SPDX-License-Identifier: MIT
--- OData filters for hub:execute, with values quoted, so that nobody concatenates user input into a filter.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"

local where = "signalr.filter"

local function quoted(value, name)
  if value == core.null then return "null" end
  check.text(value, where, name)
  return "'" .. value:gsub("'", "''") .. "'"
end

local function number(value, name)
  if value == core.null then return "null" end
  local text = core.json_encode(value, name)
  if type(value) == "string" or not text or not text:find("^%-?%d") then
    check.fail("%s: %s must be a number for %%d, got %s", where, name, check.kind_of(value))
  end
  return text
end

local writers = { s = quoted, d = number }

local function list(write, value, name)
  local parts = {}
  for i = 1, #value do parts[i] = write(value[i], ("%s[%d]"):format(name, i)) end
  if #parts == 0 then check.fail("%s: %s must not be an empty array", where, name) end
  return "(" .. table.concat(parts, ",") .. ")"
end

local function written(letter, value, name)
  local write = writers[letter]
  if type(value) == "table" and (getmetatable(value) == nil or #value > 0) then return list(write, value, name) end
  return write(value, name)
end

-- A value quoted within quotes would end the text of the format, and go on as a filter of its own.
local function check_outside(parts, used)
  local _, quotes = table.concat(parts):gsub("'", "")
  if quotes % 2 == 1 then
    check.fail("%s: %%s number %d of the format stands within quotes: leave them out, %%s writes its own", where, used)
  end
end

--- Makes a filter: %s stands for a string, quoted; %d for a number, exact; %% for a percent sign. signalr.null is
-- written as null for both. An array in place of either becomes a list for "in": filter("userId in %s", { "a", "b" }).
-- @tparam string format
-- @param ... one value for each %s and %d
-- @treturn string; throws when format and values do not fit, and for a %s within quotes
return function(format, ...)
  check.some_text(format, where, "format")
  local given, used = select("#", ...), 0
  local values = { ... }
  local parts, from = {}, 1
  while true do
    local at = format:find("%", from, true)
    parts[#parts + 1] = format:sub(from, (at or 0) - 1)
    if not at then break end
    local letter = format:sub(at + 1, at + 1)
    if letter == "%" then
      parts[#parts + 1] = "%"
    elseif writers[letter] then
      used = used + 1
      if used > given then check.fail("%s: no value for %%%s number %d of the format", where, letter, used) end
      if letter == "s" then check_outside(parts, used) end
      parts[#parts + 1] = written(letter, values[used], ("value %d"):format(used))
    else
      check.fail("%s: the format has %%%s at %d; %%s, %%d and %%%% are known", where, letter, at)
    end
    from = at + 2
  end
  if used < given then check.fail("%s: %d values for %d places in the format", where, given, used) end
  return table.concat(parts)
end
