-- SPDX-License-Identifier: MIT
-- What a step costs does not depend on how much is in flight.
local curl = require "azure.signalr.curl"
local host = require "spec.games.host"

host.describe(describe, "the cost of a step", function(kind)
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)

  -- The quickest of many batches: what other programs take from the processor does not count.
  local function step_cost(client)
    local best = math.huge
    for _ = 1, 60 do
      local before = curl.thread_cpu_time()
      for _ = 1, 50 do client:step(0) end
      best = math.min(best, (curl.thread_cpu_time() - before) / 50)
    end
    return best
  end

  local function with_in_flight(count, start)
    local client = server.client { timeout = 600 }
    for _ = 1, count do start(client) end
    for _ = 1, 50 do client:step(0.002) end
    assert.equal(count, client:step(0))
    collectgarbage()
    collectgarbage "stop"
    local cost = step_cost(client)
    collectgarbage "restart"
    client:close()
    return cost
  end

  for what, start in pairs {
    calls = function(client) client:spawn(function() client:hub("wait600000"):send("x") end) end,
    pauses = function(client) client:spawn(client.sleep, client, 600) end,
  } do
    -- A cost that grew with what is in flight would be ninety times as high.
    it(("is the same with 100 and with 9,000 %s in flight"):format(what), function()
      local few, many = with_in_flight(100, start), with_in_flight(9000, start)
      assert.is_true(many < few * 20 + 2e-6, ("%.2f and %.2f microseconds"):format(few * 1e6, many * 1e6))
    end)
  end
end)
