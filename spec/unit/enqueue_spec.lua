-- SPDX-License-Identifier: MIT
-- enqueue, drain and the counters, on a transport that records: what is checked when, what is told, what is counted.
local signalr = require "azure.signalr"
local testing = require "azure.signalr.testing"
local errors = require "azure.signalr.errors"
local jwt = require "spec.support.jwt"

local function open(options, transport_options)
  local transport = testing.transport(transport_options)
  local told = {}
  local all = { on_error = function(err, what) told[#told + 1] = { err = err, what = what } end }
  for k, v in pairs(options or {}) do all[k] = v end
  local client = testing.client(transport, all)
  return client, transport, told
end

local function balance(client)
  local s = client:queue_stats()
  assert.are.equal(s.accepted, s.delivered + s.failed + s.dropped + s.lost + s.pending)
  return s
end

describe("enqueue", function()
  it("sends the same requests as send, in step", function()
    local client, transport = open()
    local hub = client:hub("chat", { application = "app" })
    local handles = { hub, hub:except { "x", "y" }, hub:group("g/1"), hub:group("g"):except { "z" }, hub:user("ü"),
      hub:connection("c") }
    for _, handle in ipairs(handles) do
      assert.is_true(handle:enqueue("move", 1, nil, { a = 2 }, nil))
    end
    assert.are.equal(0, #transport.requests)
    assert.are.equal(#handles, balance(client).pending)
    client:step(0)
    for _, handle in ipairs(handles) do assert(handle:send("move", 1, nil, { a = 2 }, nil)) end
    for i = 1, #handles do
      local queued, sent = transport.requests[i], transport.requests[i + #handles]
      for _, field in ipairs { "method", "url", "body", "operation", "headers" } do
        assert.are.same(sent[field], queued[field])
      end
    end
    assert.are.equal(#handles, balance(client).delivered)
  end)

  it("writes its arguments at the call: changing a table later has no effect", function()
    local client, transport = open()
    local position = { x = 1 }
    client:hub("chat"):enqueue("move", position)
    position.x = 2
    client:drain()
    assert.are.equal('{"target":"move","arguments":[{"x":1}]}', transport.requests[1].body)
  end)

  it("throws what is misuse at the caller's line, and keeps nothing of it", function()
    local client = open()
    local hub = client:hub("chat")
    for _, bad in ipairs {
      function() hub:enqueue() end, function() hub:enqueue(7) end, function() hub:enqueue("t", { 1, nil, 3 }) end,
      function() hub:group("g"):enqueue("t", print) end, function() hub.enqueue("t") end,
      function() client:drain(-1) end, function() client:drain("1") end,
    } do
      local fine, message = pcall(bad)
      assert.is_false(fine)
      assert.is_truthy(message:find("^spec/unit/enqueue_spec%.lua:%d+: "))
    end
    local _, message = pcall(function() hub:user("u"):enqueue("t", { x = { y = print } }) end)
    assert.is_truthy(message:find("user:enqueue: arguments[1].x.y", 1, true))
    assert.are.equal(0, balance(client).accepted)
    client:close()
    assert.has_error(function() hub:enqueue("t") end)
    assert.has_error(function() client:drain() end)
  end)

  it("returns what can never be sent", function()
    local client = open()
    local ok, err = client:hub("chat"):enqueue("t", ("x"):rep(1048576))
    assert.is_nil(ok)
    assert.are.equal("payload_too_large", err.kind)
    local ids = {}
    for i = 1, 400 do ids[i] = ("connection-%040d"):format(i) end
    ok, err = client:hub("chat"):except(ids):enqueue("t")
    assert.is_nil(ok)
    assert.are.equal("uri_too_long", err.kind)
    assert.are.equal(0, balance(client).pending)
  end)

  it("signs when a message is sent, not when it is put in", function()
    local client, transport = open({ token_lifetime = 600 })
    client:hub("chat"):enqueue("t")
    transport:advance(3000)
    client:step(0)
    local claims = jwt.open(transport.requests[1].headers.authorization:match("^Bearer (.*)$"), testing.access_key)
    assert.are.same({ 1700003000, 1700003600 }, { claims.iat, claims.exp })
  end)

  it("repeats by the rule of send, and with its own options", function()
    local client, transport, told = open({ retry = { max = 2 } })
    local hub = client:hub("chat")
    transport:reply { status = 429, headers = { ["Retry-After"] = "7" } }:reply { status = 202 }
    hub:enqueue("a")
    assert.is_true(client:drain())
    assert.are.same({ 7 }, transport.sleeps)
    transport:reply { status = 503 }
    hub:with({ retry = false }):enqueue("b")
    transport:reply { status = 500 }
    hub:enqueue("c")
    client:step(0)
    assert.are.equal(4, #transport.requests)
    assert.are.same({ "unavailable", "server" }, { told[1].err.kind, told[2].err.kind })
    assert.are.equal(2, balance(client).failed)
  end)
end)

describe("a message that was not delivered", function()
  it("is told with what it was", function()
    local client, transport, told = open({ application = "app" })
    local hub = client:hub("Chat")
    transport:reply { status = 403 }:fail { kind = "reset" }:reply { status = 400 }
      :reply { status = 202, body = '{"isSuccess":false,"message":"no"}' }
    hub:group("a/b c"):enqueue("move", 1)
    hub:user("ü%"):enqueue("look")
    hub:connection("c"):enqueue("wink", "x")
    hub:except { "id" }:enqueue("all")
    assert.are.equal(0, #told)
    client:step(0)
    local what = {}
    for i = 1, 4 do what[i] = told[i].what end
    assert.are.same({
      { source = "enqueue", reason = "failed", operation = "SignalR_GroupBroadcast", hub = "chat",
        application = "app", group = "a/b c", target = "move", count = 1,
        body = '{"target":"move","arguments":[1]}' },
      { source = "enqueue", reason = "failed", operation = "SignalR_SendToUser", hub = "chat", application = "app",
        user = "ü%", target = "look", count = 1, body = '{"target":"look","arguments":[]}' },
      { source = "enqueue", reason = "failed", operation = "SignalR_SendToConnection", hub = "chat",
        application = "app", connection_id = "c", target = "wink", count = 1,
        body = '{"target":"wink","arguments":["x"]}' },
      { source = "enqueue", reason = "failed", operation = "SignalR_Broadcast", hub = "chat", application = "app",
        target = "all", count = 1, body = '{"target":"all","arguments":[]}' },
    }, what)
    for i, kind in ipairs { "forbidden", "reset", "bad_request", "failed" } do
      assert.is_true(errors.is(told[i].err))
      assert.are.equal(kind, told[i].err.kind)
    end
  end)

  it("does not end a step, whatever on_error does", function()
    local client, transport = open({ on_error = function() error("no") end })
    local stderr = io.stderr
    local written = {}
    io.stderr = { write = function(_, ...) written[#written + 1] = table.concat { ... } end } -- luacheck: ignore
    transport:reply { status = 400 }
    client:hub("chat"):enqueue("t")
    client:hub("chat"):enqueue("u")
    local fine = pcall(client.step, client, 0)
    io.stderr = stderr -- luacheck: ignore
    assert.is_true(fine)
    assert.are.equal(1, #written)
    assert.is_truthy(written[1]:find("on_error threw", 1, true))
    assert.are.equal(1, balance(client).delivered)
  end)

  it("may be put in again by on_error", function()
    local client, transport, again
    client, transport = open({ on_error = function(_, what)
      again = client:hub(what.hub):enqueue(what.target)
    end })
    transport:reply { status = 500 }
    client:hub("chat"):enqueue("t")
    assert.is_nil(client:drain())
    assert.is_true(again)
    assert.are.same({ 2, 1, 1 }, { balance(client).accepted, client:queue_stats().delivered, #transport.requests - 1 })
  end)

  it("is counted where nobody wants to be told", function()
    local client, transport = open({ on_error = nil })
    transport:reply { status = 500 }
    client:hub("chat"):enqueue("t")
    local ok, undelivered = client:drain()
    assert.is_nil(ok)
    assert.are.equal("messages that were not delivered: 1 failed", tostring(undelivered))
  end)
end)

describe("a full queue", function()
  it("refuses by default, and says what it takes", function()
    local client, _, told = open({ queue_limit = 2 })
    local hub = client:hub("chat")
    assert.is_true(hub:enqueue("a"))
    assert.is_true(hub:enqueue("b"))
    local ok, err = hub:enqueue("c")
    assert.is_nil(ok)
    assert.are.equal("queue_full", err.kind)
    assert.are.equal("no", err.sent)
    assert.is_truthy(tostring(err):find("queue_limit is 2 messages", 1, true))
    assert.are.same({ 0, 1, 2 }, { #told, balance(client).refused, client:queue_stats().accepted })
    client:step(0)
    assert.is_true(hub:enqueue("d"))
  end)

  it("is bounded by bytes too", function()
    local client = open({ queue_bytes = 3000 })
    local hub = client:hub("chat")
    assert.is_true(hub:enqueue("a", ("x"):rep(2500)))
    assert.is_nil((hub:enqueue("b", ("x"):rep(500))))
    assert.is_true(hub:enqueue("b", ("x"):rep(100)))
  end)

  it("drops the oldest where that is wanted; each is told in the next step", function()
    local client, transport, told = open({ queue_limit = 3, queue_policy = "drop_oldest" })
    local hub = client:hub("chat")
    for i = 1, 6 do assert.is_true(hub:enqueue("t" .. i)) end
    assert.are.same({ 3, 3, 0 }, { balance(client).dropped, client:queue_stats().unreported, #told })
    client:step(0)
    assert.are.same({ "t1", "t2", "t3" }, { told[1].what.target, told[2].what.target, told[3].what.target })
    assert.are.equal("dropped", told[1].what.reason)
    assert.are.equal("queue_full", told[1].err.kind)
    assert.are.equal(3, #transport.requests)
    local ok, undelivered = client:drain(1)
    assert.is_nil(ok)
    assert.are.same({ 3, 0, 0 }, { undelivered.dropped, undelivered.failed, undelivered.pending })
    assert.is_true(client:drain(1))
  end)

  it("tells no more than the queue could hold, and the number of the rest", function()
    local client, _, told = open({ queue_limit = 3, queue_policy = "drop_oldest" })
    for i = 1, 10 do client:hub("chat"):enqueue("t" .. i) end
    assert.are.equal(7, client:queue_stats().unreported)
    client:step(0)
    assert.are.equal(4, #told)
    assert.are.same({ source = "enqueue", reason = "failed", count = 4 }, told[4].what)
    assert.are.equal("queue_full", told[4].err.kind)
  end)
end)

describe("the end of a queue", function()
  it("drain says what it could not deliver in its time, and what failed before", function()
    local client, transport = open({ retry = false })
    local hub = client:hub("chat")
    transport:reply { status = 500 }:reply { status = 202, after = 2 }
    for i = 1, 4 do hub:enqueue("t", i) end
    local ok, undelivered = client:drain(1)
    assert.is_nil(ok)
    assert.are.same({ 2, 2 }, { undelivered.failed, undelivered.pending })
    assert.are.equal("messages that were not delivered: 2 pending, 2 failed", tostring(undelivered))
    assert.is_true(client:drain(1))
    assert.are.equal(2, balance(client).delivered)
    assert.is_true(client:drain())
  end)

  it("run empties it", function()
    local client, transport = open()
    client:hub("chat"):enqueue("t")
    client:run()
    assert.are.equal(1, #transport.requests)
  end)

  it("close tells of what it lost, and returns it", function()
    local client, _, told = open()
    for i = 1, 3 do client:hub("chat"):enqueue("t" .. i) end
    local ok, undelivered = client:close()
    assert.is_true(ok)
    assert.are.equal("messages that were not delivered: 3 lost", tostring(undelivered))
    assert.are.same({ "t1", "lost", "closed" }, { told[1].what.target, told[1].what.reason, told[1].err.kind })
    assert.are.same({ 3, 3 }, { #told, balance(client).lost })
    assert.are.equal(1, select("#", client:close()))
  end)

  it("close returns true alone when nothing was lost", function()
    local client = open()
    client:hub("chat"):enqueue("t")
    client:drain()
    assert.are.equal(1, select("#", client:close()))
  end)

  it("collection runs no code of the host's: on_error is not called", function()
    local client, _, told = open()
    client:hub("chat"):enqueue("t")
    client = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.are.equal(0, #told)
  end)
end)

describe("the options of the queue", function()
  it("are checked", function()
    for name, bad in pairs { queue_limit = 0, queue_bytes = 1.5, queue_policy = "newest", ordered = 1 } do
      local fine, message = pcall(signalr.new, { endpoint = "http://h", access_key = "k", [name] = bad })
      assert.is_false(fine)
      assert.is_truthy(message:find(name, 1, true))
    end
  end)
end)
