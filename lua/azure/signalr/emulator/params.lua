-- SPDX-License-Identifier: MIT
--- Checks of path and query parameters; what is wrong is said by name, value and rule.
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local CHECKED_NAMES = { "hub", "connectionId", "group", "user", "streamId" }

local function hub_like(value)
  return #value <= 128 and value:find("^%a[%w_`,.%[%]]*$") ~= nil
end

local HUB_RULE = "must begin with a letter and have at most 128 of A-Z a-z 0-9 _ ` , . [ ]"

local function named(limit)
  return function(value)
    local length = utf8_text.len(value)
    return length ~= nil and length >= 1 and length <= limit and not utf8_text.blank(value)
  end
end

local RULES = {
  hub = { hub_like, HUB_RULE },
  application = { hub_like, HUB_RULE },
  group = { named(1024), "must have 1 to 1024 characters and not be blank" },
  streamId = { named(100), "must have 1 to 100 characters and not be blank" },
  connectionId = { utf8_text.valid, "must be UTF-8" },
  user = { utf8_text.valid, "must be UTF-8" },
}

--- Checks a value against the rule of a name.
-- @treturn true|nil
-- @treturn string|nil message
function M.check(name, value)
  local rule = RULES[name]
  if rule[1](value) then return true end
  return nil, ("%s %s"):format(name, rule[2])
end

--- Checks the path's parameters.
-- @treturn true|nil
-- @treturn string|nil message
-- @treturn string|nil the parameter's name
function M.check_path(params)
  for _, name in ipairs(CHECKED_NAMES) do
    if params[name] then
      local ok, message = M.check(name, params[name])
      if not ok then return nil, message, name end
    end
  end
  return true
end

--- The api-version: present and a date.
function M.check_version(query)
  local version = (query["api-version"] or {})[1]
  if not version or version == "" then return nil, "api-version is missing from the query" end
  if not version:find("^%d%d%d%d%-%d%d%-%d%d$") and not version:find("^%d%d%d%d%-%d%d%-%d%d%-preview$") then
    return nil, ("api-version '%s' is not a date such as 2024-12-01"):format(version)
  end
  return true
end

--- A whole number of the query.
-- @tparam table query parsed
-- @tparam string name lower-case
-- @tparam table range { lowest, highest, default }
-- @treturn number|nil|false the number, the default when absent, false when it is wrong
-- @treturn string|nil message
function M.integer(query, name, range)
  local text = (query[name] or {})[1]
  if not text then return range[3] end
  local value = #text <= 10 and text:find("^%d+$") and tonumber(text)
  if not value or value < range[1] or value > range[2] then
    return false, ("%s must be a whole number from %d to %d, not '%s'"):format(name, range[1], range[2], text)
  end
  return value
end

--- A boolean of the query; absent is false.
-- @treturn boolean|nil nil when it is wrong
-- @treturn string|nil message
function M.boolean(query, name)
  local text = (query[name] or { "false" })[1]:lower()
  if text == "true" or text == "false" then return text == "true" end
  return nil, ("%s must be true or false, not '%s'"):format(name, text)
end

--- The first value of a name, or nil when absent or empty.
function M.text(query, name)
  local value = (query[name] or {})[1]
  return value ~= "" and value or nil
end

--- A repeated name as a set.
function M.set(query, name)
  local set = {}
  for _, value in ipairs(query[name] or {}) do set[value] = true end
  return set
end

return M
