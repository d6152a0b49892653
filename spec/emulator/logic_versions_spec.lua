-- SPDX-License-Identifier: MIT
-- What programs written for other versions of the API send: version 1.0, earlier dates, GET in place of HEAD, names
-- spelled in other cases.
local logic = require "spec.emulator.logic"

local V1 = "/api/v1/hubs/chat"

-- version 1.0 by method and path below the hub: operation, status with nobody there, status with alice in group g
local FIRST = {
  { "POST", "", "SignalR_Broadcast", 202, 202 },
  { "POST", "/users/alice", "SignalR_SendToUser", 202, 202 },
  { "POST", "/connections/ID", "SignalR_SendToConnection", 202, 202 },
  { "GET", "/connections/ID", "SignalR_CheckConnectionExistence", 404, 200 },
  { "HEAD", "/connections/ID", "SignalR_CheckConnectionExistence", 404, 200 },
  { "DELETE", "/connections/ID", "SignalR_CloseConnection", 202, 202 },
  { "POST", "/groups/g", "SignalR_GroupBroadcast", 202, 202 },
  { "GET", "/groups/g", "SignalR_CheckGroupExistence", 404, 200 },
  { "HEAD", "/groups/g", "SignalR_CheckGroupExistence", 404, 200 },
  { "GET", "/users/alice", "SignalR_CheckUserExistence", 404, 200 },
  { "HEAD", "/users/alice", "SignalR_CheckUserExistence", 404, 200 },
  { "PUT", "/groups/g/connections/ID", "SignalR_AddConnectionToGroup", 404, 200 },
  { "DELETE", "/groups/g/connections/ID", "SignalR_RemoveConnectionFromGroup", 404, 200 },
  { "GET", "/groups/g/users/alice", "SignalR_CheckUserExistenceInGroup", 404, 200 },
  { "HEAD", "/groups/g/users/alice", "SignalR_CheckUserExistenceInGroup", 404, 200 },
  { "PUT", "/groups/g/users/alice", "SignalR_AddUserToGroup", 202, 202 },
  { "DELETE", "/groups/g/users/alice", "SignalR_RemoveUserFromGroup", 202, 202 },
  { "DELETE", "/users/alice/groups", "SignalR_RemoveUserFromAllGroups", 202, 202 },
}

describe("version 1.0", function()
  local function ask(world, row, id)
    local body = row[1] == "POST" and '{"Target":"t","Arguments":[1]}' or nil
    return world:rest(row[1], V1 .. row[2]:gsub("ID", id), { whole_query = "", body = body })
  end

  for _, row in ipairs(FIRST) do
    it("has " .. row[1] .. " " .. V1 .. row[2] .. " without an api-version", function()
      local world = logic.new()
      assert.are.equal(row[4], ask(world, row, "nobody").status)
      assert.are.equal(row[3], world:last_log().operation)
      local alice = world:client("alice")
      alice.session.hub.groups:add(alice.session, "g")
      local answer = ask(world, row, alice.id)
      assert.are.equal(row[5], answer.status)
      if row[1] == "POST" then
        assert.are.equal('{"type":1,"target":"t","arguments":[1]}', alice:text())
      elseif row[1] == "HEAD" then
        assert.is_nil(answer.body)
      end
    end)
  end

  it("has effect: what it adds, 2024-12-01 finds, and what it closes hears why", function()
    local world = logic.new()
    local alice = world:client("alice")
    world:rest("PUT", V1 .. "/groups/g/users/alice", { whole_query = "ttl=5" })
    assert.are.equal(200, world:rest("HEAD", "/api/hubs/chat/users/alice/groups/g").status)
    world:advance(6)
    assert.are.equal(404, world:rest("HEAD", "/api/hubs/chat/users/alice/groups/g").status)
    world:rest("DELETE", V1 .. "/connections/" .. alice.id, { whole_query = "reason=bye" })
    assert.are.equal("bye", alice.closed.reason)
  end)

  it("wants a token, but for its health", function()
    local world = logic.new()
    assert.are.equal(401, world:rest("POST", V1, { headers = {}, whole_query = "", body = "{}" }).status)
    for _, method in ipairs { "GET", "HEAD" } do
      assert.are.equal(200, world:rest(method, "/api/v1/health", { headers = {}, whole_query = "" }).status)
    end
  end)

  it("has nothing that came later", function()
    for _, path in ipairs { "/:send", "/:execute", "/users/alice/groups/g", "/groups/g/connections" } do
      assert.are.equal(404, logic.new():rest("POST", V1 .. path, { whole_query = "" }).status)
    end
  end)
end)

