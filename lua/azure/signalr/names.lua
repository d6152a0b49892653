-- SPDX-License-Identifier: MIT
--- Rules (check.lua) for what is addressed: hubs, groups, users, connections, streams. A wrong type throws; what a name
-- holds may come from outside, and is told to the call that needs it. Whole numbers are names, too: their digits.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"

local M = {}

local type = type
local find, format, gsub = globals.string.find, globals.string.format, globals.string.gsub
local utf8_len = core.utf8_len

local HUB, GROUP, STREAM = 128, 1024, 100 -- characters, as the service's reference has them

local function digits_of(value, where, name)
  local digits = value ~= nil and core.digits(value)
  if digits then return digits end
  if type(value) == "number" then
    check.fail("%s: %s must be a string, or a whole number that has not lost digits (up to 2^53), got %s", where, name,
      check.shown(value))
  end
  check.fail("%s: %s must be a string, got %s", where, name, check.kind_of(value))
end

-- "." and ".." can be no segment of a path: whoever normalizes it would turn a send to the group ".." into a broadcast.
local function flaw_of(text, characters, name)
  if text == "" then return name .. " must not be empty" end
  if text == "." or text == ".." then
    return format('%s must not be "%s", which a URL path cannot carry', name, text)
  end
  if not characters then return name .. " must be valid UTF-8" end
end

--- Users and connections: text that can stand as one segment of a path.
-- @treturn string
-- @treturn string|nil problem
function M.id(value, where, name)
  local text = type(value) == "string" and value or digits_of(value, where, name)
  return text, flaw_of(text, utf8_len(text), name)
end

-- White space outside ASCII, as .NET's \s sees it.
local wide_spaces = {
  "\194\133", "\194\160", "\225\154\128", "\226\128[\128-\138\168\169\175]", "\226\129\159", "\227\128\128",
}

local function is_blank(value)
  if not find(value, "[ \t-\r\128-\255]") then return false end
  for i = 1, #wide_spaces do value = gsub(value, wide_spaces[i], "") end
  return not find(value, "[^ \t-\r]")
end

local function bounded(value, where, name, limit)
  local text = type(value) == "string" and value or digits_of(value, where, name)
  local characters = utf8_len(text)
  local problem = flaw_of(text, characters, name)
  if problem then return text, problem end
  if characters > limit then
    return text, format("%s must have at most %d characters, got %d", name, limit, characters)
  end
  if is_blank(text) then return text, name .. " must not be blank" end
  return text
end

--- Groups: 1 to 1024 characters, not blank.
-- @treturn string
-- @treturn string|nil problem
function M.group(value, where, name) return bounded(value, where, name, GROUP) end

--- Streams: 1 to 100 characters, not blank.
-- @treturn string
-- @treturn string|nil problem
function M.stream(value, where, name) return bounded(value, where, name, STREAM) end

--- Hubs and applications, as the service's pattern has it.
-- @treturn string in lower case
-- @treturn string|nil problem
function M.hub(value, where, name)
  local text, problem = check.some_text(value, where, name)
  if not problem and (#text > HUB or not find(text, "^[A-Za-z][A-Za-z0-9_`,.%[%]]*$")) then
    problem = format("%s must begin with a letter, hold only letters, digits and _ ` , . [ ], and have at most %d "
      .. "characters", name, HUB)
  end
  return core.lower(text), problem
end

--- Connections to be left out: an array of their ids.
-- @treturn table a copy
-- @treturn string|nil the first problem
function M.ids(value, where, name)
  local copy, problem = {}, nil
  for i = 1, check.array(value, where, name, " of connection ids") do
    local wrong
    copy[i], wrong = M.id(value[i], where, format("%s[%d]", name, i))
    problem = problem or wrong
  end
  return copy, problem
end

return M
