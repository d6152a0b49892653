-- SPDX-License-Identifier: MIT
-- Commands on those a filter matches: all or none, in order, on the connections of the start.
local logic = require "spec.emulator.logic"

local PATH = "/api/hubs/chat/:execute"

local function escape(text)
  return (text:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end))
end

describe("execute", function()
  local world, alice, bob, carol
  before_each(function()
    world = logic.new()
    alice, bob = world:client("listener-alice"), world:client("listener-bob")
    carol = world:client("carol", { protocol = "messagepack" })
  end)

  local function execute(commands, filter)
    return world:rest("POST", PATH, { body = commands, query = filter and "filter=" .. escape(filter) })
  end
  local function exists(path)
    return world:rest("HEAD", "/api/hubs/chat/" .. path).status == 200
  end

  it("sends to those who match, as it was written", function()
    local answer = execute('[{"type":"SendMessage","message":{"target":"t","arguments":[1.0, {}]}}]',
      "startswith(userId, 'listener-')")
    assert.are.equal(202, answer.status)
    assert.is_nil(answer.body)
    for _, client in ipairs { alice, bob } do
      assert.are.equal('{"type":1,"target":"t","arguments":[1.0, {}]}', client:text())
    end
    assert.are.same({}, carol:take())
    assert.are.equal(2, world:last_log().reached)
  end)

  it("without a filter is for everybody of this hub", function()
    local other = world:client("x", { hub = "other" })
    execute('[{"type":"SendMessage","message":{"target":"t"}}]')
    assert.are_not.equal("", alice:text())
    assert.are.equal(1, #carol:take())
    assert.are.equal("", other:text())
  end)

  it("joins, leaves and closes", function()
    execute('[{"type":"JoinGroup","group":"g"},{"type":"JoinGroup","group":"h"}]', "userId ne 'carol'")
    assert.is_true(exists "users/listener-bob/groups/g")
    assert.is_false(exists "users/carol/groups/g")
    execute('[{"type":"LeaveGroup","group":"g"}]', "userId eq 'listener-bob'")
    assert.is_false(exists "users/listener-bob/groups/g")
    assert.is_true(exists "users/listener-bob/groups/h")
    assert.is_true(exists "users/listener-alice/groups/g")
    execute('[{"type":"CloseConnection","reason":"r"}]', "'h' in groups and userId eq 'listener-bob'")
    assert.are.equal('{"type":7,"error":"r"}', bob:text())
    execute('[{"type":"CloseConnection"}]', "'h' in groups")
    assert.are.equal('{"type":7}', alice:text())
    assert.is_nil(carol.closed)
  end)

  it("goes on with those matched at the start, command after command", function()
    execute('[{"type":"JoinGroup","group":"g"}]', "userId eq 'listener-alice'")
    execute('[{"type":"LeaveGroup","group":"g"},{"type":"JoinGroup","group":"late"},'
      .. '{"type":"SendMessage","message":{"target":"t"}},{"type":"CloseConnection"},'
      .. '{"type":"SendMessage","message":{"target":"after"}},{"type":"JoinGroup","group":"late"}]', "'g' in groups")
    assert.are.equal('{"type":1,"target":"t","arguments":[]}\n{"type":7}', alice:text())
    assert.are.equal("", bob:text())
    assert.is_false(exists "groups/late")
  end)

  -- body, the place it names, part of the message
  local refused = {
    { "{}", "body", "must be an array" }, { "[1]", "[0]", "must be an object" }, { "[{}]", "[0].type", "type must be" },
    { '[{"type":"sendmessage"}]', "[0].type", "SendMessage" }, { '[{"type":1}]', "[0].type", "type must be" },
    { '[{"type":"SendMessage"}]', "[0].message", "missing" },
    { '[{"type":"SendMessage","message":[]}]', "[0].message", "must be an object" },
    { '[{"type":"SendMessage","message":{"target":""}}]', "[0].message.target", "not empty" },
    { '[{"type":"SendMessage","message":{"target":"t","arguments":1}}]', "[0].message.arguments", "array" },
    { '[{"type":"JoinGroup"}]', "[0].group", "group must be" },
    { '[{"type":"LeaveGroup","group":1}]', "[0].group", "string" },
    { '[{"type":"JoinGroup","group":" "}]', "[0].group", "not be blank" },
    { '[{"type":"JoinGroup","group":"' .. ("g"):rep(1025) .. '"}]', "[0].group", "1024" },
    { '[{"type":"CloseConnection","reason":1}]', "[0].reason", "reason must be" },
    { '[{"type":"JoinGroup","group":"g"},{"type":"LeaveGroup"}]', "[1].group", "group must be" },
    { '[{"type":"JoinGroup","group":"g"}', "body", "malformed JSON at position 34" },
  }
  for _, case in ipairs(refused) do
    it("refuses " .. case[1]:sub(1, 70) .. " and does nothing", function()
      local answer = execute(case[1])
      assert.are.equal(400, answer.status)
      assert.are.equal(case[2], answer.body:match('"target":"([^"]*)"'), answer.body)
      assert.is_truthy(answer.body:find(case[3], 1, true), answer.body)
      assert.is_false(exists "groups/g")
    end)
  end

  it("refuses a wrong filter, pointing at the character, and does nothing", function()
    local answer = execute('[{"type":"CloseConnection"}]', "userId eq 'a' adn true")
    assert.are.equal(400, answer.status)
    assert.is_truthy(answer.body:find("position 15: unexpected 'adn'", 1, true), answer.body)
    assert.is_truthy(answer.body:find("userId eq 'a' adn true\\n" .. (" "):rep(14) .. "^", 1, true), answer.body)
    assert.is_truthy(answer.body:find('"target":"filter"', 1, true))
    assert.is_nil(alice.closed)
  end)

  it("takes no application: it has no effect, and the log says so", function()
    local mine = world:client("x", { hub = "app_chat" })
    world:rest("POST", PATH, { body = '[{"type":"CloseConnection"}]', query = "application=app" })
    assert.is_nil(mine.closed)
    assert.is_truthy(alice.closed)
    assert.is_truthy(world:last_log().hint:find("application", 1, true))
  end)

  it("that matches nobody says so in the log", function()
    execute("[]", "userId eq 'nobody'")
    assert.are.equal("no connection of hub 'chat' matches the filter", world:last_log().hint)
  end)

  it("takes JSON alone", function()
    assert.are.equal(415, world:rest("POST", PATH, { body = "\144", type = "application/x-msgpack" }).status)
  end)
end)
