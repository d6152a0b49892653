-- SPDX-License-Identifier: MIT
--- OData filters for hub:execute, with values quoted, so that nobody concatenates user input into a filter.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"

local M = {}

local select, type = select, type
local find, str_format, gsub, sub = globals.string.find, globals.string.format, globals.string.gsub, globals.string.sub
local concat, unpack = globals.table.concat, globals.unpack

local here = "signalr.filter"

local writers = {}

function writers.s(value, where, name)
  if value == core.null then return "null" end
  if type(value) == "string" then
    local _, problem = check.text(value, where, name)
    return "'" .. gsub(value, "'", "''") .. "'", problem
  end
  local digits = value ~= nil and core.digits(value)
  check.fail("%s: %s must be a string, got %s%s", where, name, check.kind_of(value),
    digits and " (%d writes numbers)" or "")
end

function writers.d(value, where, name)
  if value == core.null then return "null" end
  local text, problem, kind = core.json_encode(value, name)
  if not text and kind ~= "misuse" and type(value) == "number" then return "null", problem end
  if type(value) == "string" or not text or not find(text, "^%-?[0-9]") then
    check.fail("%s: %s must be a number for %%d, got %s%s", where, name, check.kind_of(value),
      type(value) == "string" and " (%s writes strings)" or "")
  end
  return text
end

local function written_list(write, value, where, name)
  local parts, problem = {}, nil
  local count = check.array(value, where, name)
  if count == 0 then return "()", name .. " must not be an empty array" end
  for i = 1, count do
    local wrong
    parts[i], wrong = write(value[i], where, str_format("%s[%d]", name, i))
    problem = problem or wrong
  end
  return "(" .. concat(parts, ",") .. ")", problem
end

-- A value quoted within quotes would end the text of the format, and go on as a filter of its own.
local function check_outside(parts, used, where)
  local _, quotes = gsub(concat(parts), "'", "")
  if quotes % 2 == 1 then
    check.fail("%s: %%s number %d of the format stands within quotes: leave them out, %%s writes its own", where, used)
  end
end

-- One value, in its place.
local function written(state, letter)
  state.used = state.used + 1
  local used, where = state.used, state.where
  if used > state.given then check.fail("%s: no value for %%%s number %d of the format", where, letter, used) end
  if letter == "s" then check_outside(state.parts, used, where) end
  local value, name = state.values[used], str_format("value %d", used)
  if type(value) == "table" then return written_list(writers[letter], value, where, name) end
  return writers[letter](value, where, name)
end

local function fill(state, format)
  local parts, from, problem = state.parts, 1, nil
  while true do
    local at = find(format, "%", from, true)
    parts[#parts + 1] = sub(format, from, (at or 0) - 1)
    if not at then return concat(parts), problem end
    local letter = sub(format, at + 1, at + 1)
    if letter == "%" then
      parts[#parts + 1] = "%"
    elseif writers[letter] then
      local text, wrong = written(state, letter)
      parts[#parts + 1], problem = text, problem or wrong
    else
      check.fail("%s: the format has %%%s at %d; %%s, %%d and %%%% are known", state.where, core.clean(letter, 4), at)
    end
    from = at + 2
  end
end

local function build(where, format, ...)
  local _, problem_of_format = check.some_text(format, where, "format")
  local state = { where = where, parts = {}, values = { ... }, given = select("#", ...), used = 0 }
  local text, problem = fill(state, format)
  if state.used < state.given then
    check.fail("%s: %d values for %d places in the format", where, state.given, state.used)
  end
  problem = problem_of_format or problem
  if problem then return nil, problem end
  return text
end

--- Makes a filter: %s stands for a string, quoted; %d for a number, exact; %% for a percent sign. signalr.null is
-- written as null for both. An array in place of either becomes a list for "in": filter("userId in %s", { "a", "b" }).
-- @tparam string format
-- @param ... one value for each %s and %d
-- @treturn string|nil; throws when format and values do not fit, and for a %s within quotes
-- @treturn table error of kind invalid, for values that no filter can hold
function M.make(format, ...)
  local text, problem = build(here, format, ...)
  if text then return text end
  return nil, errors.invalid(here, problem)
end

--- The rule of the option filter: a text, or an array of what signalr.filter takes, whose problems the call tells.
-- @treturn string
-- @treturn string|nil problem
function M.rule(value, where, name)
  if type(value) ~= "table" then return check.some_text(value, where, name) end
  local n = check.array(value, where, name, " of a format and its values")
  local text, problem = build(where .. ": " .. name, unpack(value, 1, n))
  return text or "", problem
end

return M
