-- SPDX-License-Identifier: MIT
-- The program of fibers_spec: fibers of a host that switches stacks (spec/support/fibers.c) use one client. Prints what
-- came of it.
--   fibers spec/games/fibers_case.lua URL IO_THREAD CASE
local url, threaded, case = ...
local signalr = require "azure.signalr"

local host = host -- luacheck: ignore 113
local count, counted, nap = host.count, host.counted, host.nap
local FIBERS, ROUNDS = 6, 8

local function new(options)
  local all = { endpoint = url, access_key = "key", io_thread = threaded == "true", timeout = 30, retry = false }
  for name, value in pairs(options or {}) do all[name] = value end
  all.on_error = all.on_error or function(err, what) print(what.source, tostring(err)) end
  return signalr.new(all)
end

local client = new()
local hub = client:hub "chat"
local done = false

-- Fibers that work, and two that step until the others have ended.
local function work(names, fn)
  for f = 1, FIBERS do
    host.start(function()
      for i = 1, ROUNDS do fn(f, i) end
      count "over"
    end)
  end
  for _ = 1, 2 do
    host.start(function()
      while counted "over" < FIBERS do
        client:step(0)
        count "stepped"
        nap()
      end
      if done then return end
      done = true
      client:close()
      for i, name in ipairs(names) do names[i] = name .. " " .. counted(name) end
      print(table.concat(names, ", "))
    end)
  end
end

local cases, parked = {}, {}

-- Waits in the host's way: until it is resumed, or, once in a while, too early.
local way = {
  stackful = true,
  yield = function(thread)
    count "asked"
    parked[thread] = true
    for _ = 1, 50 do
      nap()
      if not parked[thread] then break end
    end
    parked[thread] = nil
  end,
  resume = function(thread) parked[thread] = nil end,
}

local function await(handle)
  while not handle:done() do nap() end
  return handle:result()
end

function cases.adopt()
  client:adopt(way)
  work({ "sent", "slept", "at once", "wrapped", "sorted", "inside", "waited" }, function(f, i)
    if hub:send("x", f, i) then count "sent" end
    if i == 1 and client:sleep(0.001) then count "slept" end
    if i == 2 then
      local _, bad = signalr.all { function() return hub:send "x" end, function() return hub:group("g"):exists() end }
      if bad == 0 then count "at once" end
    end
    if i == 3 then client:wrap(function() if hub:send "x" then count "wrapped" end end)() end
    if i == 4 then
      table.sort({ 2, 1 }, function(a, b)
        if hub:send "x" then count "sorted" end
        return a < b
      end)
    end
    if i == 5 then coroutine.wrap(function() if hub:send "x" then count "inside" end end)() end
    if i == 6 and select(2, client:spawn(function() return (hub:send "x") end):wait()) then count "waited" end
  end)
end

-- What adopt cannot do without stackful throws, and sends nothing.
function cases.refused()
  client:adopt { yield = way.yield, resume = way.resume }
  work({ "refused", "asked", "sent" }, function()
    local fine, problem = pcall(function() hub:send("x") end)
    if not fine and problem:find("fibers_case.lua:%d+: client:adopt: .*stackful = true") then count "refused" end
    if fine then count "sent" end
  end)
end

-- Spawned functions let the fibers switch, in whatever step they are.
function cases.switching()
  if case == "switching_adopted" then client:adopt(way) end
  work({ "ended", "direct" }, function(f, i)
    local handle = client:spawn(function()
      nap()
      local a = hub:send("x", f, i)
      for _ = 1, 3 do nap() end
      client:sleep(0)
      local b = hub:send("x", f, i)
      nap()
      return a and b
    end)
    if hub:group("g"):send("x", f, i) then count "direct" end
    local fine, ok = await(handle)
    if fine and ok then count "ended" end
  end)
end
cases.switching_adopted = cases.switching

-- One fiber waits for ever in on_error; others go on being told.
function cases.on_error()
  local first = true
  client:close()
  client = new { on_error = function()
    count "told"
    if first then
      first = false
      while counted "over" < FIBERS do nap() end
    end
  end }
  local bad = client:hub "status400"
  work({ "told" }, function(f, i)
    assert(bad:enqueue("x", f, i))
    while client:queue_stats().pending > 0 or client:queue_stats().unreported > 0 do nap() end
  end)
end

-- Calls that block a fiber with functions of `all`, in which fibers switch.
function cases.all()
  work({ "at once", "spawned" }, function(f, i)
    local handle = client:spawn(function() return (hub:send("x", f, i)) end)
    local _, bad = signalr.all {
      function()
        nap()
        return hub:send("x", f, i)
      end,
      function()
        local ok = hub:send("x", f, i)
        nap()
        return ok
      end,
    }
    if bad == 0 then count "at once" end
    if select(2, await(handle)) then count "spawned" end
  end)
end

-- A hook in the middle of a step would wait for the next one.
function cases.hook()
  client:close()
  client = new { on_error = function()
    count "told"
    local fine, problem = pcall(hub.send, hub, "x")
    if not fine and problem:find("in the middle of a step", 1, true) then count "refused" end
  end }
  hub = client:hub "chat"
  client:adopt(way)
  work({ "told", "refused" }, function()
    local handle = client:spawn(function()
      client:sleep(0)
      error "boom"
    end)
    await(handle)
  end)
end

cases[case]()
