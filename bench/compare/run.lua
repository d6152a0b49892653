-- SPDX-License-Identifier: MIT
-- Runs the contestants in turns, writes bench/results and the plots, and ends with the figures.
local cjson = require "cjson"
local plot = require "bench.compare.plot"

local ROUNDS, WORK = tonumber(os.getenv "ROUNDS" or 5), tonumber(os.getenv "WORK" or 1)
local TOKEN = ("x"):rep(180)
local PATH = "/api/hubs/bench/groups/room/:send?api-version=2024-12-01"
local BODY = '{"target":"moved","arguments":[7,"alice",{"x":1.5,"y":-2,"z":12}]}'
local ABREAST = { 1, 16, 64, 512 }

local function quote(text) return "'" .. tostring(text):gsub("'", "'\\''") .. "'" end

local function ours(lua, way)
  local env = ("LUA_PATH=%s LUA_CPATH=%s"):format(
    quote(os.getenv("LUA_PATH_" .. lua)), quote(os.getenv("LUA_CPATH_" .. lua)))
  return ("%s %s bench/compare/ours.lua %s"):format(env, lua == "jit" and "luajit" or "lua5.4", way)
end

-- name, command, from and to how many abreast
local contestants = {
  { name = "ours 5.4, blocking", command = ours("54", "block"), to = 1 },
  { name = "ours LuaJIT, blocking", command = ours("jit", "block"), to = 1 },
  { name = "ours 5.4, spawned", command = ours("54", "spawn"), from = 16 },
  { name = "ours LuaJIT, spawned", command = ours("jit", "spawn"), from = 16 },
  { name = "ours 5.4, io_thread", command = ours("54", "io_thread"), from = 16 },
  { name = "ours 5.4, enqueued", command = ours("54", "enqueue") },
  { name = "ours LuaJIT, enqueued", command = ours("jit", "enqueue") },
  { name = "C, libcurl", command = "build/bench/peer_curl" },
  { name = "C, raw sockets", command = "build/bench/peer_raw" },
  { name = "lua-http, LuaJIT", command = "env -u LUA_PATH -u LUA_CPATH luajit bench/compare/peer_http.lua" },
  { name = "Node, undici", command = "node bench/compare/peer_undici.mjs" },
}

local missing = {}

local function run(who, tls, abreast, count)
  local words = { who.command }
  local values = {
    "127.0.0.1", os.getenv(tls and "TLS" or "PLAIN"), tls and 1 or 0, os.getenv "CA", count, abreast, PATH, TOKEN, BODY,
  }
  for _, word in ipairs(values) do words[#words + 1] = quote(word) end
  local pipe = assert(io.popen("taskset -c 0 " .. table.concat(words, " "):gsub("^(LUA_PATH)", "env %1")))
  local line = pipe:read("*l")
  local fine = pipe:close()
  return fine and line and cjson.decode(line) or nil
end

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

local function condensed(runs)
  local row = {}
  for _, field in ipairs { "seconds", "cpu_us", "p50_us", "p99_us", "rss_kb" } do
    local values = {}
    for _, one in ipairs(runs) do values[#values + 1] = one[field] end
    row[field] = median(values)
  end
  row.rate = runs[1].requests / row.seconds
  return row
end

local function takes_part(who, abreast)
  return not missing[who.name] and abreast >= (who.from or 1) and abreast <= (who.to or math.huge)
end

local function case(tls, abreast)
  local count = math.floor((abreast == 1 and 6000 or 12000) * WORK)
  local runs = {}
  for _ = 1, ROUNDS do
    for _, who in ipairs(contestants) do
      if takes_part(who, abreast) then
        local one = run(who, tls, abreast, count)
        if one then
          runs[who.name] = runs[who.name] or {}
          table.insert(runs[who.name], one)
        else
          missing[who.name] = ("%s, %d abreast"):format(tls and "TLS" or "plain", abreast)
        end
      end
    end
  end
  local rows = {}
  for name, list in pairs(runs) do rows[name] = condensed(list) end
  return rows
end

local results = {}
for _, tls in ipairs { false, true } do
  for _, abreast in ipairs(ABREAST) do
    io.stderr:write(("%s, %d abreast\n"):format(tls and "TLS" or "plain", abreast))
    results[#results + 1] = { tls = tls, abreast = abreast, rows = case(tls, abreast) }
  end
end

local function of(tls, abreast, name)
  for _, result in ipairs(results) do
    if result.tls == tls and result.abreast == abreast then return result.rows[name] end
  end
end

local function ratio(a, b) return a and b and tonumber(("%.2f"):format(a.cpu_us / b.cpu_us)) or cjson.null end

local report = { "<!-- made by make bench -->", "" }
local function say(format, ...) report[#report + 1] = format:format(...) end
for _, result in ipairs(results) do
  say("**%s, %s at a time**", result.tls and "TLS" or "plain", result.abreast == 1 and "one" or result.abreast)
  say("")
  say("| client | requests/s | CPU µs | p50 µs | p99 µs | MiB |")
  say("| --- | ---: | ---: | ---: | ---: | ---: |")
  for _, who in ipairs(contestants) do
    local row = result.rows[who.name]
    if row then
      local waits = row.p50_us > 0
      say("| %s | %.0f | %.1f | %s | %s | %.1f |", who.name, row.rate, row.cpu_us,
        waits and ("%.0f"):format(row.p50_us) or "", waits and ("%.0f"):format(row.p99_us) or "", row.rss_kb / 1024)
    end
  end
  say("")
end
for name, where in pairs(missing) do say("%s could not run (first at %s).", name, where) end
local text = table.concat(report, "\n") .. "\n"
print(text)
local file = assert(io.open("bench/results/compare.md", "w"))
file:write(text)
file:close()
plot.cpu(results, contestants, "docs/performance-cpu.svg")

local c = "C, libcurl"
local figures = {
  { "cpu_vs_libcurl_1", ratio(of(false, 1, "ours 5.4, blocking"), of(false, 1, c)) },
  { "cpu_vs_libcurl_64", ratio(of(false, 64, "ours 5.4, spawned"), of(false, 64, c)) },
  { "cpu_vs_libcurl_64_tls", ratio(of(true, 64, "ours 5.4, spawned"), of(true, 64, c)) },
  { "cpu_vs_libcurl_512", ratio(of(false, 512, "ours 5.4, spawned"), of(false, 512, c)) },
  { "cpu_vs_raw_64", ratio(of(false, 64, "ours 5.4, spawned"), of(false, 64, "C, raw sockets")) },
  { "cpu_512_over_16", ratio(of(false, 512, "ours 5.4, spawned"), of(false, 16, "ours 5.4, spawned")) },
  { "jit_vs_libcurl_64", ratio(of(false, 64, "ours LuaJIT, spawned"), of(false, 64, c)) },
}
local parts = {}
for i, pair in ipairs(figures) do parts[i] = ("%q: %s"):format(pair[1], tostring(pair[2])) end
print("figures: {" .. table.concat(parts, ", ") .. "}")
