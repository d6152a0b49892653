-- SPDX-License-Identifier: MIT
--- Dates of the proleptic Gregorian calendar, without the C library: it asks the locale, and does not reach every year.
local M = {}

local floor = math.floor

--- A day as year, month and day.
-- @tparam number days since 1970-01-01
function M.civil(days)
  local z = days + 719468
  local era = floor(z / 146097)
  local day_of_era = z - era * 146097
  local year_of_era = floor((day_of_era - floor(day_of_era / 1460) + floor(day_of_era / 36524)
    - floor(day_of_era / 146096)) / 365)
  local day_of_year = day_of_era - (365 * year_of_era + floor(year_of_era / 4) - floor(year_of_era / 100))
  local m = floor((5 * day_of_year + 2) / 153)
  local day = day_of_year - floor((153 * m + 2) / 5) + 1
  local month = m < 10 and m + 3 or m - 9
  return year_of_era + era * 400 + (month <= 2 and 1 or 0), month, day
end

local DAYS = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" }
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

--- A moment as the header field Date has it.
-- @tparam number seconds since 1970
function M.http(seconds)
  local days, clock = floor(seconds / 86400), floor(seconds % 86400)
  local year, month, day = M.civil(days)
  return ("%s, %02d %s %04d %02d:%02d:%02d GMT"):format(DAYS[days % 7 + 1], day, MONTHS[month], year,
    floor(clock / 3600), floor(clock / 60) % 60, clock % 60)
end

return M
