-- SPDX-License-Identifier: MIT
--- Checks of path and query parameters; what is wrong is said by name, value and rule.
local ascii = require "azure.signalr.emulator.ascii"
local limits = require "azure.signalr.emulator.limits"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local CHECKED_NAMES = { "hub", "connectionId", "group", "user", "streamId" }

local function hub_like(value, most)
  return #value <= most and value:find("^[A-Za-z][A-Za-z0-9_`,.%[%]]*$") ~= nil
end

local HUB_RULE = ("must begin with a letter and have at most %d of A-Z a-z 0-9 _ ` , . [ ]"):format(limits.hub)

local function is_hub(value)
  return hub_like(value, limits.hub)
end

--- Whether a client may ask for a hub of this name: "<hub>", or "<application>_<hub>", each part within its limit.
-- @treturn true|nil
-- @treturn string|nil message
function M.check_client_hub(value)
  if hub_like(value, 2 * limits.hub + 1) then return true end
  return nil, "hub " .. HUB_RULE
end

-- What a value must be, and the same in words.
local function named(most)
  return { function(value)
    local length = utf8_text.len(value)
    return length ~= nil and length >= 1 and length <= most and not utf8_text.blank(value)
  end, ("must have 1 to %d characters and not be blank"):format(most) }
end

local RULES = {
  hub = { is_hub, HUB_RULE },
  application = { is_hub, HUB_RULE },
  group = named(limits.group),
  streamId = named(limits.stream),
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

--- A whole number of the query.
-- @tparam table query parsed
-- @tparam string name as the reference spells it
-- @tparam table range { lowest, highest, default }
-- @treturn number|nil|false the number, the default when absent, false when it is wrong
-- @treturn string|nil message
function M.integer(query, name, range)
  local text = (query[ascii.lower(name)] or {})[1]
  if not text then return range[3] end
  local value = #text <= 10 and text:find("^%d+$") and tonumber(text)
  if not value or value < range[1] or value > range[2] then
    return false, ("%s must be a whole number from %d to %d, not '%s'"):format(
      name, range[1], range[2], ascii.clean(text, 40))
  end
  return value
end

--- A boolean of the query; absent is false.
-- @treturn boolean|nil nil when it is wrong
-- @treturn string|nil message
function M.boolean(query, name)
  local text = ascii.lower((query[ascii.lower(name)] or { "false" })[1])
  if text == "true" or text == "false" then return text == "true" end
  return nil, ("%s must be true or false, not '%s'"):format(name, ascii.clean(text, 40))
end

--- The first value of a name, or nil when absent or empty.
function M.text(query, name)
  local value = (query[ascii.lower(name)] or {})[1]
  return value ~= "" and value or nil
end

--- A repeated name as a set.
function M.set(query, name)
  local set = {}
  for _, value in ipairs(query[ascii.lower(name)] or {}) do set[value] = true end
  return set
end

return M
