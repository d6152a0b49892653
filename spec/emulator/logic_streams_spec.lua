-- SPDX-License-Identifier: MIT
-- Streams that a client opened: items, the end from either side, and strangers.
local logic = require "spec.emulator.logic"
local oracle = require "MessagePack"

describe("a stream", function()
  local world, alice
  before_each(function()
    world = logic.new()
    alice = world:client("alice")
    alice:say('{"type":4,"invocationId":"s 1","target":"prices","arguments":[]}')
  end)

  local function call(action, given, client)
    return world:rest("POST", ("/api/hubs/chat/connections/%s/streams/s%%201/:%s"):format(
      (client or alice).id, action), given)
  end
  local function unknown(answer)
    assert.are.equal(404, answer.status)
    assert.are.equal("Error.Stream.NotExisted", answer.headers["x-ms-error-code"])
    assert.is_truthy(world:last_log().hint:find("StreamInvocation", 1, true))
  end

  it("carries items as they were written", function()
    for _, item in ipairs { "1.0", "9007199254740993", " [ 1 , 2.50 ] ", "null", '"x"', "{}" } do
      assert.are.equal(202, call("send", { body = item }).status)
      assert.are.equal(('{"type":2,"invocationId":"s 1","item":%s}'):format(item:match("^%s*(.-)%s*$")), alice:text())
    end
    assert.are.equal(1, world:last_log().reached)
  end)

  it("ends with the item that is the last", function()
    assert.are.equal(202, call("send", { body = "1", query = "completed=True" }).status)
    assert.are.equal('{"type":2,"invocationId":"s 1","item":1}\n{"type":3,"invocationId":"s 1"}', alice:text())
    unknown(call("send", { body = "2" }))
    assert.are.equal("", alice:text())
  end)

  it("goes on when completed is false", function()
    call("send", { body = "1", query = "completed=false" })
    assert.are.equal('{"type":2,"invocationId":"s 1","item":1}', alice:text())
    assert.are.equal(202, call("send", { body = "2" }).status)
  end)

  for _, case in ipairs { { nil, "" }, { "reason=no%20more", ',"error":"no more"' }, { "error=old", ',"error":"old"' },
    { "reason=", "" }, { "reason=a&error=b", ',"error":"a"' } } do
    it("is completed with " .. (case[1] or "no reason"), function()
      assert.are.equal(202, call("complete", { query = case[1] }).status)
      assert.are.equal('{"type":3,"invocationId":"s 1"' .. case[2] .. "}", alice:text())
      unknown(call("complete"))
    end)
  end

  it("is one of a thousand at most, and has an id that the REST API can name", function()
    for i = 2, 1000 do alice:say(('{"type":4,"invocationId":"%d","target":"t","arguments":[]}'):format(i)) end
    assert.are.equal("", alice:text())
    alice:say('{"type":4,"invocationId":"more","target":"t","arguments":[]}')
    assert.is_truthy(alice:text():find('^{"type":3,"invocationId":"more","error":"this connection has 1000 streams'))
    alice:say('{"type":5,"invocationId":"2"}')
    alice:say('{"type":4,"invocationId":"more","target":"t","arguments":[]}')
    assert.are.equal('{"type":3,"invocationId":"2"}', alice:text())
    for _, id in ipairs { ("x"):rep(101), " ", "" } do
      local other = world:client("bob")
      other:say(('{"type":4,"invocationId":"%s","target":"t","arguments":[]}'):format(id))
      assert.is_truthy(other:text():find('"error":"streamId must have 1 to 100 characters', 1, true))
    end
  end)

  it("is cancelled by the client", function()
    alice:say('{"type":5,"invocationId":"s 1"}')
    assert.are.equal('{"type":3,"invocationId":"s 1"}', alice:text())
    unknown(call("send", { body = "1" }))
    alice:say('{"type":5,"invocationId":"never"}')
    assert.are.equal("", alice:text())
  end)

  it("belongs to the connection that opened it", function()
    local bob = world:client("bob")
    unknown(call("send", { body = "1" }, bob))
    assert.are.equal("", bob:text())
    assert.are.equal("", alice:text())
    bob:say('{"type":4,"invocationId":"s 1","target":"prices"}')
    assert.are.equal(202, call("send", { body = "1" }, bob).status)
    assert.are.equal("", alice:text())
  end)

  it("ends with its connection", function()
    alice.session:closed("gone")
    local answer = call("send", { body = "1" })
    assert.are.equal(404, answer.status)
    assert.are.equal("Error.Connection.NotExisted", answer.headers["x-ms-error-code"])
  end)

  it("cannot be opened twice under one id", function()
    alice:say('{"type":4,"invocationId":"s 1","target":"prices"}')
    assert.is_truthy(alice:text():find('"type":7,"error":"Invocation ID \'s 1\' is already in use."', 1, true))
  end)

  it("may be opened again after its end", function()
    call("complete")
    alice:say('{"type":4,"invocationId":"s 1","target":"prices"}')
    assert.are.equal(202, call("send", { body = "1" }).status)
  end)

  it("reaches MessagePack clients exactly", function()
    local bob = world:client("bob", { protocol = "messagepack" })
    local open = "\150\4\128\163s 1\161t\144\144"
    bob.session:receive(string.char(#open) .. open)
    call("send", { body = "18446744073709551615", query = "completed=true" }, bob)
    local frames = bob:take()
    assert.are.equal("\148\2\128\163s 1\207" .. ("\255"):rep(8), frames[1]:sub(2))
    assert.are.same({ 3, {}, "s 1", 2 }, oracle.unpack(frames[2]:sub(2)))
  end)

  it("takes one JSON value and nothing else", function()
    for _, given in ipairs { { body = "1 2" }, { body = "" }, { body = "1", query = "completed=yes" } } do
      assert.are.equal(400, call("send", given).status)
    end
    assert.are.equal(415, call("send", { body = "\1", type = "application/x-msgpack" }).status)
    assert.are.equal("", alice:text())
  end)

  it("of uploads is no stream to send to", function()
    alice:say('{"type":2,"invocationId":"up","item":1}')
    alice:say('{"type":3,"invocationId":"up"}')
    assert.is_nil(alice.closed)
    assert.are.equal("", alice:text())
  end)
end)
