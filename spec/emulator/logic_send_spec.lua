-- SPDX-License-Identifier: MIT
-- Sends: who gets them, and that what was sent is what arrives.
local logic = require "spec.emulator.logic"
local oracle = require "MessagePack"

local function send(world, to, query, body, kind)
  return world:rest("POST", "/api/hubs/chat/" .. to .. ":send",
    { body = body or '{"target":"t","arguments":[1]}', query = query, type = kind })
end

local GOT = '{"type":1,"target":"t","arguments":[1]}'

describe("a send", function()
  local world, alice, alice2, bob, stranger
  before_each(function()
    world = logic.new()
    alice, alice2, bob = world:client("alice"), world:client("alice"), world:client("bob")
    stranger = world:client("alice", { hub = "other" })
  end)

  local function received()
    local list = {}
    for i, client in ipairs { alice, alice2, bob, stranger } do
      local text = client:text()
      assert(text == "" or text == GOT, text)
      list[i] = text == GOT
    end
    return list
  end

  it("to the hub reaches everybody of the hub", function()
    local answer = send(world, "")
    assert.are.equal(202, answer.status)
    assert.is_truthy(answer.body:find('"isSuccess":true', 1, true))
    assert.are.same({ true, true, true, false }, received())
    assert.are.equal(3, world:last_log().reached)
    assert.is_nil(world:last_log().hint)
  end)

  it("to the hub leaves out the excluded", function()
    send(world, "", ("excluded=%s&excluded=%s&excluded=nobody"):format(alice.id, bob.id))
    assert.are.same({ false, true, false, false }, received())
  end)

  it("to a user reaches all its connections and nobody else", function()
    send(world, "users/alice/")
    assert.are.same({ true, true, false, false }, received())
    send(world, "users/Alice/")
    assert.are.same({ false, false, false, false }, received())
  end)

  it("to a user takes no excluded", function()
    send(world, "users/alice/", "excluded=" .. alice.id)
    assert.are.same({ true, true, false, false }, received())
  end)

  it("to a connection reaches it alone", function()
    send(world, "connections/" .. alice2.id .. "/")
    assert.are.same({ false, true, false, false }, received())
  end)

  it("to a group reaches its members but the excluded", function()
    world:rest("PUT", "/api/hubs/chat/groups/g/connections/" .. alice.id)
    world:rest("PUT", "/api/hubs/chat/groups/g/connections/" .. bob.id)
    send(world, "groups/g/")
    assert.are.same({ true, false, true, false }, received())
    send(world, "groups/g/", "excluded=" .. bob.id)
    assert.are.same({ true, false, false, false }, received())
    send(world, "groups/G/")
    assert.are.same({ false, false, false, false }, received())
  end)

  it("names users and groups with any characters", function()
    local odd = world:client("a/b +é&=?#%")
    send(world, "users/a%2Fb%20%2B%C3%A9%26%3D%3F%23%25/")
    assert.are.equal(GOT, odd:text())
    world:rest("PUT", "/api/hubs/chat/groups/%2E%2E%2Fx/connections/" .. odd.id)
    send(world, "groups/%2E%2E%2Fx/")
    assert.are.equal(GOT, odd:text())
  end)

  it("to an application's hub is to a hub of its own", function()
    local mine = world:client("alice", { hub = "app_chat" })
    send(world, "", "application=App")
    assert.are.same({ false, false, false, false }, received())
    assert.are.equal(GOT, mine:text())
    send(world, "")
    assert.are.equal("", mine:text())
    assert.are.same({ true, true, true, false }, received())
  end)

  it("does not reach who has not shaken hands, or has left", function()
    local shy = world:client("alice", { protocol = false })
    alice.session:closed("network")
    send(world, "")
    assert.are.equal("", shy:text())
    assert.are.same({ false, true, true, false }, received())
  end)

  -- what nobody heard, and what the log says
  local hints = {
    { "users/carol/", nil, "user 'carol' is not connected; connected users: 'alice', 'bob'" },
    { "groups/none/", nil, "group 'none' is empty; groups with members: none" },
    { "connections/x/", nil, "no connection 'x'" },
    { "", "application=app", "hub 'app_chat' has no connection; hubs with connections: 'chat', 'other'" },
  }
  for _, case in ipairs(hints) do
    it("that reached nobody hints: " .. case[3], function()
      assert.are.equal(202, send(world, case[1], case[2]).status)
      local entry = world:last_log()
      assert.are.equal(0, entry.reached)
      assert.is_truthy(entry.hint:find(case[3], 1, true), entry.hint)
    end)
  end

  it("whose receivers were all excluded says so", function()
    send(world, "", ("excluded=%s&excluded=%s&excluded=%s"):format(alice.id, alice2.id, bob.id))
    assert.are.equal("all 3 receivers were excluded", world:last_log().hint)
  end)
end)

