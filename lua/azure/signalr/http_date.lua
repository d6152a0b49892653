-- SPDX-License-Identifier: MIT
--- Dates: as HTTP headers write them, and as people read them. Nothing asks the host for its time zone or language.
local core = require "azure.signalr.core"
local globals = require "azure.signalr.globals"

local tonumber = tonumber
local format, match = globals.string.format, globals.string.match
local floor = globals.math.floor

local M = {}

local months = {
  jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12,
}

-- Days from 1970-01-01 in the Gregorian calendar; os.time would read the fields in local time.
local function days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leap = floor(year / 4) - floor(year / 100) + floor(year / 400)
  return 365 * year + leap + floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- Reads "Sun, 06 Nov 1994 08:49:37 GMT".
-- @tparam string text
-- @treturn number|nil unix seconds, nil if it is no such date
function M.parse(text)
  local day, name, year, hour, minute, second = match(text, "^[A-Za-z]+,[ \t]*(%d%d) ([A-Za-z][A-Za-z][A-Za-z]) "
    .. "(%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  local month = name and months[core.lower(name)]
  if not month then return nil end
  return days(tonumber(year), month, tonumber(day)) * 86400
    + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

-- The year and month of a day since 1970, and which day of the month it is.
local function calendar(day)
  local year = 1970 + floor(day / 365.2425)
  while days(year, 1, 1) > day do year = year - 1 end
  while days(year + 1, 1, 1) <= day do year = year + 1 end
  local month = 12
  while days(year, month, 1) > day do month = month - 1 end
  return year, month, day - days(year, month, 1) + 1
end

--- Writes "1994-11-06T08:49:37Z".
-- @tparam number unix seconds, up to the year 9999
-- @treturn string
function M.text(unix)
  local day = floor(unix / 86400)
  local rest = floor(unix - day * 86400)
  local year, month, of_month = calendar(day)
  return format("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, of_month, floor(rest / 3600),
    floor(rest / 60) % 60, rest % 60)
end

return M
