-- SPDX-License-Identifier: MIT
-- The program of preempted_spec: several coroutines of a host that preempts them (spec/support/preempting.c) use one
-- client, while one of them steps. Prints what came of it.
--   preempting INSTRUCTIONS own|all spec/games/preempted_case.lua URL IO_THREAD CASE
local url, threaded, case = ...
local signalr = require "azure.signalr"

local host = host -- luacheck: ignore 113
local COROUTINES, ROUNDS = 8, 12
local count, counted = host.count, host.counted -- adding one is no one piece in Lua

local function new(options)
  local all = {
    endpoint = url, access_key = "key", io_thread = threaded == "true", timeout = 30, retry = false,
    on_error = function(err, what)
      count "told"
      local text = tostring(err)
      local is_meant = case:find "queue" or text:find "^boom" or case == "close" and text:find "the client is closed$"
      if not is_meant then print(what.source, text) end
    end,
  }
  for name, value in pairs(options or {}) do all[name] = value end
  if all.token_provider then all.access_key = nil end
  return signalr.new(all)
end

local client = new()
local hub = client:hub "chat"

-- Coroutines that work, and one that steps until they have all ended, and says what was counted.
local function work(names, fn, finally)
  for c = 1, COROUTINES do
    host.start(function()
      for i = 1, ROUNDS do fn(c, i) end
      count "over"
    end)
  end
  host.start(function()
    while counted "over" < COROUTINES do
      client:step(0)
      host.nap()
    end
    if finally then finally() end
    client:close()
    local found = {}
    for i, name in ipairs(names) do found[i] = name .. " " .. counted(name) end
    print(table.concat(found, ", "))
  end)
end

local function await(handle)
  while not handle:done() do host.nap() end
  return handle:result()
end

local cases = {}

-- Answers by way of spawned functions, which wait for one another, sleep, and make coroutines of their own.
function cases.spawn()
  work({ "spawned", "wrapped" }, function(c, i)
    local fine, ok = await(client:spawn(function()
      local inner = client:spawn(function() return (hub:send("x", c, i)) end)
      client:wrap(function() if hub:group("g"):send("x", c, i) then count "wrapped" end end)()
      if i % 4 == 0 then client:sleep(0.001) end
      local fine, sent = inner:wait()
      return fine and sent
    end))
    if fine and ok then count "spawned" end
  end)
end

-- The host's coroutines wait in its way.
function cases.adopt()
  client:adopt { yield = function() host.nap() end, resume = function() end }
  work({ "sent", "slept", "fanned out", "wrapped" }, function(c, i)
    if hub:send("x", c, i) then count "sent" end
    if i % 4 == 0 and client:sleep(0.001) then count "slept" end
    if i % 6 == 0 then
      local _, bad = hub:users({ "a", "b" }):send("x")
      if bad == 0 then count "fanned out" end
    end
    client:wrap(function() if hub:group("g"):send("x") then count "wrapped" end end)()
  end)
end

-- The host's coroutines block, while others step.
function cases.block()
  local spawned = {}
  work({ "sent", "at once", "spawned" }, function(c, i)
    spawned[(c - 1) * ROUNDS + i] = client:spawn(function() return (hub:group("g"):send("x", c, i)) end)
    if hub:send("x", c, i) then count "sent" end
    if i % 6 == 0 then
      local _, bad = signalr.all { function() return hub:send("x") end, function() return hub:group("a"):exists() end }
      if bad == 0 then count "at once" end
    end
  end, function()
    client:run()
    for _, handle in ipairs(spawned) do if select(2, handle:result()) then count "spawned" end end
  end)
end

local function queue(options)
  client:close()
  client = new(options)
  hub = client:hub "chat"
  local bad = client:hub "status400"
  work({ "accepted", "told" }, function(c, i)
    if hub:group("g" .. c):enqueue("x", i) then count "accepted" end
    if i % 6 == 0 and bad:enqueue("x", i) then count "accepted" end
    if i % 4 == 0 then client:drain(0.001) end
  end, function()
    client:drain(30)
    local s = client:queue_stats()
    print(("delivered %d, failed %d, pending %d, unreported %d"):format(s.delivered, s.failed, s.pending, s.unreported))
  end)
end

function cases.queue() queue() end

-- Each message is a call of its own, with a token that takes a while.
function cases.token_queue()
  queue { token_provider = function()
    client:sleep(0.001)
    return "token", os.time() + 3600
  end }
end

-- Waiting functions are cancelled by other coroutines, and throw.
function cases.cancel()
  local handles = {}
  work({ "cancelled", "told" }, function(c, i)
    local slow = client:hub "wait30000"
    if handles[c] and handles[c]:cancel() then count "cancelled" end
    handles[c] = client:spawn(function()
      local _, err = pcall(slow.send, slow, "x")
      error(err, 0)
    end)
    client:spawn(error, "boom " .. c .. " " .. i, 0)
    local other = handles[(c + i) % COROUTINES + 1]
    if other and other:cancel() then count "cancelled" end
    if i % 6 == 0 then host.nap() end
  end, function()
    for c = 1, COROUTINES do if handles[c]:cancel() then count "cancelled" end end
  end)
end

-- One closes the client under the others.
function cases.close()
  work({ "ended", "wrong" }, function(c, i)
    if c == 1 and i == 6 then client:close() end
    if c == 1 then return host.nap() end
    local fine, handle = pcall(client.spawn, client, function() return hub:send("x", c, i) end)
    if fine then
      await(handle)
    elseif not handle:find("the client is closed", 1, true) then
      count "wrong"
    end
    count "ended"
  end)
end

cases[case]()
