-- SPDX-License-Identifier: MIT
-- Functions spawned by one client that call another, over pools and transports of the user's own, in any mix.
local host = require "spec.games.host"
local signalr = require "azure.signalr"
local testing = require "azure.signalr.testing"

-- The least that a transport of the user's own needs: it blocks, and has no poll.
local function plain_transport()
  local now = 0
  local transport = { now = function() return now end, time = function() return 1700000000 end }
  function transport.send() return { status = 202, headers = {}, body = "" } end
  function transport.sleep(_, seconds)
    now = now + seconds
    return true
  end
  function transport.close() end
  return transport
end

local makers = {
  ["a pool"] = function(server) return server.client() end,
  ["a transport for specs"] = function() return testing.client(testing.transport()) end,
  ["a transport of the user's own"] = function(server)
    return signalr.new { endpoint = server.url, access_key = "key", transport = plain_transport() }
  end,
}

local function calls(client)
  assert(client:hub("wait20"):send("x"))
  assert(client:sleep(0.001))
  assert(client:hub("chat"):enqueue("x"))
  assert(client:drain(5))
  local _, bad = signalr.all { function() return client:hub("wait5"):send("x") end, function() client:sleep(0) end }
  return bad
end

local ways = {}

ways["go on in steps of the one that spawned, whatever they wait for at the other"] = function(a, b)
  local handle = a:spawn(calls, b)
  local rounds = 0
  while not handle:done() do
    rounds = rounds + 1
    assert.is_true(rounds < 1000)
    a:step(rounds % 2 * 0.5)
  end
  assert.same({ true, 0 }, { handle:result() })
  assert.equal(0, a:step(0) + b:step(0))
end

ways["go on in run and wait, and in steps of the other"] = function(a, b)
  local first, second = a:spawn(calls, b), a:spawn(calls, b)
  a:run()
  assert.same({ true, 0 }, { first:result() })
  assert.same({ true, 0 }, { second:wait(5) })
  assert.same({ true, 0 }, { b:spawn(calls, a):wait(5) })
  local third = a:spawn(function() return b:hub("wait5"):send("x") end)
  b:run()
  a:run()
  assert.is_true(third:done())
end

ways["wait for functions of each other, and give up after a time"] = function(a, b, server)
  local stuck
  local slow = b:spawn(function()
    b:hub("wait50"):send("x")
    return "b"
  end)
  local waits = a:spawn(function() return slow:wait(5) end)
  local never = server.client { spawn_yield = function(resume) stuck = resume end }
  local parked = never:spawn(function() return coroutine.yield() end)
  local gives_up = a:spawn(function() return parked:wait(0.01) == nil end)
  assert.same({ true, true, "b" }, { waits:wait(5) })
  assert.same({ true, true }, { gives_up:wait(5) })
  assert.is_true(stuck())
end

ways["get an answer where the other is closed under them"] = function(a, b)
  local handle = a:spawn(function()
    local ok, err = b:hub("wait5000"):send("x")
    return ok or err.kind
  end)
  a:step(0)
  b:close()
  local fine, result = handle:wait(5)
  assert.is_true(fine and (result == true or result == "closed"))
end

ways["are called by a coroutine of the host's, which the one adopted"] = function(a, b)
  local waiting, bad = {}, nil
  a:adopt {
    yield = function(thread) coroutine.yield(thread) end,
    resume = function(thread) waiting[#waiting + 1] = thread end,
  }
  local thread = coroutine.create(function() bad = calls(a) + calls(b) end)
  assert(coroutine.resume(thread))
  host.step_until(a, function()
    for i = #waiting, 1, -1 do assert(coroutine.resume(table.remove(waiting, i))) end
    return bad
  end)
  assert.equal(0, bad)
end

host.describe(describe, "functions of one client that call another,", function(kind)
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  after_each(function() server.close_clients() end)

  for one, make_one in pairs(makers) do
    for other, make_other in pairs(makers) do
      for title, way in pairs(ways) do
        it(("over %s and over %s, %s"):format(one, other, title), function()
          local a, b = make_one(server), make_other(server)
          way(a, b, server)
          a:close()
          b:close()
        end)
      end
    end
  end
end)
