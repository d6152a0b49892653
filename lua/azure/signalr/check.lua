-- SPDX-License-Identifier: MIT
--- Checks of arguments. Misuse (a wrong type, an unknown option, a surplus argument) throws a string at the line of the
-- caller's own code. What a text holds may come from outside: a rule returns what is wrong with it, for nil, err.
--
-- A rule is a function(value, where, name) -> value | nil (as it is), problem: where is the method, as in "hub:send",
-- name what messages call the value.
local core = require "azure.signalr.core"
local bytes = require "azure.signalr.bytes"
local globals = require "azure.signalr.globals"

local M = {}

local error, getmetatable, pairs, select, type = error, getmetatable, pairs, select, type
local string = globals.string
local byte, find, str_format, match, sub = string.byte, string.find, string.format, string.match, string.sub
local rawget, getinfo = globals.rawget, globals.getinfo
local math, list = globals.math, globals.table
-- Every file of this library has a source that begins like this one's.
local own = getinfo and match(getinfo(1, "S").source, "^(.*)check%.lua$") or "@\0"

--- Throws at the first line that is not this library's: helpers may be as deep as they like. Without a line where the
-- host has no debug.getinfo.
-- @tparam string format as for string.format
-- @param ... its arguments
function M.fail(format, ...)
  local message = select("#", ...) > 0 and str_format(format, ...) or format
  if not getinfo then error(message, 0) end
  local level = 2
  local info = getinfo(level, "S")
  while info and sub(info.source, 1, #own) == own do
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

-- A number as the locale of nobody writes it; what JSON has no text for (inf, nan) looks alike everywhere.
local function shown(value)
  if type(value) ~= "number" then return kind_of(value) end
  return core.json_encode(value) or str_format("%g", value)
end
M.shown = shown

-- A name that a caller gave: it may be anything, a key even.
local function shown_name(name)
  if type(name) ~= "string" then return shown(name) end
  if #name <= 40 and find(name, "^[A-Za-z_][A-Za-z0-9_.-]*$") then return '"' .. name .. '"' end
  return str_format("of %d bytes", #name)
end

--- Wants no more arguments than a function declares. Nils behind them are let through: f(g()) is common.
-- @tparam string where
-- @tparam number declared how many it declares, self left out
-- @param ... what came behind them
function M.count(where, declared, ...)
  for i = select("#", ...), 1, -1 do
    if (select(i, ...)) ~= nil then
      fail("%s takes %s, got %d", where,
        declared == 0 and "no arguments" or declared == 1 and "1 argument" or declared .. " arguments", declared + i)
    end
  end
end

--- Throws: the object before the colon is another.
-- @param self what came as self
-- @tparam string method as in "hub:send"
function M.wrong_self(self, method)
  fail("%s must be called with a colon on its own object, as in %s(...); self is %s", method, method, kind_of(self))
end

--- Wants the object before the colon, and no surplus arguments.
-- @param self what came as self
-- @tparam table meta the metatable that it must have
-- @tparam string method as in "handle:wait"
-- @tparam number|nil declared see M.count
-- @param ... what came behind them
function M.self(self, meta, method, declared, ...)
  if getmetatable(self) ~= meta then M.wrong_self(self, method) end
  if declared and select("#", ...) > 0 then M.count(method, declared, ...) end
end

local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = byte(a, i) == byte(b, j) and 0 or 1
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

-- The one known name of which a name is a word: connection_string for connection.
local function holding(name, known)
  local found
  for candidate in pairs(known) do
    if find("_" .. candidate .. "_", "_" .. name .. "_", 1, true) then
      if found then return nil end
      found = candidate
    end
  end
  return found
end

--- The known name that is nearest to a wrong one.
-- @tparam string name
-- @tparam table known a table whose keys are the known names
-- @tparam number|nil most how many letters may differ; without it, two, or a third of a long name
-- @treturn string|nil the nearest, when one is near enough to be meant
function M.nearest(name, known, most)
  if #name > 60 then return nil end
  local best, least
  for candidate in pairs(known) do
    local d = distance(core.lower(name), candidate)
    if not least or d < least or (d == least and bytes.before(candidate, best)) then best, least = candidate, d end
  end
  if best and least <= (most or math.max(2, math.floor(#name / 3))) then return best end
end

local function names_of(known)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  return list.concat(bytes.sort(names), ", ")
end

local function unknown_option(name, known, where)
  local near = type(name) == "string" and (M.nearest(name, known) or holding(core.lower(name), known))
  fail("%s: unknown option %s; %s", where, shown_name(name),
    near and str_format("did you mean %q?", near) or ("known: " .. names_of(known)))
end

--- Reads a table with known names only, each by its rule.
-- @param options what was given; nil stands for none
-- @tparam table rules name -> rule
-- @tparam string where the method, for the message
-- @treturn table a copy
-- @treturn string|nil what is wrong with the contents of a text
function M.read(options, rules, where)
  local read, problem, named = {}, nil, nil
  if options == nil then return read end
  if type(options) ~= "table" or getmetatable(options) ~= nil then
    fail("%s: options must be a plain table, got %s", where, kind_of(options))
  end
  for name, value in pairs(options) do
    local rule = type(name) == "string" and rules[name]
    if not rule then unknown_option(name, rules, where) end
    local taken, wrong = rule(value, where, name)
    if taken == nil then taken = value end
    read[name] = taken
    if wrong and (not named or bytes.before(name, named)) then problem, named = wrong, name end
  end
  return read, problem
end

--- The same, for options that no outside reaches: wrong contents throw, too.
-- @treturn table a copy
function M.options(options, rules, where)
  local read, problem = M.read(options, rules, where)
  if problem then fail("%s: %s", where, problem) end
  return read
end

--- A rule: valid UTF-8.
function M.text(value, where, name)
  if type(value) ~= "string" then fail("%s: %s must be a string, got %s", where, name, kind_of(value)) end
  if not core.utf8_len(value) then return value, name .. " must be valid UTF-8" end
  return value
end

--- A rule: text with at least one character.
function M.some_text(value, where, name)
  if value == "" then return value, name .. " must not be empty" end
  return M.text(value, where, name)
end

-- What makes a table no array, in words.
local function flaw_of(value)
  local count, most = 0, 0
  for key in pairs(value) do
    if type(key) ~= "number" or key % 1 ~= 0 or key < 1 then return "it has the key " .. shown_name(key) end
    count, most = count + 1, math.max(most, key)
  end
  for i = 1, count do
    if rawget(value, i) == nil then return str_format("[%d] is nil, and [%s] is not", i, shown(most)) end
  end
  return "it is marked as an object"
end

-- Whether a metatable shows more than a table has.
local function has_more(value, n)
  local length = #value
  return value[n + 1] ~= nil or type(length) == "number" and length > n
end

--- Wants an array: a table with the keys 1..n and no others, or one for which signalr.array(t, n) says n. The one
-- judge of arrays, which that of JSON shares (core.array_length): no list is cut short at a hole.
-- @param value
-- @tparam string where
-- @tparam string name
-- @tparam string|nil of what it holds, for the message, as in " of connection ids"
-- @treturn number its length
function M.array(value, where, name, of)
  if type(value) ~= "table" then
    fail("%s: %s must be an array%s, got %s", where, name, of or "", kind_of(value))
  end
  local n = core.array_length(value)
  if not n then
    fail("%s: %s must be an array without holes or other keys: %s", where, name, flaw_of(value))
  end
  if getmetatable(value) ~= nil and has_more(value, n) then
    fail("%s: %s must be a plain array: elements of this one come from its metatable", where, name)
  end
  return n
end

local function is_number(value)
  return type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
end

--- Makes a rule for whole numbers from min to max.
function M.integer(min, max)
  return function(value, where, name)
    if not is_number(value) or value % 1 ~= 0 or value < min or (max and value > max) then
      fail("%s: %s must be a whole number %s, got %s", where, name,
        max and str_format("from %d to %d", min, max) or str_format("of at least %d", min), shown(value))
    end
  end
end

--- Makes a rule for one of the types named.
function M.type(...)
  local types = { ... }
  return function(value, where, name)
    for i = 1, #types do
      if type(value) == types[i] then return end
    end
    fail("%s: %s must be a %s, got %s", where, name, list.concat(types, " or "), kind_of(value))
  end
end

--- Makes a rule for seconds above zero.
-- @tparam number most
function M.seconds(most)
  return function(value, where, name)
    if not is_number(value) or value <= 0 then
      fail("%s: %s must be a number of seconds above 0, got %s", where, name, shown(value))
    end
    if value > most then
      fail("%s: %s must be a number of seconds above 0 and at most %d, got %s (milliseconds?)", where, name, most,
        shown(value))
    end
  end
end

--- A rule: a number of seconds that is not negative.
function M.pause(value, where, name)
  if not is_number(value) or value < 0 then
    fail("%s: %s must be a number of seconds, 0 or more, got %s", where, name, shown(value))
  end
end

--- Writes a whole number without exponent or fraction, on every Lua.
function M.digits(value) return str_format("%.0f", value) end

return M
