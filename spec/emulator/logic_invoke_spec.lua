-- SPDX-License-Identifier: MIT
-- A client's method called from outside: every way it can end.
local logic = require "spec.emulator.logic"
local oracle = require "MessagePack"

describe("an invocation", function()
  local world, alice
  before_each(function()
    world = logic.new()
    alice = world:client("alice")
  end)

  local function invoke(client, body, kind)
    return world:rest("POST", "/api/hubs/chat/connections/" .. client.id .. "/:invoke",
      { body = body or '{"target":"ask","arguments":[ 1.0 ]}', type = kind })
  end

  for _, value in ipairs { "1.0", "1", "9007199254740993", "-9223372036854775808", "18446744073709551615", "null",
    '"text"', "[ ]", '{"a" : [1e2]}', "0.10" } do
    it("gives what the client answered, as it wrote it: " .. value, function()
      assert.is_nil(invoke(alice))
      assert.are.equal('{"type":1,"invocationId":"1","target":"ask","arguments":[ 1.0 ]}', alice:text())
      assert.are.equal(0, #world.logs)
      alice:say('{"type":3,"invocationId":"1","result":' .. value .. "}")
      assert.are.equal(200, world.answer.status)
      assert.are.equal('{"result":' .. value .. "}", world.answer.body)
      assert.are.equal(1, world:last_log().reached)
    end)
  end

  it("gives what a MessagePack client answered", function()
    local bob = world:client("bob", { protocol = "messagepack" })
    local values = { { "\207\0\32\0\0\0\0\0\1", "9007199254740993" }, { "\207" .. ("\255"):rep(8),
      "18446744073709551615" }, { "\203\63\240\0\0\0\0\0\0", "1.0" }, { "\1", "1" }, { "\192", "null" },
      { "\144", "[]" }, { "\196\1a", '"YQ=="' } }
    for i, value in ipairs(values) do
      assert.is_nil(invoke(bob))
      local asked = oracle.unpack(bob:take()[1]:sub(2))
      assert.are.same({ 1, tostring(i), "ask" }, { asked[1], asked[3], asked[4] })
      local body = "\149\3\128\161" .. i .. "\3" .. value[1]
      bob.session:receive(string.char(#body) .. body)
      assert.are.equal('{"result":' .. value[2] .. "}", world.answer.body)
    end
  end)

  it("that returns nothing has no result", function()
    invoke(alice)
    alice:say('{"type":3,"invocationId":"1"}')
    assert.are.same({ 200, "{}" }, { world.answer.status, world.answer.body })
  end)

  it("answered with an error is a 400 that holds it", function()
    invoke(alice)
    alice:say('{"type":3,"invocationId":"1","error":"no \\"idea\\""}')
    assert.are.equal(400, world.answer.status)
    assert.are.equal("Error.Connection.InvocationFailed", world.answer.headers["x-ms-error-code"])
    assert.is_truthy(world.answer.body:find('"message":"no \\"idea\\""', 1, true), world.answer.body)
  end)

  it("of a client that is not there is a 404", function()
    alice.session:closed("gone")
    assert.are.equal(404, invoke(alice).status)
    assert.are.equal("Error.Connection.NotExisted", world.answer.headers["x-ms-error-code"])
    assert.are.equal(0, world:last_log().reached)
  end)

  it("of a client that goes away is a 404, however it goes", function()
    local ways = {
      function(client) client.session:closed("network") end,
      function(client) client:say('{"type":7}') end,
      function(client) client:say("rubbish") end,
      function(client)
        local waiting = world.answer
        assert(not waiting)
        client.session:close("kicked")
      end,
    }
    for _, leave in ipairs(ways) do
      local client = world:client("bob")
      assert.is_nil(invoke(client))
      leave(client)
      assert.are.equal(404, world.answer.status)
      assert.is_truthy(world.answer.body:find("before the client answered", 1, true))
    end
  end)

  it("of a silent client is given up after 10 minutes", function()
    invoke(alice)
    for _ = 1, 599 do
      world:advance(1)
      alice:say('{"type":6}')
    end
    assert.is_nil(world.answer)
    world:advance(1)
    assert.are.equal(504, world.answer.status)
    assert.are.equal("Error.Connection.Timeout", world.answer.headers["x-ms-error-code"])
    -- what comes later is nobody's
    alice:say('{"type":3,"invocationId":"1","result":1}')
    assert.is_nil(alice.closed)
  end)

  it("may be given another patience", function()
    world = logic.new { limits = { invoke_timeout = 2 } }
    alice = world:client("alice")
    invoke(alice)
    world:advance(2)
    assert.is_truthy(world.answer.body:find("within 2 seconds", 1, true))
  end)

  it("is one of several: answers come in any order, strangers' ones are ignored", function()
    local answers, bob = {}, world:client("bob")
    for i = 1, 3 do
      invoke(alice)
      local index = i
      local wait = world.service:hub("chat"):connection(alice.id).invocations[tostring(index)]
      local finish = wait.finish
      wait.finish = function(outcome)
        answers[index] = outcome.result:json()
        finish(outcome)
      end
    end
    bob:say('{"type":3,"invocationId":"2","result":"forged"}')
    alice:say('{"type":3,"invocationId":"9","result":"nobody\'s"}')
    for _, id in ipairs { 3, 1, 2, 2 } do
      alice:say(('{"type":3,"invocationId":"%d","result":%d}'):format(id, id * 10))
    end
    assert.are.same({ "10", "20", "30" }, answers)
  end)

  it("that came framed is delivered as it is, and answered by its own id", function()
    local frame = '{"type":1, "invocationId":"mine","target":"x","arguments":[]}\30'
    local body = "\129\164json\196" .. string.char(#frame) .. frame
    assert.is_nil(invoke(alice, body, "application/octet-stream"))
    assert.are.same({ frame }, alice:take())
    local twice = world:rest("POST", "/api/hubs/chat/connections/" .. alice.id .. "/:invoke",
      { body = body, type = "application/octet-stream" })
    assert.is_truthy(twice.body:find("in use", 1, true))
    alice:say('{"type":3,"invocationId":"mine","result":5}')
    local bob = world:client("bob", { protocol = "messagepack" })
    assert.is_truthy(invoke(bob, body, "application/octet-stream").body:find("no frame", 1, true))
    for _, wrong in ipairs { '{"type":6}\30', '{"type":1,"target":"x"}\30', "x\30", "",
      '{"type":6}\30{"type":6}\30' } do
      local answer = invoke(alice, "\129\164json\196" .. string.char(#wrong) .. wrong, "application/octet-stream")
      assert.are.equal(400, answer.status)
    end
  end)

  it("sent in MessagePack reaches a JSON client", function()
    invoke(alice, "\130\166target\161t\169arguments\145\196\1a", "application/x-msgpack")
    assert.are.equal('{"type":1,"invocationId":"1","target":"t","arguments":["YQ=="]}', alice:text())
  end)
end)
