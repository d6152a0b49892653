-- SPDX-License-Identifier: MIT
--- Checks of arguments. Misuse throws a string at the line of the caller's own code.
local core = require "azure.signalr.core"
local bytes = require "azure.signalr.bytes"
local globals = require "azure.signalr.globals"

local M = {}

local getinfo = globals.getinfo
-- Every file of this library has a source that begins like this one's.
local own = getinfo and getinfo(1, "S").source:match("^(.*)check%.lua$") or "@\0"

--- Throws at the first line that is not this library's: helpers may be as deep as they like. Without a line where the
-- host has no debug.getinfo.
-- @tparam string format as for string.format
-- @param ... its arguments
function M.fail(format, ...)
  local message = select("#", ...) > 0 and format:format(...) or format
  if not getinfo then error(message, 0) end
  local level = 2
  local info = getinfo(level, "S")
  while info and info.source:sub(1, #own) == own do
    level = level + 1
    info = getinfo(level, "S")
  end
  error(message, level)
end
local fail = M.fail

local function kind_of(value)
  local meta = getmetatable(value)
  local name = type(meta) == "table" and type(value) ~= "string" and rawget(meta, "__name")
  return type(name) == "string" and name or type(value)
end
M.kind_of = kind_of

--- Wants the object before the colon.
-- @param self what came as self
-- @tparam table meta the metatable that it must have
-- @tparam string method as in "hub:send"
function M.self(self, meta, method)
  if getmetatable(self) ~= meta then
    fail("%s must be called with a colon on its own object, as in %s(...); self is %s", method, method, kind_of(self))
  end
end

local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

--- The known name that is nearest to a wrong one.
-- @tparam string name
-- @tparam table known a table whose keys are the known names
-- @treturn string|nil the nearest, when one is near enough to be meant
function M.nearest(name, known)
  local best, least
  for candidate in pairs(known) do
    local d = distance(core.lower(name), candidate)
    if not least or d < least or (d == least and bytes.before(candidate, best)) then best, least = candidate, d end
  end
  if best and least <= math.max(2, math.floor(#name / 3)) then return best end
end

local function names_of(known)
  local list = {}
  for name in pairs(known) do list[#list + 1] = name end
  bytes.sort(list)
  return table.concat(list, ", ")
end

--- Wants a table with known names only, each value passing its check.
-- @param options what was given; nil stands for none
-- @tparam table known name -> function(value, where, name) that throws
-- @tparam string where the method, for the message
-- @treturn table the options given, or an empty table
function M.options(options, known, where)
  if options == nil then return {} end
  if type(options) ~= "table" or getmetatable(options) then
    fail("%s: options must be a plain table, got %s", where, kind_of(options))
  end
  for name, value in pairs(options) do
    local check = type(name) == "string" and known[name]
    if not check then
      local near = type(name) == "string" and M.nearest(name, known)
      fail("%s: unknown option %s; %s", where, type(name) == "string" and ("%q"):format(name) or tostring(name),
        near and ("did you mean %q?"):format(near) or ("known: " .. names_of(known)))
    end
    check(value, where, name)
  end
  return options
end

--- Wants valid UTF-8; returns the count of its characters.
function M.text(value, where, name)
  if type(value) ~= "string" then fail("%s: %s must be a string, got %s", where, name, kind_of(value)) end
  local characters = core.utf8_len(value)
  if not characters then fail("%s: %s must be valid UTF-8", where, name) end
  return characters
end

--- Wants text with at least one character.
function M.some_text(value, where, name)
  local characters = M.text(value, where, name)
  if characters == 0 then fail("%s: %s must not be empty", where, name) end
  return characters
end

--- Wants a name that can stand as one segment of a path. "." and ".." cannot: whoever normalizes the path
-- would turn a send to the group ".." into a broadcast.
function M.id(value, where, name)
  local characters = M.some_text(value, where, name)
  if value == "." or value == ".." then
    fail("%s: %s must not be %q, which a URL path cannot carry", where, name, value)
  end
  return characters
end

-- White space outside ASCII, as .NET's \s sees it.
local wide_spaces = {
  "\194\133", "\194\160", "\225\154\128", "\226\128[\128-\138\168\169\175]", "\226\129\159", "\227\128\128",
}

local function is_blank(value)
  if not value:find("[ \t-\r\128-\255]") then return false end
  for i = 1, #wide_spaces do value = value:gsub(wide_spaces[i], "") end
  return not value:find("[^ \t-\r]")
end

local function bounded(value, where, name, limit)
  local characters = M.id(value, where, name)
  if characters > limit then
    fail("%s: %s must have at most %d characters, got %d", where, name, limit, characters)
  end
  if is_blank(value) then fail("%s: %s must not be blank", where, name) end
end

--- Wants a group name: 1 to 1024 characters, not blank.
function M.group(value, where, name) bounded(value, where, name, 1024) end

--- Wants a stream id: 1 to 100 characters, not blank.
function M.stream(value, where, name) bounded(value, where, name, 100) end

--- Wants a hub or application name, as the service's pattern has it.
function M.hub(value, where, name)
  M.some_text(value, where, name)
  if #value > 128 or not value:find("^[A-Za-z][A-Za-z0-9_`,.%[%]]*$") then
    fail("%s: %s must begin with a letter, hold only letters, digits and _ ` , . [ ], "
      .. "and have at most 128 characters", where, name)
  end
end

--- Wants an array of connection ids; returns a copy, so that the caller may change its own.
function M.ids(list, where, name)
  if type(list) ~= "table" then
    fail("%s: %s must be an array of connection ids, got %s", where, name, kind_of(list))
  end
  local copy, count = {}, 0
  for i = 1, #list do
    M.id(list[i], where, ("%s[%d]"):format(name, i))
    copy[i] = list[i]
  end
  for _ in pairs(list) do count = count + 1 end
  if count ~= #copy then fail("%s: %s must be an array without holes or other keys", where, name) end
  return copy
end

local function is_number(value)
  return type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
end

-- A number as the locale of nobody writes it; what JSON has no text for (inf, nan) looks alike everywhere.
local function shown(value)
  if type(value) ~= "number" then return kind_of(value) end
  return core.json_encode(value) or ("%g"):format(value)
end

--- Makes a check for whole numbers from min to max.
function M.integer(min, max)
  return function(value, where, name)
    if not is_number(value) or value % 1 ~= 0 or value < min or (max and value > max) then
      fail("%s: %s must be a whole number %s, got %s", where, name,
        max and ("from %d to %d"):format(min, max) or ("of at least %d"):format(min),
        shown(value))
    end
  end
end

--- Makes a check for one of the types named.
function M.type(...)
  local types = { ... }
  return function(value, where, name)
    for i = 1, #types do
      if type(value) == types[i] then return end
    end
    fail("%s: %s must be a %s, got %s", where, name, table.concat(types, " or "), kind_of(value))
  end
end

--- Wants a number of seconds above zero.
function M.seconds(value, where, name)
  if not is_number(value) or value <= 0 then
    fail("%s: %s must be a number of seconds above 0, got %s", where, name,
      shown(value))
  end
end

--- Wants a number of seconds that is not negative.
function M.pause(value, where, name)
  if not is_number(value) or value < 0 then
    fail("%s: %s must be a number of seconds, 0 or more, got %s", where, name,
      shown(value))
  end
end

--- Writes a whole number without exponent or fraction, on every Lua.
function M.digits(value) return ("%.0f"):format(value) end

return M
