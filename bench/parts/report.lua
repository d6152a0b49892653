-- SPDX-License-Identifier: MIT
-- Reads what run has counted: the table of parts, the comparison with counts.json, the figures.
local cjson = require "cjson"

local OUT, FEW, MANY = os.getenv "OUT", tonumber(os.getenv "FEW"), tonumber(os.getenv "MANY")
local ORDER = {
  "block_54", "spawn_54", "enqueue_54", "block_jit", "spawn_jit", "enqueue_jit", "libcurl_c", "raw_c",
}
local TOLERANCE = 1.05

-- The first pattern that a function's file and object match says which part it belongs to.
local PARTS = {
  { "JSON", { "json", "decimal", "bind_draft", "utf8" } },
  { "head and token", { "http1_write", "place%.c", "tokens", "jwt", "base64url", "bind_errand", "draft%.c" } },
  { "reading the answer", { "http1", "connection%.c", "exchange" } },
  { "submit and engine", { "csrc/net", "bind_pool", "support%.c", "buf%.c", "span%.c", "mem%.c" } },
  { "Lua", { "lua5%.4", "libluajit", "luajit" } },
  { "libcrypto and libcurl", { "libcrypto", "libcurl", "libssl" } },
  { "C library", { "libc%.so", "libm%.so", "sysdeps", "malloc", "%.%./nptl", "ld%-linux", "^%./" } },
}

local function part_of(line)
  for _, part in ipairs(PARTS) do
    for _, pattern in ipairs(part[2]) do
      if line:find(pattern) then return part[1] end
    end
  end
  return "other"
end

local function self_costs(path)
  local sums = {}
  for line in io.lines(path) do
    local cost, where = line:match("^%s*([%d,]+)%s+%([%s%d.]+%%%)%s+(.+)$")
    if cost and not where:find("PROGRAM TOTALS", 1, true) then
      local part = part_of(where)
      sums[part] = (sums[part] or 0) + tonumber((cost:gsub(",", "")))
    end
  end
  return sums
end

local function show_parts(name)
  local few = self_costs(("%s/%s.%d.txt"):format(OUT, name, FEW))
  local many = self_costs(("%s/%s.%d.txt"):format(OUT, name, MANY))
  local list, all = {}, 0
  for part, cost in pairs(many) do
    local each = (cost - (few[part] or 0)) / (MANY - FEW)
    list[#list + 1], all = { part, each }, all + each
  end
  table.sort(list, function(a, b) return a[2] > b[2] end)
  print(("%s: %.0f instructions a call"):format(name, all))
  for _, one in ipairs(list) do print(("  %-24s %8.0f  %4.1f %%"):format(one[1], one[2], one[2] * 100 / all)) end
end

local counts = {}
for line in io.lines(OUT .. "/counts") do
  local name, count = line:match("^(%S+) (%d+)$")
  counts[name] = tonumber(count)
end
show_parts "block_54"
show_parts "spawn_54"

local file = assert(io.open "bench/parts/counts.json")
local known = cjson.decode(file:read("*a"))
file:close()
local worse = false
print(("%-12s %10s %10s %10s"):format("", "counted", "in file", "aim"))
for _, name in ipairs(ORDER) do
  local entry = known[name]
  local more = counts[name] > entry.count * TOLERANCE
  worse = worse or more
  local mark = more and "  <- above the file" or ""
  print(("%-12s %10d %10d %10s%s"):format(name, counts[name], entry.count, entry.aim or "", mark))
end

local parts = {}
for i, name in ipairs(ORDER) do parts[i] = ("%q: %d"):format(name, counts[name]) end
print("figures: {" .. table.concat(parts, ", ") .. "}")
if worse and arg[1] == "--check" then
  io.stderr:write("bench-parts: more than 5 % above bench/parts/counts.json; a higher count is a decision: ",
    "write it there\n")
  os.exit(1)
end
