-- SPDX-License-Identifier: MIT
-- The last line of make bench-tick: with io_thread; at 100 in flight where it matters, memory at 10,000; costs with the
-- collector run in the rest of a tick (the rows with a *).
local found = {}
for line in io.lines(arg[1]) do
  local mode, count, name, value = line:match "^(%S+) (%S+) (%S+) (%S+)$"
  if mode == "io_thread" then found[name .. " " .. count] = tonumber(value) end
end

local places = {
  { "accepted", 100, "%d" }, { "delivered", 100, "%d" }, { "enqueue_p99_us*", 100, "%.2f" },
  { "send_p99_us*", 100, "%.2f" }, { "idle_step_us", 100, "%.3f" }, { "bytes_per_inflight", 10000, "%.0f" },
  { "worst_tick_us", 20, "%.1f" },
}
local texts = {}
for i, place in ipairs(places) do
  local name, count, form = place[1], place[2], place[3]
  local value = assert(found[name .. " " .. count], name .. " was not measured")
  texts[i] = ('"%s": ' .. form):format((name:gsub("%*", "")), value)
end
print("figures: {" .. table.concat(texts, ", ") .. "}")
