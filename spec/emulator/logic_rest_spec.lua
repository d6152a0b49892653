-- SPDX-License-Identifier: MIT
-- What all operations of the REST API have in common.
local logic = require "spec.emulator.logic"

-- method and path written out by hand; the last is what each declares beside api-version
local OPERATIONS = {
  Auth_GetAccessKey = { "GET", "/api/auth/accessKey" },
  HealthApi_GetServiceStatus = { "HEAD", "/api/health" },
  SignalR_CloseConnections = { "POST", "/api/hubs/chat/:closeConnections" },
  HubProxy_Execute = { "POST", "/api/hubs/chat/:execute", "[]" },
  HubProxy_GenerateClientToken = { "POST", "/api/hubs/chat/:generateToken" },
  SignalR_Broadcast = { "POST", "/api/hubs/chat/:send", '{"target":"t"}' },
  SignalR_CloseConnection = { "DELETE", "/api/hubs/chat/connections/c1" },
  SignalR_CheckConnectionExistence = { "HEAD", "/api/hubs/chat/connections/c1" },
  HubProxy_InvokeClientConnection = { "POST", "/api/hubs/chat/connections/c1/:invoke", '{"target":"t"}' },
  SignalR_SendToConnection = { "POST", "/api/hubs/chat/connections/c1/:send", '{"target":"t"}' },
  SignalR_RemoveConnectionFromAllGroups = { "DELETE", "/api/hubs/chat/connections/c1/groups" },
  HubProxy_CompleteConnectionStream = { "POST", "/api/hubs/chat/connections/c1/streams/s1/:complete" },
  HubProxy_SendToConnectionStream = { "POST", "/api/hubs/chat/connections/c1/streams/s1/:send", "1" },
  SignalR_CheckGroupExistence = { "HEAD", "/api/hubs/chat/groups/g1" },
  SignalR_CloseGroupConnections = { "POST", "/api/hubs/chat/groups/g1/:closeConnections" },
  SignalR_GroupBroadcast = { "POST", "/api/hubs/chat/groups/g1/:send", '{"target":"t"}' },
  HubProxy_ListConnectionsInGroup = { "GET", "/api/hubs/chat/groups/g1/connections" },
  SignalR_RemoveConnectionFromGroup = { "DELETE", "/api/hubs/chat/groups/g1/connections/c1" },
  SignalR_AddConnectionToGroup = { "PUT", "/api/hubs/chat/groups/g1/connections/c1" },
  SignalR_CheckUserExistence = { "HEAD", "/api/hubs/chat/users/u1" },
  SignalR_CloseUserConnections = { "POST", "/api/hubs/chat/users/u1/:closeConnections" },
  SignalR_SendToUser = { "POST", "/api/hubs/chat/users/u1/:send", '{"target":"t"}' },
  SignalR_RemoveUserFromAllGroups = { "DELETE", "/api/hubs/chat/users/u1/groups" },
  SignalR_RemoveUserFromGroup = { "DELETE", "/api/hubs/chat/users/u1/groups/g1" },
  SignalR_CheckUserExistenceInGroup = { "HEAD", "/api/hubs/chat/users/u1/groups/g1" },
  SignalR_AddUserToGroup = { "PUT", "/api/hubs/chat/users/u1/groups/g1" },
}

-- The statuses of an empty service; c1, g1, u1 are nobody.
local NOBODY = {
  SignalR_CloseConnection = { 404, "Warning.Connection.NotExisted" },
  SignalR_CheckConnectionExistence = { 404, "Warning.Connection.NotExisted" },
  HubProxy_InvokeClientConnection = { 404, "Error.Connection.NotExisted" },
  SignalR_RemoveConnectionFromAllGroups = { 404, "Warning.Connection.NotExisted" },
  HubProxy_CompleteConnectionStream = { 404, "Error.Connection.NotExisted" },
  HubProxy_SendToConnectionStream = { 404, "Error.Connection.NotExisted" },
  SignalR_CheckGroupExistence = { 404, "Warning.Group.NotExisted" },
  SignalR_RemoveConnectionFromGroup = { 404, "Warning.Connection.NotExisted" },
  SignalR_AddConnectionToGroup = { 404, "Error.Connection.NotExisted" },
  SignalR_CheckUserExistence = { 404, "Warning.User.NotExisted" },
  SignalR_CheckUserExistenceInGroup = { 404, "Info.User.NotInGroup" },
  SignalR_Broadcast = { 202 }, SignalR_GroupBroadcast = { 202 }, SignalR_SendToUser = { 202 },
  SignalR_SendToConnection = { 202 }, HubProxy_Execute = { 202 },
  SignalR_CloseConnections = { 204 }, SignalR_CloseGroupConnections = { 204 }, SignalR_CloseUserConnections = { 204 },
  SignalR_RemoveUserFromAllGroups = { 204 }, SignalR_RemoveUserFromGroup = { 204 },
}

