-- SPDX-License-Identifier: MIT
-- What the same measuring finds on this machine for work that asks nobody for anything: less than this, the other rows
-- cannot show.
local measure = require "bench.tick.measure"

local function additions()
  local sum = 0
  for i = 1, 100 do sum = sum + i end
  return sum
end

local samples = measure.new(100000)
for _ = 1, 100000 do samples:take(additions) end
for clock, p in pairs(samples:summary()) do
  print(("%-10s %6s  %-22s %-5s %9.2f %9.2f %9.2f %9.2f"):format("machine", "", "100 additions", clock, p.p50, p.p99,
    p.p999, p.max))
end
