-- SPDX-License-Identifier: MIT
-- Microsoft's own client in every way it can connect: client results, streams,
-- calls of its own, closing, coming back, staying alive.
local cjson = require "cjson"
local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local hub_client = require "spec.support.hub_client"
local js_client = require "spec.support.js_client"
local signalr = require "azure.signalr"

local PING_SECONDS = 15 -- between two pings of the service

describe("Microsoft's client", function()
  local service, driver, client, chat, quiet

  setup(function()
    service = emulator.start("--quiet")
    driver = js_client.start()
    client = signalr.new(service.connection_string)
    chat = client:hub("chat")
    quiet = {}
    for i, kind in ipairs(js_client.kinds) do
      quiet[i] = driver:connect(client:hub("quiet"):negotiate{}, kind, { targets = { "note" } })
    end
  end)

  teardown(function()
    if driver then driver:stop() end
    if client then client:close() end
    if service then service:stop() end
  end)

  local function connect(kind, more)
    more = more or {}
    more.targets = { "note" }
    local one = driver:connect(chat:negotiate{ user_id = "somebody" }, kind, more)
    return one, chat:connection(one.connection_id)
  end

  -- The stream the client opens, once the service knows of it: a call made after
  -- it is answered after it.
  local function open_stream(one, connection, arguments)
    one:command("stream", { target = "counter", arguments = arguments })
    local id = one:await("opened").id
    one:command("invoke", { target = "settle" })
    one:await("result")
    return connection:stream(id)
  end

  for _, kind in ipairs(js_client.kinds) do
    describe("over " .. kind.transport .. " with " .. kind.protocol, function()
      it("answers an invocation with a value, with null, with an error, with nothing", function()
        local one, connection = connect(kind)
        one:order("answer", { target = "ask", result = { x = { 1, 2.5, "s", true } } })
        local ok, value = assert(connection:invoke("ask", "question"))
        assert.is_true(ok)
        assert.are.same({ x = { 1, 2.5, "s", true } }, value)
        assert.are.equal('["question"]', one:await("invocation", function(e) return e.target == "ask" end).arguments)
        one:order("answer", { target = "null", result = cjson.null })
        ok, value = assert(connection:invoke("null"))
        assert.is_true(ok)
        assert.are.equal(signalr.null, value)
        one:order("answer", { target = "fails", error = "cannot tell" })
        -- This client takes no value for a mistake, and says so.
        one:order("answer", { target = "nothing" })
        for target, message in pairs{ fails = "cannot tell", nothing = "didn't provide a result" } do
          local none, err = connection:invoke(target)
          assert.is_nil(none)
          assert.are.equal("client_error", err.kind)
          assert.is_truthy(tostring(err):find(message, 1, true), tostring(err))
        end
        one:command("stop")
        one:await("closed")
      end)

      it("is given up when it does not answer", function()
        local one, connection = connect(kind)
        one:order("answer", { target = "never", never = true })
        local started = cqueues.monotime()
        local none, err = connection:with{ timeout = 0.5 }:invoke("never")
        assert.is_nil(none)
        assert.are.equal("no_answer", err.kind)
        assert.is_true(cqueues.monotime() - started < 30)
        one:command("stop")
        one:await("closed")
      end)

      it("reads streams to their end and to their error", function()
        local one, connection = connect(kind)
        local stream = open_stream(one, connection, { 3 })
        assert(stream:send(signalr.raw_json("9007199254740993")))
        assert(stream:send_last{ done = true })
        assert.are.equal("9007199254740993", one:await("rawitem").item)
        assert.are.equal('{"done":true}', one:await("item", function(e) return e.item:find("done") end).item)
        assert.is_nil(one:await("complete").error)
        stream = open_stream(one, connection)
        assert(stream:send("first"))
        assert(stream:complete("broken off"))
        assert.are.equal('"first"', one:await("item").item)
        assert.is_truthy(one:await("complete").error:find("broken off", 1, true))
        one:command("stop")
        one:await("closed")
      end)

      it("is told why its own call of a hub method cannot be served", function()
        local one = connect(kind)
        one:command("invoke", { target = "hubMethod", arguments = { 1 } })
        assert.is_truthy(one:await("result").error:find("serverless", 1, true))
        one:command("stop")
        one:await("closed")
      end)

      it("is closed with the reason, and gone", function()
        local one, connection = connect(kind)
        assert(connection:disconnect{ reason = "the reason" })
        assert.is_truthy(one:await("close").error:find("the reason", 1, true))
        assert.is_truthy(one:await("closed").error:find("the reason", 1, true))
        assert.is_false(connection:exists())
      end)

      it("is missed once it has stopped", function()
        local one, connection = connect(kind)
        assert.is_true(connection:exists())
        one:command("stop")
        assert.is_nil(one:await("closed").error)
        local deadline = cqueues.monotime() + 60
        while connection:exists() and cqueues.monotime() < deadline do cqueues.sleep(0.02) end
        assert.is_false(connection:exists())
      end)

      it("is sent on by an application's server that negotiates for it", function()
        local url = driver:serve(chat:negotiate{ user_id = "sent-on" })
        local one = driver:connect({ url = url }, kind, { targets = { "note" } })
        assert(chat:user("sent-on"):send("note", kind.transport))
        one:await("received", function(e) return e.arguments == '["' .. kind.transport .. '"]' end)
        one:command("stop")
        one:await("closed")
      end)

      it("comes back after the service went away, with and without a goodbye", function()
        local other = emulator.start("--quiet")
        local theirs = signalr.new(other.connection_string)
        local hub = theirs:hub("chat")
        local one = driver:connect(hub:negotiate{ user_id = "back" }, kind, { targets = { "note" }, reconnect = true })
        local last = one.connection_id
        for _, suddenly in ipairs{ false, true } do
          other = other:restart(suddenly)
          local now = one:await("reconnected").connectionId
          assert.are_not.equal(last, now)
          last = now
          assert(hub:user("back"):send("note", suddenly))
          one:await("received", function(e) return e.arguments == ("[%s]"):format(tostring(suddenly)) end)
        end
        one:command("stop")
        one:await("closed")
        theirs:close()
        other:stop()
      end)
    end)
  end

  it("opens a WebSocket without negotiating", function()
    local place = chat:negotiate{ user_id = "direct" }
    local one = driver:connect(place, js_client.kinds[1], { targets = { "note" }, skipNegotiation = true })
    assert(chat:user("direct"):send("note", 1))
    assert.are.equal("[1]", one:await("received").arguments)
    one:command("stop")
    one:await("closed")
  end)

  it("sends pings of its own and stays", function()
    local one, connection = connect(js_client.kinds[1], { keepAlive = 50 })
    cqueues.sleep(0.5)
    assert.is_true(connection:exists())
    assert.is_false(one:has("closed"))
    one:command("stop")
    one:await("closed")
  end)

  it("is refused with a token of another key", function()
    local stranger = signalr.new{ endpoint = service.endpoint, access_key = ("wrong"):rep(8) }
    local ok, why = pcall(driver.connect, driver, stranger:hub("chat"):negotiate{}, js_client.kinds[1])
    stranger:close()
    assert.is_false(ok)
    assert.is_truthy(tostring(why):find("401", 1, true), tostring(why))
  end)

  it("shares its hub with the client in Lua", function()
    local url = driver:serve(chat:negotiate{ user_id = "lua" })
    local one = hub_client.connect{ url = url, accessToken = "unused" }
    local two = connect(js_client.kinds[1])
    assert(chat:send("note", signalr.raw_json("18446744073709551615")))
    assert.are.equal("[18446744073709551615]", one:await_target("note"))
    assert.are.equal("[18446744073709551615]", two:await("invocation").arguments)
    one:stop()
    two:command("stop")
    two:await("closed")
  end)

  it("is kept alive by pings of the service", function()
    for i, one in ipairs(quiet) do
      assert.is_truthy(one:await("ping", nil, 4 * PING_SECONDS), js_client.kinds[i].transport)
      assert.is_false(one:has("closed"))
    end
    assert(client:hub("quiet"):send("note", "still there"))
    for _, one in ipairs(quiet) do assert.are.equal('["still there"]', one:await("received").arguments) end
  end)
end)
