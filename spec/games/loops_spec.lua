-- SPDX-License-Identifier: MIT
-- The examples for event loops run, with the interpreter of this run; and what loops ask a client.
local host = require "spec.games.host"
local support = require "spec.support.pool"
local curl = require "azure.signalr.curl"

host.describe(describe, "event loops", function(kind)
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  after_each(function() server.close_clients() end)

  if not kind.io_thread then
    for _, name in ipairs { "cqueues", "luv", "poll" } do
      it(("have an example for %s"):format(name), function()
        local before = server.count "request"
        local connection = ("Endpoint=%s;AccessKey=key"):format(server.url)
        local out = support.lua { ("examples/loop_%s.lua"):format(name), connection }
        assert.equal("sent 10 of 10, the loop went on\n", out)
        assert.equal(before + 10, server.await("request", before + 10))
      end)
    end
  end

  it("learn when to step: nothing to do, something at once, later, or when the descriptor is readable", function()
    local client = server.client()
    assert.is_nil(client:timeout())
    assert.equal("r", client:events())
    assert.same({}, curl.poll({ client:pollfd() }, 0))
    local sleeper = client:spawn(client.sleep, client, 60)
    local timeout = client:timeout()
    assert.is_true(timeout > 40 and timeout <= 60)
    local handle = client:spawn(function() return client:hub("wait50"):send("x") end)
    local started, rounds = host.now(), 0
    while not handle:done() do
      timeout = assert(client:timeout())
      assert.is_true(timeout >= 0 and timeout <= 60)
      curl.poll({ client:pollfd() }, timeout)
      client:step(0)
      rounds = rounds + 1
      assert.is_true(host.now() < started + 30, "it was not told that the answer was there")
    end
    assert.is_true(rounds < 60, "it was woken for nothing: " .. rounds)
    assert.is_true(sleeper:cancel())
    client:run()
    assert.is_nil(client:timeout())
    assert.same({}, curl.poll({ client:pollfd() }, 0))
  end)

  it("poll several descriptors, and refuse what is none", function()
    local a, b = server.client(), server.client()
    local handle = b:spawn(function() return b:hub("wait20"):send("x") end)
    a:pollfd()
    while not handle:done() do
      local ready = curl.poll({ a:pollfd(), b:pollfd() }, math.min(b:timeout() or 1, 1))
      assert.is_nil(ready[a:pollfd()])
      b:step(0)
    end
    assert.has_error(function() curl.poll({ "x" }, 0) end)
    assert.has_error(function() curl.poll({ -1 }, 0) end)
    assert.has_error(function() curl.poll(1, 0) end)
  end)
end)
