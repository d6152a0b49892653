-- SPDX-License-Identifier: MIT
-- Cancellation, deadlines and closing, with calls in flight.
local host = require "spec.games.host"

host.describe(describe, "ending calls", function(kind)
  local server, client, told

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  before_each(function()
    told = {}
    client = server.client { on_error = function(err) told[#told + 1] = err end }
  end)
  after_each(function() server.close_clients() end)

  local function send(hub) return client:hub(hub):send("x") end

  it("throws where the function waits, and ends it", function()
    local seen, went_on
    local handle = client:spawn(function()
      local fine, err = pcall(send, "wait60000")
      seen = { fine, err.kind, err.op }
      error(err, 0)
      went_on = true -- luacheck: ignore 511
    end)
    client:step(0)
    local took, was = host.timed(handle.cancel, handle)
    assert.is_true(was and took < host.AT_ONCE)
    assert.same({ false, "cancelled", "client:spawn" }, seen)
    assert.is_nil(went_on)
    assert.is_true(handle:done())
    local fine, err = handle:result()
    assert.is_false(fine)
    assert.equal("cancelled", err.kind)
    assert.is_false(handle:cancel())
    assert.equal(0, client:step(0))
    assert.same({}, told)
  end)

  it("ends one that sleeps, waits for another, or has not begun to wait", function()
    local asleep = client:spawn(client.sleep, client, 60)
    local waiting = client:spawn(function() asleep:wait() end)
    local timed = client:spawn(function() asleep:wait(60) end)
    local own
    own = client:spawn(function()
      client:sleep(0)
      assert(own:cancel())
      client:sleep(0)
    end)
    assert.is_true(waiting:cancel() and timed:cancel())
    assert.is_true(asleep:cancel())
    client:step(0)
    for _, handle in ipairs { asleep, waiting, timed, own } do
      assert.equal("cancelled", select(2, handle:result()).kind)
    end
    assert.equal(0, client:step(0))
    assert.same({}, told)
  end)

  it("gives up for good whoever goes on after it", function()
    local rounds = 0
    local handle = client:spawn(function()
      while true do
        rounds = rounds + 1
        pcall(send, "wait60000")
      end
    end)
    client:step(0)
    assert.is_true(handle:cancel())
    assert.equal(2, rounds)
    assert.is_true(handle:done())
    assert.equal("cancelled", select(2, handle:result()).kind)
    client:run()
    assert.equal(2, rounds)
  end)

  it("runs what is to be closed, where Lua has it", function()
    if not coroutine.close then return assert.equal("Lua 5.1", _VERSION) end -- luacheck: ignore
    local closed = 0
    local fn = assert(load [[
      local client, note = ...
      local guard <close> = setmetatable({}, { __close = note })
      while true do pcall(client.sleep, client, 60) end
    ]])
    local handle = client:spawn(fn, client, function() closed = closed + 1 end)
    assert.is_true(handle:cancel())
    assert.equal(1, closed)
  end)

  it("never blocks in what is to be closed after an error: a call there throws, and may be spawned", function()
    if not coroutine.close then return assert.equal("Lua 5.1", _VERSION) end -- luacheck: ignore
    local fn = assert(load [[
      local client, on_close, ending = ...
      local guard <close> = setmetatable({}, { __close = on_close })
      client:sleep(0)
      if ending == "error" then error "bad" end
      if ending == "wait" then client:sleep(60) end
    ]])
    local seen
    local function on_close()
      seen = { pcall(send, "wait60000") }
      client:spawn(function() seen.later = send "chat" end)
    end
    for _, ending in ipairs { "error", "wait" } do
      local handle = client:spawn(fn, client, on_close, ending)
      local took = host.timed(function()
        client:step(0)
        handle:cancel()
      end)
      assert.is_true(handle:done() and took < host.AT_ONCE, "took " .. took)
      assert.is_false(seen[1])
      assert.truthy(seen[2]:find("use client:spawn or enqueue there", 1, true))
      client:run()
      assert.is_true(seen.later)
    end
    local returned = client:spawn(fn, client, function() seen = { pcall(send, "wait20") } end, "return")
    client:run() -- after a return it waits as elsewhere
    assert.same({ true, true }, { seen[1], (returned:result()) })
  end)

  it("never leaves half an answer to the next call", function()
    for _ = 1, 5 do
      local handle = client:spawn(send, "half")
      client:spawn(client.sleep, client, 0.05):wait()
      handle:cancel()
      assert.is_true((send "chat"))
      local ok, err = client:hub("half"):with({ timeout = 0.05 }):send("x")
      assert.is_nil(ok)
      assert.equal("timeout", err.kind)
      assert.is_true((send "chat"))
    end
  end)

  it("gives a connection back to the others", function()
    client:close()
    client = server.client { max_connections = 1 }
    local before = server.count "request"
    local slow = client:spawn(send, "wait60000")
    local queued = client:spawn(send, "wait60001")
    local next_one = client:spawn(send, "chat")
    client:step(0)
    server.await("request", before + 1)
    queued:cancel()
    slow:cancel()
    assert.is_true(select(2, next_one:wait(60)))
    assert.equal(before + 2, server.await("request", before + 2)) -- the queued one was never sent
  end)

  it("keeps a deadline for a call, pauses and all, and resumes at it", function()
    client:close()
    client = server.client { retry = { max = 50, base = 0.02, cap = 0.02 } }
    local handle = client:spawn(function()
      local one, ok, err = host.timed(function() return client:hub("wait60000"):with({ timeout = 0.1 }):send("x") end)
      local two, _, last = host.timed(function() return client:hub("status503"):with({ timeout = 1 }):send("x") end)
      return one, ok, err, two, last
    end)
    local _, one, ok, err, two, last = handle:wait(60)
    assert.is_true(one > 0.09 and one < 30, one)
    assert.is_nil(ok)
    assert.equal("timeout", err.kind)
    assert.is_true(two > 0.05 and two < 30, two)
    assert.is_true(last.kind == "unavailable" or last.kind == "timeout", last.kind)
    assert.is_true(last.attempts > 2)
  end)

  it("refuses what is too much, at once", function()
    client:close()
    client = server.client { max_in_flight = 2 }
    local handles = {}
    for i = 1, 3 do handles[i] = client:spawn(send, "wait50") end
    local fine, ok, err = handles[3]:result()
    assert.same({ true, nil }, { fine, ok })
    assert.equal("queue_full", err.kind)
    client:run()
    assert.is_true(select(2, handles[2]:result()))
  end)

  it("with the client ends everything that waits", function()
    local other = server.client()
    local handles = {
      client:spawn(send, "wait60000"),
      client:spawn(client.sleep, client, 60),
      client:spawn(function() while true do pcall(send, "wait60000") end end),
    }
    local guest = other:spawn(function()
      local ok, err = send "wait60000"
      local slept, problem = client:sleep(60)
      return ok, err.kind, slept, problem
    end)
    local sleeper = other:spawn(function()
      local slept, problem = client:sleep(60)
      return slept, problem.kind
    end)
    client:step(0)
    local took = host.timed(client.close, client)
    assert.is_true(took < host.AT_ONCE, "close took " .. took)
    for _, handle in ipairs(handles) do
      local fine, err = handle:result()
      assert.is_false(fine)
      assert.equal("closed", err.kind)
    end
    assert.same({ true, nil, "closed" }, { sleeper:result() })
    assert.is_false(guest:done() and guest:result() == nil)
    assert.same({}, told)
    assert.equal(0, client:step(0))
  end)

  it("may close the client from inside, and does not lose the own result", function()
    local handle = client:spawn(function()
      send "chat"
      client:close()
      return "closed it"
    end)
    client:run()
    assert.same({ true, "closed it" }, { handle:result() })
  end)

  it("tells of what a function throws after it closed the client", function()
    local handle = client:spawn(function()
      client:close()
      error("after that", 0)
    end)
    assert.same({ false, "after that" }, { handle:result() })
    assert.same({ "after that" }, told)
  end)

  it("with the client ends the function that closed it at its next call", function()
    local handle = client:spawn(function()
      local hub = client:hub("chat")
      client:close()
      hub:send("x")
    end)
    assert.equal("closed", select(2, handle:result()).kind)
    assert.same({}, told)
  end)

  it("of oneself counts at the next call, and not where there is none", function()
    local own
    own = client:spawn(function()
      client:sleep(0)
      own:cancel()
      return "its own"
    end)
    client:run()
    assert.same({ true, "its own" }, { own:result() })
    own = client:spawn(function()
      client:sleep(0)
      own:cancel()
      send "chat"
    end)
    client:run()
    assert.equal("cancelled", select(2, own:result()).kind)
  end)
end)
