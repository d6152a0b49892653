-- SPDX-License-Identifier: MIT
--- Seconds on a clock that never goes back. nginx's own ngx.now is the time of day, as of the last event.
local ffi = require "ffi"

local M = {}

-- Names of our own: another module may have declared the system's. They may be there already when a module is
-- loaded a second time.
pcall(ffi.cdef, [[
typedef struct { long seconds; long nanoseconds; } azure_signalr_timespec;
int azure_signalr_clock_gettime(int clock, azure_signalr_timespec *now) __asm__("clock_gettime");
]])

local C = ffi.C
local now = ffi.new("azure_signalr_timespec")

-- The number of CLOCK_MONOTONIC: 3 on OpenBSD and NetBSD, 4 on FreeBSD, which has no 3.
local function find_clock()
  if ffi.os == "OSX" then return 6 end
  if ffi.os ~= "BSD" then return 1 end
  return C.azure_signalr_clock_gettime(3, now) == 0 and 3 or 4
end

local MONOTONIC = find_clock()

--- @treturn number seconds, with their fraction
function M.now()
  C.azure_signalr_clock_gettime(MONOTONIC, now)
  return tonumber(now.seconds) + tonumber(now.nanoseconds) * 1e-9
end

return M
