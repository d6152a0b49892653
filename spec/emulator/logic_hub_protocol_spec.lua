-- SPDX-License-Identifier: MIT
-- Hub protocol: handshake, framing, and what each side may say.
local hub_protocol = require "azure.signalr.emulator.hub_protocol"
local logic = require "spec.emulator.logic"
local oracle = require "MessagePack"

oracle.set_array "with_hole"

local json, messagepack = hub_protocol.protocols.json, hub_protocol.protocols.messagepack
local LIMIT = 1048576

local function framed(...)
  local body = oracle.pack({ ... })
  assert(#body < 128)
  return string.char(#body) .. body
end

describe("the handshake", function()
  -- request, part of the error
  local refused = {
    { '{"protocol":"xml","version":1}', "The protocol 'xml' is not supported." },
    { '{"protocol":"json","version":2}', "does not support version 2 of the 'json' protocol" },
    { '{"protocol":"messagepack","version":0}', "does not support version 0" },
    { '{"version":1}', "no 'protocol'" }, { '{"protocol":1,"version":1}', "no 'protocol'" },
    { '{"protocol":"json"}', "no 'version'" }, { '{"protocol":"json","version":"1"}', "no 'version'" },
    { '{"protocol":', "malformed" }, { "[]", "no 'protocol'" }, { "", "malformed" },
  }
  for _, row in ipairs(refused) do
    it("answers " .. row[1] .. " with an error and closes", function()
      local client = logic.new():client("alice", { protocol = false })
      client:say(row[1])
      local text = client:text()
      assert.is_truthy(text:find('^{"error":"') and text:find(row[2], 1, true), text)
      assert.is_truthy(client.closed)
      assert.is_nil(client.session.service:hub("chat"):connection(client.id))
      client:say('{"protocol":"json","version":1}')
      assert.are.equal("", client:text())
    end)
  end

  it("is JSON for both protocols, and text on the wire", function()
    for _, name in ipairs { "json", "messagepack" } do
      local client = logic.new():client("alice", { protocol = name })
      assert.are.same({ true }, client.kinds)
      assert.are.equal(name == "messagepack", client.session.binary)
    end
  end)

  it("may come in pieces, and with the first messages behind it", function()
    local client = logic.new():client("alice", { protocol = false })
    for c in ('{"protocol":"json","version":1}'):gmatch(".") do client.session:receive(c) end
    assert.are.equal("", client:text())
    client.session:receive('\30{"type":1,"invocationId":"7","target":"m","arguments":[]}\30')
    assert.is_truthy(client:text():find('^{}\n{"type":3,"invocationId":"7","error":"'))
  end)

  it("goes over to bytes in the same packet", function()
    local client = logic.new():client("alice", { protocol = false })
    client.session:receive('{"protocol":"messagepack","version":1}\30' .. framed(1, {}, "7", "m", {}))
    local frames = client:take()
    assert.are.equal("{}\30", frames[1])
    local completion = oracle.unpack(frames[2]:sub(2))
    assert.are.same({ 3, "7", 1 }, { completion[1], completion[3], completion[4] })
    assert.are.same({ true, false }, client.kinds)
  end)

  it("that never comes ends the connection after 15 seconds", function()
    local world = logic.new()
    local client = world:client("alice", { protocol = false })
    world:advance(14)
    assert.is_nil(client.closed)
    world:advance(1)
    assert.is_truthy(client.closed)
    assert.are.equal(0, world.service:count())
  end)

  it("that grows without end is refused", function()
    local client = logic.new { limits = { message = 100 } }:client("alice", { protocol = false })
    client.session:receive(("x"):rep(101))
    assert.is_truthy(client:text():find("larger", 1, true))
    assert.is_truthy(client.closed)
  end)
end)

describe("the JSON parser", function()
  it("takes several messages in one packet and one in several", function()
    local parser = json.parser(LIMIT)
    assert.are.same({}, parser:feed('{"ty'))
    local messages = parser:feed('pe":6}\30{"type":5,"invocationId":"a"}\30{"type":3,')
    assert.are.equal(2, #messages)
    assert.are.same({ 6, 5, "a" }, { messages[1].type, messages[2].type, messages[2].id })
    messages = parser:feed('"invocationId":"b","result":[ 1.0 ]}\30')
    assert.are.equal("[ 1.0 ]", messages[1].result:json())
  end)

  it("tells no result from null", function()
    local parser = json.parser(LIMIT)
    local messages = parser:feed('{"type":3,"invocationId":"a"}\30{"type":3,"invocationId":"a","result":null}\30')
    assert.is_nil(messages[1].result)
    assert.are.equal("null", messages[2].result:json())
  end)

  for _, record in ipairs { "", "[]", "{", "{}", '{"type":"1"}', '{"type":1}', '{"type":1,"target":2}',
    '{"type":3,"result":1}', '{"type":4,"target":"m"}', '{"type":3,"invocationId":1}',
    '{"type":3,"invocationId":"a","result":1,"error":"x"}' } do
    it("refuses the record '" .. record .. "'", function()
      local messages, message = json.parser(LIMIT):feed(record .. "\30")
      assert.is_nil(messages)
      assert.are.equal("string", type(message))
    end)
  end

  it("refuses what is too large, complete or not", function()
    assert.is_nil(json.parser(20):feed(("x"):rep(21)))
    assert.is_nil(json.parser(20):feed('{"type":6,"a":"' .. ("x"):rep(10) .. '"}\30'))
    assert.is_truthy(json.parser(20):feed('{"type":6}\30{"type":6}\30{"type":6}\30'))
  end)
end)

describe("the MessagePack parser", function()
  it("takes several messages in one packet and one byte at a time", function()
    local bytes = framed(6) .. framed(5, {}, "a") .. framed(3, {}, "b", 3, "text")
    local parser, seen = messagepack.parser(LIMIT), {}
    for i = 1, #bytes do
      for _, message in ipairs(parser:feed(bytes:sub(i, i))) do seen[#seen + 1] = message end
    end
    assert.are.same({ 6, 5, 3 }, { seen[1].type, seen[2].type, seen[3].type })
    assert.are.equal('"text"', seen[3].result:json())
    assert.are.equal(3, #messagepack.parser(LIMIT):feed(bytes))
  end)

  it("reads lengths of more than one byte", function()
    local body = oracle.pack({ 3, {}, "b", 3, ("x"):rep(20000) })
    local varint = string.char(#body % 128 + 128, math.floor(#body / 128) % 128 + 128, math.floor(#body / 16384))
    local parser = messagepack.parser(LIMIT)
    assert.are.same({}, parser:feed(varint:sub(1, 2)))
    assert.are.same({}, parser:feed(varint:sub(3) .. body:sub(1, 100)))
    assert.are.equal(20002, #parser:feed(body:sub(101))[1].result:json())
  end)

  it("reads completions: error, nothing, a value", function()
    local messages = messagepack.parser(LIMIT):feed(
      framed(3, {}, "a", 1, "broke") .. framed(3, {}, "a", 2) .. framed(3, {}, "a", 3, true))
    assert.are.equal("broke", messages[1].error)
    assert.is_nil(messages[2].result or messages[2].error)
    assert.are.equal("true", messages[3].result:json())
  end)

  it("turns a value that JSON cannot say into an error", function()
    local body = "\149\3\128\161a\3\203\127\248" .. ("\0"):rep(6)
    local messages = messagepack.parser(LIMIT):feed(string.char(#body) .. body)
    assert.is_truthy(messages[1].error:find("NaN", 1, true))
  end)

  it("ignores types of later versions and further elements", function()
    local messages = messagepack.parser(LIMIT):feed(framed(9, 1) .. framed(1, {}, "a", "m", {}, {}, "more"))
    assert.are.same({ 9, 1 }, { messages[1].type, messages[2].type })
  end)

  for name, bytes in pairs {
    ["a map"] = "\1\128", ["nothing"] = "\0", ["no type"] = "\1\144", ["a type that is text"] = "\3\145\161a",
    ["a cut value"] = "\2\146\6", ["bytes behind"] = "\3\145\6\0", ["no id"] = "\4\147\5\128\192",
    ["no target"] = "\6\149\1\128\161a\192\144", ["a wrong kind"] = "\6\148\3\128\161a\9",
    ["a length without end"] = "\255\255\255\255\255\1", ["a stream without id"] = "\7\149\4\128\192\161m\144",
  } do
    it("refuses " .. name, function()
      local messages, message = messagepack.parser(LIMIT):feed(bytes)
      assert.is_nil(messages)
      assert.are.equal("string", type(message))
    end)
  end

  it("refuses a length over the limit before the bytes come", function()
    assert.is_nil(messagepack.parser(100):feed("\101"))
  end)
end)

describe("what the service writes", function()
  local payload = require "azure.signalr.emulator.payload"
  local arguments = payload.from_json '[1,"é",[],{}]'

  local function unpack_frame(frame)
    assert.are.equal(#frame - 1, frame:byte(1))
    return oracle.unpack(frame:sub(2))
  end

  it("is JSON for JSON clients", function()
    local cases = {
      { json.invocation('t"', arguments), '{"type":1,"target":"t\\"","arguments":[1,"é",[],{}]}' },
      { json.invocation("t", arguments, "9"),
        '{"type":1,"invocationId":"9","target":"t","arguments":[1,"é",[],{}]}' },
      { json.stream_item("9", arguments), '{"type":2,"invocationId":"9","item":[1,"é",[],{}]}' },
      { json.completion("9"), '{"type":3,"invocationId":"9"}' },
      { json.completion("9", "bad"), '{"type":3,"invocationId":"9","error":"bad"}' },
      { json.ping(), '{"type":6}' }, { json.close(), '{"type":7}' },
      { json.close("bye"), '{"type":7,"error":"bye"}' },
    }
    for _, case in ipairs(cases) do assert.are.equal(case[2] .. "\30", case[1]) end
  end)

  it("takes no text of a MessagePack client that is not UTF-8, which JSON could not say", function()
    for _, message in ipairs { "\149\3\128\1611\1\161\255", "\150\1\128\192\162\195(\144\144", "\147\7\161\255\194" } do
      local client = logic.new():client("alice", { protocol = "messagepack" })
      client.session:receive(string.char(#message) .. message)
      assert.is_truthy(client.closed)
      assert.is_nil((client.closed.reason or ""):find("\255", 1, true))
    end
  end)

  it("is MessagePack for MessagePack clients", function()
    local invocation = unpack_frame(messagepack.invocation("t", arguments, "9"))
    assert.are.same({ 1, {}, "9", "t", { 1, "é", {}, {} }, {} }, invocation)
    assert.is_nil(unpack_frame(messagepack.invocation("t", arguments))[3])
    assert.are.same({ 2, {}, "9", { 1, "é", {}, {} } }, unpack_frame(messagepack.stream_item("9", arguments)))
    assert.are.same({ 3, {}, "9", 2 }, unpack_frame(messagepack.completion("9")))
    assert.are.same({ 3, {}, "9", 1, "bad" }, unpack_frame(messagepack.completion("9", "bad")))
    assert.are.same({ 6 }, unpack_frame(messagepack.ping()))
    assert.are.same({ 7, "bye", false }, unpack_frame(messagepack.close("bye")))
  end)

  it("carries lengths over 127", function()
    local long = payload.from_json('["' .. ("x"):rep(300) .. '"]')
    local frame = messagepack.invocation("t", long)
    local length = frame:byte(1) - 128 + frame:byte(2) * 128
    assert.are.equal(#frame - 2, length)
    assert.are.equal(300, #oracle.unpack(frame:sub(3))[5][1])
  end)
end)

describe("a connected client", function()
  it("that invokes gets an error completion, and nothing when it wants no answer", function()
    for _, name in ipairs { "json", "messagepack" } do
      local client = logic.new():client("alice", { protocol = name })
      if name == "json" then
        client:say('{"type":1,"target":"m","arguments":[]}')
        assert.are.equal("", client:text())
        client:say('{"type":1,"invocationId":"1","target":"m","arguments":[]}')
        local text = client:text()
        assert.is_truthy(text:find('{"type":3,"invocationId":"1","error":"\'m\' was not invoked', 1, true), text)
      else
        client.session:receive(framed(1, {}, "1", "m", {}))
        assert.are.equal(1, oracle.unpack(client:take()[1]:sub(2))[4])
      end
    end
  end)

  it("that sends rubbish or too much is closed with the reason", function()
    for _, rubbish in ipairs { "rubbish\30", ("x"):rep(1048577) } do
      local client = logic.new():client("alice")
      client.session:receive(rubbish)
      assert.is_truthy(client:text():find('^{"type":7,"error":"Connection closed with an error: '))
      assert.is_truthy(client.closed.reason)
    end
  end)

  it("is pinged when nothing was sent for 15 seconds, and closed when it is silent for 30", function()
    local world = logic.new()
    local client = world:client("alice")
    world:advance(14)
    assert.are.equal("", client:text())
    world:advance(1)
    assert.are.equal('{"type":6}', client:text())
    world:advance(14)
    client:say('{"type":6}')
    world:advance(29)
    assert.is_nil(client.closed)
    world:advance(1)
    assert.is_truthy(client.closed.reason:find("nothing was received", 1, true))
    assert.is_truthy(client:text():find('"type":7', 1, true))
  end)

  it("that says goodbye is gone", function()
    local world = logic.new()
    local client = world:client("alice")
    client:say('{"type":7}')
    assert.is_truthy(client.closed)
    assert.are.equal("", client:text())
    assert.are.equal(0, world.service:count())
  end)

  it("may end twice without harm", function()
    local world = logic.new()
    local client = world:client("alice")
    client.session:closed("network")
    client.session:closed("network")
    client.session:close("late")
    client:say('{"type":6}')
    assert.is_nil(client.closed)
    assert.are.equal(0, world.service:hub("chat").count)
  end)
end)
