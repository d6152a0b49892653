-- SPDX-License-Identifier: MIT
-- What a tick pays for an enqueue, with a number of messages in flight that the sink holds; and whether as many
-- arrived as were accepted.
local curl = require "azure.signalr.curl"
local measure = require "bench.tick.measure"
local peer = require "bench.tick.peer"

local ROUNDS, BATCH = 4000, 200 -- a message for each of 200 players in a tick

local failures = 0
local client = peer.client { on_error = function() failures = failures + 1 end }
local hold = client:hub "hold"
local before = peer.answered()

for i = 1, peer.count do assert(hold:enqueue("move", i, i / 2, "player")) end
peer.settle(client)

local function enqueue(i) return hold:enqueue("move", i, i / 2, "player") end

-- As many are answered as came, so that the number in flight stays what it is.
local function even_out()
  peer.release(BATCH)
  local deadline = curl.monotonic() + 10
  while client:queue_stats().pending > peer.count do
    client:step(0.001)
    assert(curl.monotonic() < deadline, "the answers did not come")
  end
  curl.sleep(0.002) -- the rest of the tick
end

local function scene(rest)
  local enqueues = measure.new(ROUNDS)
  for i = 1, ROUNDS do
    assert(enqueues:take(enqueue, i))
    rest()
    if i % BATCH == 0 then even_out() end
  end
  return { enqueue = enqueues }
end

local first, quiet = measure.both_ways(scene)
peer.print("enqueue", first.enqueue)
peer.print("enqueue*", quiet.enqueue)
peer.figure("enqueue_p99_us*", quiet.enqueue:summary().cpu.p99)

peer.release(1000000)
local drained, undelivered = client:drain(60)
assert(drained, tostring(undelivered))
peer.release(0)
local stats, arrived = client:queue_stats(), peer.answered() - before
print(("%-10s %6d  %-22s accepted %d, delivered %d, arrived %d"):format(peer.mode, peer.count, "messages",
  stats.accepted, stats.delivered, arrived))
assert(stats.accepted == peer.count + (1 + measure.QUIET) * ROUNDS and arrived == stats.accepted and failures == 0)
peer.figure("accepted", stats.accepted)
peer.figure("delivered", arrived)
client:close()
