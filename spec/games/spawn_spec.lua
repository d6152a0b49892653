-- SPDX-License-Identifier: MIT
-- client:spawn, step and run against a real server: who yields, who blocks, who is resumed where.
local host = require "spec.games.host"
local signalr = require "azure.signalr"

host.describe(describe, "spawn", function(kind)
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  after_each(function() server.close_clients() end)

  it("runs the function at once until it first waits, and gives a handle", function()
    local client, seen = server.client(), {}
    local handle = client:spawn(function(a, b)
      seen[1] = a .. b
      local ok, info = client:hub("chat"):send("x")
      seen[2] = ok
      return ok, type(info), nil
    end, "a", "b")
    assert.same({ "ab" }, seen)
    assert.is_false(handle:done())
    assert.equal(0, select("#", handle:result()))
    assert.equal("azure.signalr.spawned: running", tostring(handle))
    client:run()
    assert.is_true(handle:done())
    assert.equal("azure.signalr.spawned: done", tostring(handle))
    local results = { n = select("#", handle:result()), handle:result() }
    assert.same({ n = 4, true, true, results[3] }, results)
    assert.same({ "ab", true }, seen)
  end)

  it("lets calls run side by side, and step(0) never waits for them", function()
    local client = server.client()
    local handles = {}
    for i = 1, 8 do
      handles[i] = client:spawn(function() return client:hub("heldside"):send("x", i) end)
    end
    -- All are with the server at once, and no answer comes until it is released: a step that waited for one would hang.
    host.step_until(client, function() return server.requests("heldside") == 8 end, 0)
    for _ = 1, 20 do assert.equal(8, client:step(0)) end
    server.release "heldside"
    host.step_until(client, function() return client:step(0) == 0 end)
    for i = 1, 8 do assert.is_true(select(2, handles[i]:result())) end
  end)

  it("counts what is in flight, pauses included", function()
    local client = server.client()
    assert.equal(0, client:step(0))
    local sleeper = client:spawn(client.sleep, client, 60)
    client:spawn(function() return client:hub("heldcount"):send("x") end)
    assert.equal(2, client:step(0))
    sleeper:cancel()
    assert.equal(1, client:step(0))
    server.release "heldcount"
    host.step_until(client, function() return client:step(1) == 0 end)
  end)

  it("waits in step(timeout) only until something happens", function()
    local client, over = server.client(), false
    client:spawn(function()
      client:sleep(0.1)
      over = true
    end)
    local took = host.timed(client.step, client, 60)
    assert.is_true(over and took > 0.09 and took < 30, "took " .. took)
    assert.is_true((host.timed(client.step, client, 60)) < host.AT_ONCE)
    local call = client:spawn(function() return client:hub("wait60000"):send("x") end)
    took = host.timed(client.step, client, 0.1)
    assert.is_true(took > 0.09 and took < 30, "took " .. took)
    assert.equal(1, client:step(0))
    call:cancel()
  end)

  it("does not wait in step for one that sleeps when an answer comes", function()
    local client = server.client()
    local sleeper = client:spawn(client.sleep, client, 60)
    local handle = client:spawn(function() return client:hub("wait50"):send("x") end)
    local took = host.timed(function() while not handle:done() do client:step(60) end end)
    assert.is_true(took < 30, "took " .. took)
    assert.is_true(select(2, handle:result()))
    local queued = client:spawn(function() return client:drain(60) end)
    assert(client:hub("chat"):enqueue("x"))
    took = host.timed(queued.wait, queued, 60)
    assert.is_true(took < 30, "took " .. took)
    assert.is_true(sleeper:cancel())
  end)

  it("gives pages and retries the same way", function()
    local seen = {}
    local client = server.client { retry = { max = 2, base = 0.05, cap = 0.05 } }
    local handle = client:with { on_attempt = function(a) seen[#seen + 1] = a.attempt end }
    handle = client:spawn(function(hub) return hub:send("x") end, handle:hub("status503"))
    assert.is_false(handle:done())
    client:run()
    local fine, ok, err = handle:result()
    assert.same({ true, nil }, { fine, ok })
    assert.equal("unavailable", err.kind)
    assert.equal(3, err.attempts)
    assert.same({ 1, 2, 3 }, seen)
  end)

  it("wakes sleepers in order, and sleep(0) lets others go first", function()
    local client, order = server.client(), {}
    for _, ms in ipairs { 450, 150, 300 } do
      client:spawn(function()
        client:sleep(ms / 1000)
        order[#order + 1] = ms
      end)
    end
    client:run()
    assert.same({ 150, 300, 450 }, order)
    order = {}
    for i = 1, 2 do
      client:spawn(function()
        for _ = 1, 2 do
          order[#order + 1] = i
          client:sleep(0)
        end
      end)
    end
    client:run()
    assert.same({ 1, 2, 1, 2 }, order)
  end)

  it("never runs one that always sleeps 0 twice in a step", function()
    local client, rounds = server.client(), 0
    local handle = client:spawn(function()
      while true do
        rounds = rounds + 1
        client:sleep(0)
      end
    end)
    for _ = 1, 5 do client:step(0) end
    assert.equal(6, rounds)
    assert.is_true(handle:cancel())
  end)

  it("works inside a spawned function, and waits for one there", function()
    local client, order = server.client(), {}
    local outer = client:spawn(function()
      local inner = client:spawn(function()
        order[#order + 1] = "inner begins"
        client:hub("wait50"):send("x")
        order[#order + 1] = "inner ends"
        return 42
      end)
      order[#order + 1] = "outer goes on"
      local fine, value = inner:wait()
      order[#order + 1] = "outer ends"
      assert(not inner:cancel())
      return fine, value
    end)
    assert.same({ true, true, 42 }, { outer:wait(60) })
    assert.same({ "inner begins", "outer goes on", "inner ends", "outer ends" }, order)
  end)

  it("gives up waiting for another one when the time has passed", function()
    local client = server.client()
    local slow = client:spawn(function() return client:hub("heldslow"):send("x") end)
    local quick = client:spawn(function()
      local took = host.timed(slow.wait, slow, 0.05)
      return took, slow:done()
    end)
    local fine, took, done = quick:wait(60)
    assert.is_true(fine and took > 0.04 and took < 30 and not done)
    server.release "heldslow"
    assert.is_true(slow:wait(60))
  end)

  it("brings an error to the handle and to on_error, never to the loop", function()
    local told = {}
    local client = server.client { on_error = function(...) told[#told + 1] = { ... } end }
    local early = client:spawn(function() error("at once", 0) end)
    local object = {}
    local late = client:spawn(function()
      client:hub("chat"):send("x")
      error(object)
    end)
    client:run()
    assert.same({ false, "at once" }, { early:result() })
    assert.equal("azure.signalr.spawned: failed", tostring(early))
    local fine, thrown = late:result()
    assert.is_false(fine)
    assert.equal(object, thrown)
    assert.equal(2, #told)
    assert.equal("at once", told[1][1])
    assert.equal("spawn", told[1][2].source)
    assert.equal(early, told[1][2].handle)
    assert.truthy(told[1][2].traceback:find("spawn_spec", 1, true))
    assert.equal(object, told[2][1])
  end)

  it("goes on when on_error itself throws", function()
    local stderr = io.stderr
    local written = {}
    io.stderr = { write = function(_, ...) written[#written + 1] = table.concat { ... } end } -- luacheck: ignore
    local client = server.client { on_error = function() error "worse" end }
    local fine = pcall(function()
      client:spawn(function() error "bad" end)
      client:spawn(function()
        client:sleep(0)
        error "bad"
      end)
      client:run()
    end)
    io.stderr = stderr -- luacheck: ignore
    assert.is_true(fine)
    assert.equal(2, #written)
    assert.truthy(written[1]:find("on_error threw: .*worse"))
  end)

  it("drives the pool in a blocking call, and resumes nobody there", function()
    local client, resumed = server.client(), false
    local handle = client:spawn(function()
      client:hub("wait50"):send("x")
      resumed = true
    end)
    assert.is_true((client:hub("wait300"):send("y")))
    assert.is_false(resumed)
    client:sleep(0.05)
    assert.is_false(resumed or handle:done())
    assert.equal(0, client:timeout())
    local took = host.timed(client.step, client, 60) -- the answer has come long ago: no waiting
    assert.is_true(resumed and took < host.AT_ONCE, "took " .. took)
  end)

  it("keeps many clients apart, and lets one's function call another", function()
    local a, b, order = server.client(), server.client(), {}
    local one = a:spawn(function()
      a:hub("wait50"):send("x")
      order[#order + 1] = "a"
      b:hub("wait50"):send("x")
      order[#order + 1] = "b"
      b:sleep(0.02)
      return "over"
    end)
    local two = b:spawn(function()
      b:hub("wait300"):send("x")
      order[#order + 1] = "b alone"
    end)
    a:run()
    assert.same({ true, "over" }, { one:result() })
    assert.same({ "a", "b" }, order)
    b:run()
    assert.is_true(two:done())
    assert.same({ "a", "b", "b alone" }, order)
    assert.equal(0, a:step(0) + b:step(0))
  end)

  it("is collected with its client, while it waits", function()
    local client = server.client()
    local seen = setmetatable({}, { __mode = "k" })
    do
      local lone = signalr.new { endpoint = server.url, access_key = "key", io_thread = kind.io_thread }
      seen[lone.context.scheduler] = true
      seen[lone:spawn(function() return lone:hub("wait300"):send("x") end)] = true
      lone:step(0)
    end
    for _ = 1, 3 do collectgarbage() end
    assert.is_nil(next(seen))
    client:step(0)
  end)
end)
