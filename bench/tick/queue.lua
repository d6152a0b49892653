-- SPDX-License-Identifier: MIT
-- What a tick pays for an enqueue, with a number of messages in flight that the sink holds; and whether as many
-- arrived as were accepted.
local measure = require "bench.tick.measure"
local peer = require "bench.tick.peer"

local ROUNDS = 5000

local failures = 0
local client = peer.client { on_error = function() failures = failures + 1 end }
local hold = client:hub "hold"
local before = peer.answered()

for i = 1, peer.count do assert(hold:enqueue("move", i, i / 2, "player")) end
peer.settle(client)

local enqueues = measure.new(ROUNDS)
local function enqueue(i) return hold:enqueue("move", i, i / 2, "player") end
for i = 1, ROUNDS do
  assert(enqueues:take(enqueue, i))
  if i % 50 == 0 then client:step(0) end
end
peer.print("enqueue", enqueues)
peer.figure("enqueue_p99_us", enqueues:summary().cpu.p99)

peer.release(1000000)
local drained, undelivered = client:drain(60)
assert(drained, tostring(undelivered))
peer.release(0)
local stats, arrived = client:queue_stats(), peer.answered() - before
print(("%-10s %6d  %-22s accepted %d, delivered %d, arrived %d"):format(peer.mode, peer.count, "messages",
  stats.accepted, stats.delivered, arrived))
assert(stats.accepted == peer.count + ROUNDS and arrived == stats.accepted and failures == 0)
peer.figure("accepted", stats.accepted)
peer.figure("delivered", arrived)
client:close()