describe("arguments", function()
  local EXACT = '[ 9007199254740993, -9223372036854775808,18446744073709551615 , 1.0,1e2, 0.10,[],{}, '
    .. '{"a" : [null], "a":"\\u00e9\\/" },"\\ud800", "😀", 123456789012345678901234567890]'

  it("arrive as they were written", function()
    local world = logic.new()
    local client = world:client("alice")
    send(world, "", nil, '{ "arguments" : ' .. EXACT .. ' , "target" : "t\\n" }')
    assert.are.equal('{"type":1,"target":"t\\n","arguments":' .. EXACT .. "}", client:text())
  end)

  it("arrive exact in MessagePack", function()
    local world = logic.new()
    local client = world:client("alice", { protocol = "messagepack" })
    send(world, "", nil, '{"target":"t","arguments":[9007199254740993,18446744073709551615,1.0,1,[],"é"]}')
    local frame = client:take()[1]
    assert.are.equal("\150\1\128\192\161t\150\207\0\32\0\0\0\0\0\1\207\255\255\255\255\255\255\255\255"
      .. "\203\63\240\0\0\0\0\0\0\1\144\162\195\169\144", frame:sub(2))
    assert.are.equal(#frame - 1, frame:byte(1))
    assert.are.same({ true, false }, client.kinds)
  end)

  it("sent in MessagePack arrive as the same bytes there, and as JSON at JSON clients", function()
    local world = logic.new()
    local packed, json = world:client("a", { protocol = "messagepack" }), world:client("b")
    -- a wide 1, a float of 32 bits, bytes: none of them as a shortest form would have it
    local arguments = "\148\211\0\0\0\0\0\0\0\1\202\62\0\0\0\196\2ab\129\161k\207\0\32\0\0\0\0\0\1"
    send(world, "", nil, "\130\166target\161t\169arguments" .. arguments, "application/x-msgpack")
    assert.are.equal("\150\1\128\192\161t" .. arguments .. "\144", packed:take()[1]:sub(2))
    assert.are.equal('{"type":1,"target":"t","arguments":[1,0.125,"YWI=",{"k":9007199254740993}]}', json:text())
  end)

  it("that came framed arrive as they are, at clients of their protocol alone", function()
    local world = logic.new()
    local packed, json = world:client("a", { protocol = "messagepack" }), world:client("b")
    local frame = '{"anything": 1 }\30'
    local body = "\130\164json\196" .. string.char(#frame) .. frame .. "\163xyz\196\1?"
    send(world, "", nil, body, "application/octet-stream")
    assert.are.same({ frame }, json:take())
    assert.are.same({}, packed:take())
    assert.are.equal(1, world:last_log().reached)
    json.session:closed("gone")
    send(world, "", nil, body, "application/octet-stream")
    assert.is_truthy(world:last_log().hint:find("no frame", 1, true))
  end)

  it("of more than ten and of every size arrive", function()
    local world = logic.new()
    local packed, json = world:client("a", { protocol = "messagepack" }), world:client("b")
    local list = {}
    for i = 1, 300 do list[i] = ("%q"):format(("y"):rep(i)) end
    send(world, "", nil, '{"target":"t","arguments":[' .. table.concat(list, ",") .. "]}")
    assert.are.equal('{"type":1,"target":"t","arguments":[' .. table.concat(list, ",") .. "]}", json:text())
    local frame = packed:take()[1]
    assert.are.equal(300, #oracle.unpack(frame:sub(4))[5])
  end)
end)
