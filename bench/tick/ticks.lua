-- SPDX-License-Identifier: MIT
-- Whole ticks over TLS, from the first one on, when no connection is there yet: with so many messages in each.
local curl = require "azure.signalr.curl"
local measure = require "bench.tick.measure"
local peer = require "bench.tick.peer"

local TICKS, PAUSE = 600, 1 / 120

local client = peer.client()
local chat, ask = client:hub "chat", client:hub "ask"
local before, calls, good = peer.answered(), 0, 0

-- One call that wants its answer, and the messages of this tick.
local function tick(n)
  client:step(0)
  for i = 1, peer.count do assert(chat:enqueue("move", i, n, i / 2)) end
  calls = calls + 1
  client:spawn(function()
    if ask:send("tick", n) then good = good + 1 end
  end)
end

-- From the very first tick on: no connection is there, and 64 have to be made.
collectgarbage()
collectgarbage "stop"
local ticks = measure.new(TICKS)
for n = 1, TICKS do
  ticks:take(tick, n)
  collectgarbage("step", 256)
  curl.sleep(PAUSE)
end
collectgarbage "restart"
peer.print("whole tick, TLS", ticks)
peer.figure("worst_tick_us", ticks:summary().cpu.max)
client:run()
assert(client:drain(60))
local arrived = peer.answered() - before
print(("%-10s %6d  %-22s accepted %d, delivered %d; %d connections"):format(peer.mode, peer.count, "messages",
  TICKS * peer.count + calls, arrived, client.context.transport.pool:stats().opened))
assert(arrived == TICKS * peer.count + calls and good == calls)
client:close()
