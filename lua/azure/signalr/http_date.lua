-- SPDX-License-Identifier: MIT
--- The dates of HTTP headers.
local M = {}

local months = {
  jan = 1, feb = 2, mar = 3, apr = 4, may = 5, jun = 6, jul = 7, aug = 8, sep = 9, oct = 10, nov = 11, dec = 12,
}

-- Days from 1970-01-01 in the Gregorian calendar; os.time would read the fields in local time.
local function days(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leap = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return 365 * year + leap + math.floor((153 * (month - 3) + 2) / 5) + day - 719469
end

--- Reads "Sun, 06 Nov 1994 08:49:37 GMT".
-- @tparam string text
-- @treturn number|nil unix seconds, nil if it is no such date
function M.parse(text)
  local day, name, year, hour, minute, second = text:match("^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$")
  local month = name and months[name:lower()]
  if not month then return nil end
  return days(tonumber(year), month, tonumber(day)) * 86400
    + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

return M
