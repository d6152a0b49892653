-- SPDX-License-Identifier: MIT
--- The api-version of a request: which ones there are, and what the earlier ones lacked.
local M = {}

-- Those that were published; dates between them pass too, and the log says so.
local PUBLISHED = { "2020-10-01", "2021-10-01", "2022-06-01", "2022-11-01", "2023-07-01", "2024-12-01" }
local FIRST, LATEST = PUBLISHED[1], PUBLISHED[#PUBLISHED]

local DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- "2024-12-01" of a well-formed version, its "-preview" cut off; nil when it is no date of the calendar.
local function date_of(version)
  local date = version:match("^(%d%d%d%d%-%d%d%-%d%d)$") or version:match("^(%d%d%d%d%-%d%d%-%d%d)%-preview$")
  if not date then return nil end
  local year, month, day = date:match("^(%d+)%-(%d+)%-(%d+)$")
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  local leap = month == 2 and year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
  local last = DAYS[month] and DAYS[month] + (leap and 1 or 0)
  return last and day >= 1 and day <= last and date or nil
end

-- Digits and hyphens at the same places: the order of the numbers is that of the dates.
local function number_of(date)
  return tonumber((date:gsub("%-", "")))
end

local function after(date, other)
  return number_of(date) > number_of(other)
end

--- Checks the api-version.
-- @tparam string|nil version
-- @treturn true|nil
-- @treturn string|nil what is wrong
function M.check(version)
  if not version or version == "" then return nil, "api-version is missing from the query" end
  local date = date_of(version)
  if not date then return nil, ("api-version '%s' is not a date such as %s"):format(version, LATEST) end
  if after(FIRST, date) or after(date, LATEST) then
    return nil, ("api-version '%s' is none of the service's: they go from %s to %s"):format(version, FIRST, LATEST)
  end
  return true
end

--- What the service would perhaps not do at this version, though it is done here.
-- @tparam string|nil version
-- @tparam string|nil since the version that brought the operation; nil for the first
-- @treturn string|nil a hint
function M.hint(version, since)
  if not M.check(version) then return nil end
  local date, published = date_of(version), table.concat(PUBLISHED, ", ")
  if since and after(since, date) then
    return ("the service has no such operation at api-version %s: it came with %s"):format(version, since)
  end
  if not published:find(date, 1, true) then
    return ("api-version %s was not published by Microsoft; these were: %s"):format(version, published)
  end
  return nil
end

return M
