-- SPDX-License-Identifier: MIT
-- A token_provider that takes its time, and who waits for whose fetch.
local host = require "spec.games.host"
local signalr = require "azure.signalr"

host.describe(describe, "a token provider that waits", function(kind)
  local server, client, fetches

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  before_each(function()
    fetches = 0
    client = signalr.new {
      endpoint = server.url, io_thread = kind.io_thread, retry = false, timeout = 60,
      token_provider = function()
        fetches = fetches + 1
        client:sleep(0.05)
        return "token", os.time() + 3600
      end,
    }
  end)
  after_each(function() client:close() end)

  local function send() return client:hub("chat"):send("x") end

  it("is asked once by all that are spawned", function()
    local handles = {}
    for i = 1, 5 do handles[i] = client:spawn(send) end
    client:run()
    for i = 1, 5 do assert.is_true(select(2, handles[i]:result())) end
    assert.equal(1, fetches)
  end)

  it("does not hold a blocking call that comes while a spawned function asks", function()
    local handle = client:spawn(send)
    local took, ok, err = host.timed(send)
    assert.is_true(ok, tostring(err))
    assert.is_true(took < host.AT_ONCE, "took " .. took)
    assert.is_false(handle:done()) -- nobody was resumed
    assert.is_true(select(2, handle:wait(60)))
    assert.equal(2, fetches)
  end)

  it("does not hold signalr.all on the main line, whose functions ask once more", function()
    local handle = client:spawn(send)
    local cpu = os.clock()
    local took, results, bad = host.timed(signalr.all, { send, send, send })
    assert.equal(0, bad, tostring(results[1].err))
    assert.is_true(took < host.AT_ONCE, "took " .. took)
    assert.is_true(os.clock() - cpu < 1) -- of the minute that it would wait otherwise
    assert.is_true(select(2, handle:wait(60)))
    assert.equal(2, fetches)
  end)

  it("that needs its own token is told so, on the main line and in a spawned function", function()
    client:close()
    client = signalr.new {
      endpoint = server.url, io_thread = kind.io_thread, retry = false, timeout = 60,
      token_provider = function()
        local ok, err = send()
        assert(not ok)
        return nil, err.message
      end,
    }
    local took, ok, err = host.timed(send)
    assert.is_nil(ok)
    assert.equal("credential", err.kind)
    assert.truthy(err.message:find("made a call that needs it", 1, true))
    assert.is_true(took < host.AT_ONCE, "took " .. took)
    local _, nothing, other = client:spawn(send):wait(60)
    assert.is_nil(nothing)
    assert.truthy(other.message:find("made a call that needs it", 1, true))
  end)

  it("holds neither run nor drain when only the host's own loop could go on", function()
    local go_on
    client:close()
    client = signalr.new {
      endpoint = server.url, io_thread = kind.io_thread, spawn_yield = function(resume) go_on = resume end,
      token_provider = function()
        coroutine.yield()
        return "token", os.time() + 3600
      end,
    }
    assert(client:hub("chat"):enqueue("x"))
    local took, done, left = host.timed(client.drain, client, 60)
    assert.is_nil(done)
    assert.equal(1, left.pending)
    took = took + host.timed(client.run, client)
    assert.is_true(took < host.AT_ONCE, "took " .. took)
    assert.is_true(go_on())
    assert.is_true(client:drain(60))
    assert.equal(1, client:queue_stats().delivered)
  end)

  it("leaves the processor alone while the queue waits between attempts", function()
    client:close()
    client = signalr.new {
      endpoint = server.url, io_thread = kind.io_thread, retry = { max = 1, base = 2, cap = 2 },
      token_provider = function() return "token", os.time() + 3600 end,
    }
    assert(client:hub("status503"):enqueue("x"))
    client:step(0)
    while client.context.transport.pool:in_flight() > 0 do client:step(0.1) end
    local cpu = os.clock()
    client:sleep(0.4)
    assert.is_true(os.clock() - cpu < 0.1, "used " .. os.clock() - cpu)
  end)
end)
