-- SPDX-License-Identifier: MIT
-- The hub client in Lua, as the process signalr-listen, against the emulator.
local emulator = require "spec.support.emulator"
local hub_client = require "spec.support.hub_client"
local process = require "spec.support.process"
local signalr = require "azure.signalr"

-- An integer as the text of its digits, on either Lua.
local function digits(value)
  return (tostring(value):gsub("U?LL$", ""))
end

describe("the hub client in Lua", function()
  local service, client, chat

  setup(function()
    service = emulator.start("--quiet")
    client = signalr.new(service.connection_string)
    chat = client:hub("chat")
  end)

  teardown(function()
    if client then client:close() end
    if service then service:stop() end
  end)

  local function connect(...)
    local one = hub_client.connect(chat:negotiate{ user_id = "lua" }, ...)
    return one, chat:connection(one.connection_id)
  end

  it("prints arguments exactly as they were sent", function()
    local one, connection = connect()
    local text = '[1.0,1e2,-0,9007199254740993,"\\u00e4\\n",[ ],{"a":{ } },null]'
    assert(connection:send("note", signalr.raw_json(text), "tab\tand \"quotes\" \\ \195\164"))
    assert.are.equal("[" .. text .. ',"tab\\tand \\"quotes\\" \\\\ \195\164"]', one:await_target("note"))
    one:stop()
  end)

  it("passes over messages of a later version, and goes on", function()
    local one, connection = connect()
    local later = '{"type":8,"sequenceId":1}\30{"type":99,"x":{}}\30'
    assert(connection:send_frames{ json = later .. '{"type":4,"invocationId":"1","target":"t","arguments":[]}\30'
      .. '{"type":1,"target":"after","arguments":[1]}\30' })
    assert.are.equal("[1]", one:await_target("after"))
    one:stop()
  end)

  it("puts together a message that comes in many pieces", function()
    local one, connection = connect()
    for _, piece in ipairs{ '{"type":1,"target":"who', 'le","argu', 'ments":[1]}', '\30{"type":6}\30{' } do
      assert(connection:send_frames{ json = piece })
    end
    assert.are.equal("[1]", one:await_target("whole"))
    one:stop()
  end)

  it("answers invocations as it was told, exactly", function()
    local one, connection = connect("--answer", "limits=[18446744073709551615,-9223372036854775808,1.0,[],{}]")
    local ok, value = assert(connection:invoke("limits", 1))
    assert.is_true(ok)
    assert.are.equal("18446744073709551615", digits(value[1]))
    assert.are.equal("-9223372036854775808", digits(value[2]))
    assert.are.equal("float", math.type and math.type(value[3]) or "float")
    assert.are.equal(1, value[3])
    assert.are.equal("[1]", one:await("invocation").arguments)
    one:command("answer limits")
    one:command("refuse secret it is one")
    one:command("invoke settled none")
    one:await("completion")
    ok, value = assert(connection:invoke("limits"))
    assert.is_true(ok)
    assert.is_nil(value)
    local none, err = connection:invoke("secret")
    assert.is_nil(none)
    assert.are.equal("client_error", err.kind)
    assert.is_truthy(tostring(err):find("it is one", 1, true))
    none, err = connection:invoke("unknown")
    assert.is_nil(none)
    assert.are.equal("client_error", err.kind)
    one:stop()
  end)

  it("reads a stream, and can cancel it", function()
    local one, connection = connect()
    one:command("stream s1 counter [3]")
    one:command("invoke settled none")
    one:await("completion")
    assert(connection:stream("s1"):send(signalr.raw_json("9007199254740993")))
    assert.are.equal("9007199254740993", one:await("item").item)
    assert(connection:stream("s1"):complete("over"))
    local last = one:await("completion")
    assert.are.same({ "s1", "over" }, { last.id, last.error })
    one:command("stream s2 counter")
    one:command("cancel s2")
    assert.are.equal("s2", one:await("completion", function(event) return event.id == "s2" end).id)
    one:stop()
  end)

  it("tells how it was closed, and connects again when asked", function()
    local one, connection = connect()
    assert(connection:disconnect{ reason = "enough for today" })
    local closed = one:await("closed")
    assert.are.equal("enough for today", closed.error)
    assert.is_true(closed.clean)
    one:command("connect")
    assert.are_not.equal(one.connection_id, one:await("connected").connectionId)
    assert(chat:user("lua"):send("note", "again"))
    assert.are.equal('["again"]', one:await_target("note"))
    one:command("leave")
    assert.is_nil(one:await("closed").error)
    one:stop()
  end)

  it("says that the connection was lost when the service is gone at once", function()
    local other = emulator.start("--quiet")
    local theirs = signalr.new(other.connection_string)
    local one = hub_client.connect(theirs:hub("chat"):negotiate{})
    theirs:close()
    other.process:kill()
    local closed = one:await("closed")
    assert.is_false(closed.clean)
    assert.is_truthy(closed.error:find("connection lost", 1, true))
    one:stop()
    other:stop()
  end)

  it("gives up on a service that has fallen silent, and pings one that has not", function()
    local one = connect("--server-timeout", "1")
    assert.is_truthy(one:await("closed", nil, 60).error:find("nothing came from the server", 1, true))
    one:stop()
    local two, connection = connect("--keep-alive", "0.1")
    process.run{ "sleep", "0.5" }
    assert.is_true(connection:exists())
    two:stop()
  end)

  it("opens a WebSocket without negotiating", function()
    local one = hub_client.connect(chat:negotiate{ user_id = "direct" }, "--skip-negotiation")
    assert(chat:user("direct"):send("note", 1))
    assert.are.equal("[1]", one:await_target("note"))
    one:stop()
  end)

  it("leaves with 1 and says why when it cannot connect", function()
    local stranger = signalr.new{ endpoint = service.endpoint, access_key = ("wrong"):rep(8) }
    local place = stranger:hub("chat"):negotiate{}
    stranger:close()
    local ok, output = process.run{ "bin/signalr-listen", "--url", place.url, "--token", place.accessToken }
    assert.is_false(ok)
    assert.is_truthy(output:find('"event":"failed"', 1, true) and output:find("401", 1, true), output)
    assert.is_nil(output:find(place.accessToken, 1, true))
    ok, output = process.run{ "bin/signalr-listen", "--url", "no url" }
    assert.is_false(ok)
    assert.is_truthy(output:find("not a URL", 1, true), output)
  end)

  it("says what is wrong with a command", function()
    local one = connect()
    for _, line in ipairs{ "dance", "stream", "answer", "connect ftp://nowhere" } do
      one:command(line)
      assert.is_truthy(one:await("failed").message, line)
    end
    one:stop()
  end)

  it("verifies the certificate of a service that speaks TLS", function()
    local certs = "build/certs/"
    assert(process.run{ "sh", "spec/support/make_certs.sh", certs })
    local secure = emulator.start("--quiet", "--tls-cert", certs .. "server.pem", "--tls-key", certs .. "server.key")
    local theirs = signalr.new{ connection_string = secure.connection_string, ca_file = certs .. "ca.pem" }
    local hub = theirs:hub("chat")
    local place = hub:negotiate{ user_id = "lua" }
    assert.is_truthy(place.url:find("^https:"))
    local one = hub_client.connect(place, "--ca-file", certs .. "ca.pem")
    assert(hub:user("lua"):send("note", "sealed"))
    assert.are.equal('["sealed"]', one:await_target("note"))
    one:stop()
    local words = { "bin/signalr-listen", "--url", place.url, "--token", place.accessToken }
    assert.is_false((process.run(words)))
    words[6], words[7] = "--ca-file", certs .. "other-ca.pem"
    assert.is_false((process.run(words)))
    local two = hub_client.connect(place, "--insecure")
    two:stop()
    theirs:close()
    secure:stop()
  end)
end)
