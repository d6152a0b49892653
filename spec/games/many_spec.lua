-- SPDX-License-Identifier: MIT
-- signalr.all and the fan-outs of a hub.
local host = require "spec.games.host"
local signalr = require "azure.signalr"

host.describe(describe, "many at once", function(kind)
  local server, client

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  before_each(function() client = server.client() end)
  after_each(function() server.close_clients() end)

  local function names(n)
    local list = {}
    for i = 1, n do list[i] = "u" .. i end
    return list
  end

  -- A function that lets the answers go once n requests are with the server: they are there at the same time, or never.
  local function release_when(hub, n)
    return function()
      while server.requests(hub) < n do client:sleep(0.005) end
      server.release(hub)
    end
  end

  it("runs functions side by side on the main line", function()
    local results, bad = signalr.all {
      function() return client:hub("heldmany"):send("x") end,
      function() return client:hub("status404"):send("x") end,
      function() error("thrown", 0) end,
      function() return client:hub("heldmany"):group("g"):exists() end,
      release_when("heldmany", 2),
      function() return nil, "in words" end,
      function() return "value", 2 end,
      function() return true, nil end,
      function() return false end,
    }
    assert.equal(9, #results)
    assert.equal(3, bad)
    assert.is_true(results[1].ok and type(results[1].value) == "table")
    assert.same({ false, "not_found" }, { results[2].ok, results[2].err.kind })
    assert.same({ ok = false, err = "thrown" }, results[3])
    assert.same({ ok = true, value = true }, results[4])
    assert.same({ ok = true }, results[5])
    assert.same({ ok = false, err = "in words" }, results[6])
    assert.same({ ok = true, value = "value" }, results[7])
    assert.same({ ok = true }, results[8])
    assert.same({ ok = true, value = false }, results[9])
  end)

  it("never runs more at a time than it may", function()
    local now, most = 0, 0
    local list = {}
    for i = 1, 10 do
      list[i] = function()
        now = now + 1
        most = math.max(most, now)
        client:sleep(0.01)
        now = now - 1
        return i
      end
    end
    local results = signalr.all(list, { parallel = 3 })
    assert.equal(3, most)
    for i = 1, 10 do assert.equal(i, results[i].value) end
    assert.same({}, (signalr.all {}))
  end)

  it("resumes nobody else when it runs on the main line", function()
    local resumed = false
    local other = client:spawn(function()
      client:hub("wait20"):send("x")
      resumed = true
    end)
    signalr.all { function() client:hub("wait100"):send("x") end }
    assert.is_false(resumed)
    assert.equal(0, client:timeout())
    assert.equal(0, client:step(1))
    assert.is_true(resumed and other:done())
  end)

  it("resumes others after all when it waits for one of them", function()
    local other = client:spawn(function()
      client:hub("wait20"):send("x")
      return 7
    end)
    local results = signalr.all { function() return select(2, other:wait()) end }
    assert.same({ { ok = true, value = 7 } }, results)
  end)

  it("waits for one that had its answer before, but not its turn", function()
    local other = client:spawn(function()
      client:hub("chat"):send("x")
      return 7
    end)
    local results = signalr.all({
      function() client:hub("wait50"):send("x") end,
      function() return select(2, other:wait()) end,
    }, { parallel = 1 })
    assert.equal(7, results[2].value)
  end)

  it("drives several clients", function()
    local second = server.client()
    local results = signalr.all {
      function() return (client:hub("heldtwo"):send("x")) end,
      function() return (second:hub("heldtwo"):send("x")) end,
      release_when("heldtwo", 2),
    }
    assert.is_true(results[1].ok and results[2].ok and results[3].ok)
  end)

  it("yields in a spawned function, which gets the results", function()
    local ticks = 0
    local handle = client:spawn(function()
      local results, bad = client:hub("heldusers"):users(names(4), { parallel = 2 }):send("x", 1)
      return #results, bad
    end)
    client:spawn(function()
      while not handle:done() do
        ticks = ticks + 1
        if ticks == 5 then server.release "heldusers" end
        client:sleep(0.01)
      end
    end)
    client:run()
    assert.same({ true, 4, 0 }, { handle:result() })
    assert.is_true(ticks >= 5)
  end)

  it("ends with the spawned function that waits for it", function()
    local open = 0
    local handle = client:spawn(function()
      signalr.all { function()
        open = open + 1
        local fine, err = pcall(client.sleep, client, 60)
        open = open - 1
        assert(not fine and err.kind == "cancelled")
      end, function() client:hub("wait60000"):send("x") end }
    end)
    assert.equal(1, open)
    assert.equal(2, client:step(0))
    assert.is_true(handle:cancel())
    assert.is_true(handle:done())
    assert.equal(0, open)
    assert.equal(0, client:step(0))
  end)

  it("goes on when a function yields to nobody", function()
    local list = {}
    for i = 1, 5 do
      list[i] = function()
        if i % 2 == 0 then coroutine.yield() end
        client:sleep(0.01)
        return i
      end
    end
    local results, bad = signalr.all(list, { parallel = 1 })
    assert.equal(2, bad)
    for i = 1, 5 do assert.equal(i % 2 == 1, results[i].ok) end
    assert.truthy(results[2].err:find("spawn_yield", 1, true))
  end)

  it("says when only the host's loop could go on", function()
    local resume
    local hosted = server.client { spawn_yield = function(go_on) resume = go_on end }
    local other = hosted:spawn(function() coroutine.yield() end)
    local fine, message = pcall(signalr.all, { function() other:wait() end })
    assert.is_false(fine)
    assert.truthy(message:find("host's own loop", 1, true))
    assert.is_true(resume())
    assert.is_true(other:done())
  end)

  it("sends to users, groups and connections, one request each", function()
    local testing = require "azure.signalr.testing"
    local transport = testing.transport()
    local hub = testing.client(transport):hub("chat")
    transport:reply { status = 202 }
    transport:reply { status = 404 }
    local results, bad = hub:users({ "alice", "bob b" }):send("news", 1, nil)
    assert.equal(1, bad)
    assert.is_true(results[1].ok)
    assert.equal("not_found", results[2].err.kind)
    hub:except({ "c9" }):groups({ "g" }):send_list("news", { 2 })
    hub:connections({ "c" }):send_frames { json = "{}\30" }
    local seen = {}
    for i, r in ipairs(transport.requests) do
      seen[i] = { r.method, r.path:match("hubs/(.*)"), r.operation, r.body }
    end
    assert.same({
      { "POST", "chat/users/alice/:send", "SignalR_SendToUser", '{"target":"news","arguments":[1,null]}' },
      { "POST", "chat/users/bob%20b/:send", "SignalR_SendToUser", '{"target":"news","arguments":[1,null]}' },
      { "POST", "chat/groups/g/:send", "SignalR_GroupBroadcast", '{"target":"news","arguments":[2]}' },
      { "POST", "chat/connections/c/:send", "SignalR_SendToConnection", seen[4][4] },
    }, seen)
    local excluded = {}
    for _, pair in ipairs(transport.requests[3].query) do
      if pair[1] == "excluded" then excluded[#excluded + 1] = pair[2] end
    end
    assert.same({ "c9" }, excluded)
    assert.equal("application/octet-stream", transport.requests[4].headers["content-type"])
    assert.same({}, (hub:users({}):send("x")))
  end)

  it("is misused loudly, before anything is sent", function()
    local hub = client:hub("chat")
    local before = server.count "request"
    local function message(fn, ...)
      local fine, problem = pcall(fn, ...)
      assert.is_false(fine)
      return problem
    end
    assert.truthy(message(hub.users, hub, "alice"):find("hub:users: an array is needed, got string", 1, true))
    assert.truthy(message(hub.users, hub, { "a", x = 1 }):find("holes or other keys", 1, true))
    assert.truthy(message(hub.groups, hub, { "a", nil, "c" }):find("holes or other keys", 1, true))
    assert.truthy(message(hub.groups, hub, { "a", true }):find("hub:groups: groups[2] must be a string", 1, true))
    assert.truthy(message(hub.users, hub, { "a" }, { paralel = 2 }):find('did you mean "parallel"', 1, true))
    assert.truthy(message(function() hub:except({ "c" }):users({ "a" }) end):find("excludes", 1, true))
    local users = hub:users { "a" }
    assert.truthy(message(users.send, users):find("users:send: target must be", 1, true))
    assert.truthy(message(users.send, users, "t", print):find("arguments[1]", 1, true))
    assert.truthy(message(users.send, hub):find("with a colon", 1, true))
    assert.truthy(message(signalr.all, 1):find("signalr.all: functions must be a table", 1, true))
    assert.truthy(message(signalr.all, { 1 }):find("signalr.all: functions[1] must be a function", 1, true))
    assert.truthy(message(signalr.all, {}, { parallel = 0 }):find("parallel", 1, true))
    assert.equal(before, server.count "request")
  end)
end)
