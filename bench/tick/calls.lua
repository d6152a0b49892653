-- SPDX-License-Identifier: MIT
-- What a tick pays for calls in spawned functions, with a number of them in flight that the sink holds:
-- a send, a step(0) that finds nothing, a step(0) that finds an answer; and the memory that each one in flight takes.
local curl = require "azure.signalr.curl"
local measure = require "bench.tick.measure"
local peer = require "bench.tick.peer"

local ROUNDS = 1000

local client = peer.client()
local hold, chat = client:hub "hold", client:hub "chat"
local done = 0

local function call(x, y)
  assert(hold:send("move", x, y, "player"))
  done = done + 1
end
local function send(i) return client:spawn(call, i, i / 2) end

-- Connections are there before memory is measured.
for _ = 1, 64 do client:spawn(function() assert(chat:send("hello")) end) end
client:run()
collectgarbage()
collectgarbage()

local resident, lua = measure.resident(), collectgarbage "count"
for i = 1, peer.count do send(i) end
peer.settle(client)
collectgarbage()
collectgarbage()
local bytes = (measure.resident() - resident) / peer.count
local bytes_lua = (collectgarbage "count" - lua) * 1024 / peer.count

local step = client.step

-- Nothing is found before the sink answers, and then exactly one answer is.
local function find_one(found)
  local before, deadline = done, curl.monotonic() + 10
  peer.release(1)
  while done == before do
    curl.poll({ client:pollfd() }, math.min(client:timeout() or 1, 1))
    found:try(step, client, 0)
    if done == before + 1 then found:keep() end
    assert(curl.monotonic() < deadline, "the answer did not come")
  end
end

local function scene(rest)
  local idle, found, sends = measure.new(ROUNDS), measure.new(ROUNDS), measure.new(ROUNDS)
  for i = 1, ROUNDS do
    find_one(found)
    rest()
    sends:take(send, i)
    step(client, 0)
    step(client, 0)
    rest()
    idle:take(step, client, 0)
  end
  assert(client:step(0) == peer.count, "the number in flight has changed")
  return { ["send in spawn"] = sends, ["step(0), an answer"] = found, ["step(0), nothing"] = idle }
end

local first, quiet = measure.both_ways(scene)
for _, name in ipairs { "send in spawn", "step(0), an answer", "step(0), nothing" } do
  peer.print(name, first[name])
  peer.print(name .. "*", quiet[name])
end
peer.figure("send_p99_us*", quiet["send in spawn"]:summary().cpu.p99)

local mean = measure.mean(200, 500, step, client, 0)
print(("%-10s %6d  %-22s %-5s %9.2f   the median of batches of 500"):format(peer.mode, peer.count, "step(0), nothing",
  "cpu", mean))
print(("%-10s %6d  %-22s       %9.0f   bytes for each in flight; of them %.0f in Lua"):format(peer.mode, peer.count,
  "memory", bytes, bytes_lua))
peer.figure("idle_step_us", mean)
peer.figure("bytes_per_inflight", bytes)

peer.release(1000000)
client:run()
peer.release(0)
assert(done == peer.count + (1 + measure.QUIET) * ROUNDS, "an answer is missing")
client:close()