describe("a question by GET", function()
  it("is answered as by HEAD, with an ErrorDetail where the answer is no", function()
    local world = logic.new()
    local alice = world:client("alice")
    for path, code in pairs {
      ["users/bob"] = "Warning.User.NotExisted", ["groups/g"] = "Warning.Group.NotExisted",
      ["connections/x"] = "Warning.Connection.NotExisted", ["users/alice/groups/g"] = "Info.User.NotInGroup",
    } do
      local answer = world:rest("GET", "/api/hubs/chat/" .. path)
      assert.are.equal(404, answer.status)
      assert.are.equal(code, answer.headers["x-ms-error-code"])
      assert.is_truthy(answer.body:find('"code":"' .. code .. '"', 1, true))
      assert.is_nil(world:rest("HEAD", "/api/hubs/chat/" .. path).body)
    end
    assert.are.equal(200, world:rest("GET", "/api/hubs/chat/connections/" .. alice.id).status)
    assert.are.equal(200, world:rest("GET", "/api/hubs/chat/users/alice").status)
  end)

  it("for health needs neither token nor api-version", function()
    for _, method in ipairs { "GET", "HEAD" } do
      assert.are.equal(200, logic.new():rest(method, "/api/health", { headers = {}, whole_query = "" }).status)
    end
  end)
end)

describe("an api-version", function()
  local SEND, BODY = "/api/hubs/chat/:send", '{"target":"t"}'
  local function send(version, world)
    return (world or logic.new()):rest("POST", SEND, { whole_query = "api-version=" .. version, body = BODY })
  end

  for _, version in ipairs { "2020-10-01", "2021-10-01", "2022-06-01", "2022-11-01", "2023-07-01", "2024-12-01",
    "2024-02-29", "2024-12-01-preview" } do
    it(version .. " passes", function() assert.are.equal(202, send(version).status) end)
  end

  for _, version in ipairs { "2020-09-30", "2024-12-02", "2025-01-01", "1999-01-01", "9999-99-99", "2023-13-01",
    "2023-00-10", "2023-02-29", "2023-04-31", "2023-01-00", "2023-1-1", "2023-07-01-beta", "latest", "20230701" } do
    it(version .. " is refused by its name", function()
      local answer = send(version)
      assert.are.equal(400, answer.status)
      assert.is_truthy(answer.body:find("api-version '" .. version .. "'", 1, true), answer.body)
      assert.is_truthy(answer.body:find('"target":"api-version"', 1, true))
    end)
  end

  it("that has not the operation yet is told of in the log, though it is done", function()
    for since, paths in pairs {
      ["2022-11-01"] = { { "POST", ":generateToken" } },
      ["2023-07-01"] = { { "POST", ":execute?filter=true", "[]" } },
      ["2024-12-01"] = { { "GET", "groups/g/connections" }, { "POST", "connections/ID/:invoke", BODY },
        { "POST", "connections/ID/streams/s/:send", "1" }, { "POST", "connections/ID/streams/s/:complete" } },
    } do
      for _, row in ipairs(paths) do
        local world = logic.new()
        local id = world:client("alice").id
        local path, query = row[2]:gsub("ID", id):match("^([^?]*)%??(.*)$")
        local function hint_at(version)
          world.logs = {}
          world:rest(row[1], "/api/hubs/chat/" .. path,
            { whole_query = query .. "&api-version=" .. version, body = row[3] })
          world.clock = world.clock + 601 -- an invocation gives up, and is logged
          world.service:tick()
          return world:last_log().hint or ""
        end
        local wanted = "no such operation at api-version 2022-06-01: it came with " .. since
        assert.is_truthy(hint_at("2022-06-01"):find(wanted, 1, true), path)
        assert.is_nil(hint_at(since):find("no such operation", 1, true), path)
      end
    end
  end)

  it("between the published ones is told of in the log", function()
    local world = logic.new()
    world:client("alice")
    assert.are.equal(202, send("2023-01-01", world).status)
    assert.is_truthy(world:last_log().hint:find("2023-01-01 was not published", 1, true))
    send("2022-06-01-preview", world)
    assert.is_nil(world:last_log().hint)
  end)
end)