local function json_of(answer)
  return require("azure.signalr.emulator.json_text").check(answer.body)
end

describe("every operation", function()
  local count = 0
  for id, row in pairs(OPERATIONS) do
    count = count + 1
    it("answers and is logged: " .. id, function()
      local world = logic.new()
      local answer = world:rest(row[1], row[2], { body = row[3] })
      local wanted = NOBODY[id] or { 200 }
      assert.are.equal(wanted[1], answer.status)
      assert.are.equal(wanted[2], answer.headers["x-ms-error-code"])
      local entry = world:last_log()
      assert.are.same({ id, wanted[1], 0 }, { entry.operation, entry.status, entry.ms })
      if row[1] == "HEAD" or answer.status == 204 or id == "HubProxy_Execute" then
        assert.is_nil(answer.body)
      else
        assert.is_truthy(json_of(answer))
        assert.is_truthy(answer.headers["content-type"]:find("^application/json"))
        if wanted[2] then assert.is_truthy(answer.body:find('^{"code":"' .. wanted[2] .. '"')) end
      end
    end)

    it("wants a token, but health: " .. id, function()
      local answer = logic.new():rest(row[1], row[2], { body = row[3], headers = {} })
      assert.are.equal(id == "HealthApi_GetServiceStatus" and 200 or 401, answer.status)
    end)

    it("wants an api-version: " .. id, function()
      for _, query in ipairs { "", "api-version=", "api-version=1.0", "api-version=2024-12-01x" } do
        if id == "HealthApi_GetServiceStatus" then break end
        local answer = logic.new():rest(row[1], row[2], { body = row[3], whole_query = query })
        assert.are.equal(400, answer.status)
        assert.are.equal("Error.Request.Invalid", answer.headers["x-ms-error-code"])
        if row[1] ~= "HEAD" then assert.is_truthy(answer.body:find("api-version", 1, true)) end
      end
      local query = "API-Version=2024-12-01-preview"
      local answer = logic.new():rest(row[1], row[2], { body = row[3], whole_query = query })
      assert.are_not.equal(400, answer.status)
    end)

    it("refuses a body over 1 MiB: " .. id, function()
      local answer = logic.new():rest(row[1], row[2], { body = (" "):rep(1048577) })
      assert.are.equal(413, answer.status)
      assert.are.equal("Error.Request.TooLarge", answer.headers["x-ms-error-code"])
    end)
  end

  it("is one of 26", function()
    assert.are.equal(26, count)
    local ids = {}
    for _, row in ipairs(require("azure.signalr.emulator.routes").list) do ids[row.id] = true end
    for id in pairs(OPERATIONS) do ids[id] = nil end
    assert.is_nil(next(ids))
  end)

  it("takes a body of 1 MiB to the byte", function()
    local body = '{"target":"t","arguments":["' .. ("x"):rep(1048576 - 31) .. '"]}'
    assert.are.equal(1048576, #body)
    assert.are.equal(202, logic.new():rest("POST", "/api/hubs/chat/:send", { body = body }).status)
  end)

  it("answers with a date and a request's id", function()
    local answer = logic.new():rest("HEAD", "/api/health")
    assert.are.equal("Fri, 15 Jan 2027 08:00:00 GMT", answer.headers.date)
    assert.is_truthy(answer.headers["x-ms-request-id"])
  end)
end)

describe("a request", function()
  -- method, path, status, part of the body
  local cases = {
    { "GET", "/", 404, "No operation has the path /" }, { "POST", "/api/hubs/chat/:sends", 404, "No operation" },
    { "POST", "/api/hubs/chat/%3Asend", 404, "No operation" }, { "GET", "/api/hubs//:send", 404, "No operation" },
    { "POST", "/api/hubs/chat/:send/", 404, "No operation" },
    { "GET", "/api/hubs/chat/:send", 405, "it has POST" }, { "POST", "/api/health", 405, "it has HEAD, GET" },
    { "PATCH", "/api/hubs/chat/users/u/groups/g", 405, "DELETE, HEAD, GET, PUT" },
    { "POST", "/api/hubs/chat/groups/../:send", 400, "segment '..'" },
    { "POST", "/api/hubs/chat/groups/%2E%2e/:send", 400, "segment '..'" },
    { "POST", "/api/hubs/chat/groups/./:send", 400, "segment '.'" },
    { "POST", "/api/hubs/chat/groups/a%2/:send", 400, "two hex digits" },
    { "POST", "/api/hubs/1chat/:send", 400, "hub must begin" },
    { "POST", "/api/hubs/a-b/:send", 400, "hub must begin" },
    { "POST", "/api/hubs/a%2Fb/:send", 400, "hub must begin" },
    { "POST", "/api/hubs/" .. ("h"):rep(129) .. "/:send", 400, "hub must begin" },
    { "POST", "/api/hubs/chat/groups/%20%09/:send", 400, "group must have" },
    { "POST", "/api/hubs/chat/groups/" .. ("g"):rep(1025) .. "/:send", 400, "1 to 1024" },
    { "POST", "/api/hubs/chat/groups/%FF/:send", 400, "group must have" },
    { "POST", "/api/hubs/chat/users/%FF/:send", 400, "user must be UTF-8" },
    { "POST", "/api/hubs/chat/connections/c/streams/" .. ("s"):rep(101) .. "/:send", 400, "1 to 100" },
    { "POST", "/api/hubs/chat/connections/c/streams/%20/:send", 400, "streamId" },
  }
  for _, case in ipairs(cases) do
    it(case[1] .. " " .. case[2]:sub(1, 60) .. " is " .. case[3], function()
      local answer = logic.new():rest(case[1], case[2])
      assert.are.equal(case[3], answer.status)
      assert.is_truthy(answer.body:find(case[4], 1, true), answer.body)
      assert.are.equal(answer.body:match('"code":"([^"]*)"'), answer.headers["x-ms-error-code"])
    end)
  end

  it("says which methods a path has", function()
    assert.are.equal("POST", logic.new():rest("GET", "/api/hubs/chat/:send").headers.allow)
  end)

  it("may have a hub of 128 and a group of 1024 characters, not bytes", function()
    local group = ("%C3%A9"):rep(1024)
    for _, path in ipairs { "/api/hubs/" .. ("h"):rep(128) .. "/:send", "/api/hubs/A1_`,.[]/:send",
      "/api/hubs/chat/groups/" .. group .. "/:send" } do
      assert.are.equal(202, logic.new():rest("POST", path, { body = '{"target":"t"}' }).status)
    end
    local too_long = "/api/hubs/chat/groups/" .. group .. "%C3%A9/:send"
    assert.are.equal(400, logic.new():rest("POST", too_long, { body = '{"target":"t"}' }).status)
  end)

  it("with an application outside the pattern is refused", function()
    local answer = logic.new():rest("POST", "/api/hubs/chat/:send", { query = "application=1a", body = "{}" })
    assert.are.equal(400, answer.status)
    assert.is_truthy(answer.body:find('"target":"application"', 1, true))
  end)

  it("with a parameter that has no effect is told so in the log", function()
    local world = logic.new()
    world:client("alice")
    world:rest("POST", "/api/hubs/chat/users/alice/:send", { query = "excluded=x&zip=1", body = '{"target":"t"}' })
    assert.are.equal("ignored, because the operation does not declare it: excluded, zip", world:last_log().hint)
  end)
end)

describe("a body", function()
  local PATH = "/api/hubs/chat/:send"
  -- body, type, status, part of the answer
  local cases = {
    { '{"target":"t","arguments":[1,]}', nil, 400, "malformed JSON at position 30 (line 1, column 30)" },
    { "", "application/json", 400, "ends too early" }, { "[]", nil, 400, "must be an object" },
    { "{}", nil, 400, "target must be" }, { '{"target":""}', nil, 400, "target must be" },
    { '{"target":1}', nil, 400, "target must be" }, { '{"target":"t","arguments":{}}', nil, 400, "must be an array" },
    { '{"target":"t","arguments":"a"}', nil, 400, '"target":"arguments"' },
    { '{"target":"t","arguments":null}', nil, 202, "" }, { '{"target":"t"}', nil, 202, "" },
    { '{"target":"t"}', "application/json; charset=utf-8", 202, "" }, { '{"target":"t"}', "Application/JSON", 202, "" },
    { '{"target":"t"}', "text/plain", 415, "text/plain is not taken" },
    { "\129\166target\161t", "application/x-msgpack", 202, "" },
    { "\130\166target\161t\169arguments\145\1", "application/x-msgpack", 202, "" },
    { "\130\166target\161t\169arguments\192", "application/x-msgpack", 202, "" },
    { "\129\166target\160", "application/x-msgpack", 400, "target must be" },
    { "\130\166target\161t\169arguments\1", "application/x-msgpack", 400, "arguments must be an array" },
    { "\130\166target\161t\169arguments\145", "application/x-msgpack", 400, "too early" },
    { "\130\166target\161t\169arguments\145\203\127\240\0\0\0\0\0\0", "application/x-msgpack", 400, "infinities" },
    { "\129\166target\161t\0", "application/x-msgpack", 400, "bytes after" },
    { "\145\1", "application/x-msgpack", 400, "must be a map" }, { "", "application/x-msgpack", 400, "too early" },
    { "\129\1\2", "application/x-msgpack", 400, "keys must be strings" },
    { "\129\164json\196\1x", "application/octet-stream", 202, "" },
    { "\129\164json\1", "application/octet-stream", 400, "must be bytes" },
    { "\128", "application/octet-stream", 400, "no frame" },
    { "{}", "application/octet-stream", 400, "malformed MessagePack" },
  }
  for i, case in ipairs(cases) do
    it(("%d, %q as %s, is %d"):format(i, case[1], case[2] or "JSON", case[3]), function()
      local answer = logic.new():rest("POST", PATH, { body = case[1], type = case[2] })
      assert.are.equal(case[3], answer.status)
      assert.is_truthy(answer.body:find(case[4], 1, true), answer.body)
    end)
  end

  it("without a type is refused", function()
    local answer = logic.new():rest("POST", PATH, {})
    assert.are.equal(415, answer.status)
    assert.is_truthy(answer.body:find("there is no Content-Type", 1, true))
  end)
end)

describe("the log", function()
  it("says in one line why a request was refused", function()
    local world = logic.new()
    world:rest("POST", "/api/hubs/chat/:execute", { query = "filter=a", body = "[]" })
    assert.is_truthy(world:last_log().hint:find("^the filter is wrong at position 1: [^\n]*$"))
    world:rest("POST", "/api/hubs/chat/users/a%0Ab/:send", { body = '{"target":"t"}' })
    world:client("alice")
    world:rest("POST", "/api/hubs/chat/users/a%07b/:send", { body = '{"target":"t"}' })
    assert.is_truthy(world:last_log().hint:find("user 'a?b' is not connected", 1, true))
    world:rest("HEAD", "/api/hubs/chat/users/a")
    assert.is_nil(world:last_log().hint)
    world:rest("GET", "/nowhere")
    assert.are.same({ "unknown", 404, "GET", "/nowhere" }, { world:last_log().operation, world:last_log().status,
      world:last_log().method, world:last_log().path })
  end)
end)

describe("a mistake of the emulator's own", function()
  it("is a 500 that says so, in the log too", function()
    local world = logic.new()
    local client = world:client("alice")
    client.session.sink.send = function() error("sink broke") end
    local answer = world:rest("POST", "/api/hubs/chat/:send", { body = '{"target":"t"}' })
    assert.are.equal(500, answer.status)
    assert.is_truthy(world:last_log().hint:find("sink broke", 1, true))
  end)
end)