describe("names", function()
  it("of a body's envelope are compared without case, those of the arguments are kept", function()
    local world = logic.new()
    local alice = world:client("alice")
    local function post(path, body, kind)
      assert.are.equal(202, world:rest("POST", "/api/hubs/chat/" .. path, { body = body, type = kind }).status)
      return alice:text()
    end
    local wanted = '{"type":1,"target":"T","arguments":[{"Target":1}]}'
    assert.are.equal(wanted, post(":send", '{"Target":"T","Arguments":[{"Target":1}]}'))
    assert.are.equal(wanted, post("users/alice/:send", '{"TARGET":"T","aRGUMENTS":[{"Target":1}]}'))
    assert.are.equal(wanted, post(":send", "\130\166Target\161T\169Arguments\145\129\166Target\1",
      "application/x-msgpack"))
    assert.are.equal("x", post(":send", "\129\164JSON\196\2x\30", "application/octet-stream"))
    assert.are.equal(wanted, post(":execute",
      '[{"Type":"SendMessage","Message":{"Target":"T","Arguments":[{"Target":1}]}},{"TYPE":"JoinGroup","GROUP":"g"}]'))
    assert.is_true(alice.session.hub.groups:has(alice.session, "g"))
    post(":execute", '[{"Type":"CloseConnection","Reason":"bye"}]')
    assert.are.equal("bye", alice.closed.reason)
  end)

  it("of a body's envelope are compared without case when a client is invoked", function()
    local world = logic.new()
    local alice = world:client("alice")
    world:rest("POST", "/api/hubs/chat/connections/" .. alice.id .. "/:invoke", { body = '{"Target":"T"}' })
    assert.are.equal('{"type":1,"invocationId":"1","target":"T","arguments":[]}', alice:text())
  end)

  it("that are fixed in a path are compared without case, those of users are kept", function()
    local world = logic.new()
    world:client("Alice")
    assert.are.equal(202, world:rest("POST", "/API/Hubs/Chat/:Send", { body = '{"target":"t"}' }).status)
    assert.are.equal(1, world:last_log().reached)
    assert.are.equal(200, world:rest("HEAD", "/api/HUBS/chat/Users/Alice").status)
    assert.are.equal(404, world:rest("HEAD", "/api/hubs/chat/users/alice").status)
    assert.are.equal(200, world:rest("GET", "/API/V1/Health", { headers = {}, whole_query = "" }).status)
  end)

  it("of parameters are said as the reference spells them, and unknown ones as they were sent", function()
    local world = logic.new()
    local answer = world:rest("POST", "/api/hubs/chat/:generateToken", { query = "MINUTESTOEXPIRE=0" })
    assert.is_truthy(answer.body:find("minutesToExpire must be", 1, true), answer.body)
    world:rest("HEAD", "/api/hubs/chat/users/u", { query = "myOwn=1" })
    assert.is_truthy(world:last_log().hint:find("does not declare it: myOwn", 1, true))
  end)
end)

describe("a query", function()
  it("whose values are not UTF-8 is refused, so that no client gets rubbish for a reason", function()
    local world = logic.new()
    local alice = world:client("alice")
    for _, row in ipairs { { "POST", ":closeConnections", "Reason" }, { "POST", ":generateToken", "userId" },
      { "DELETE", "connections/" .. alice.id, "reason" }, { "POST", ":send", "excluded" } } do
      local answer = world:rest(row[1], "/api/hubs/chat/" .. row[2], { query = row[3] .. "=%C3%28" })
      assert.are.equal(400, answer.status)
      assert.is_truthy(answer.body:find(row[3] .. " must be UTF-8", 1, true), answer.body)
    end
    assert.is_nil(alice.closed)
  end)
end)

describe("a hub", function()
  it("is forgotten when nothing is in it any more", function()
    local world = logic.new()
    local hubs = world.service.hubs
    for i = 1, 20 do
      world:rest("POST", ("/api/hubs/h%d/:send"):format(i), { body = '{"target":"t"}' })
      world:rest("HEAD", ("/api/hubs/h%d/users/u"):format(i))
      world:rest("DELETE", ("/api/hubs/h%d/users/u/groups"):format(i))
      world:rest("POST", ("/api/hubs/h%d/:closeConnections"):format(i))
    end
    assert.is_truthy(world.service:client_auth(world:client_request("h21", "u")))
    assert.is_nil(next(hubs))
    local alice = world:client("alice")
    world:rest("PUT", "/api/hubs/other/users/u/groups/g", { query = "ttl=5" })
    assert.is_truthy(hubs.chat and hubs.other)
    alice.session:closed("gone")
    assert.is_nil(hubs.chat)
    world:advance(6)
    assert.is_nil(next(hubs))
  end)
end)
