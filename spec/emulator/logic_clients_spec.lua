-- SPDX-License-Identifier: MIT
-- Clients before and at their connection: negotiation, admission, user, expiry.
local logic = require "spec.emulator.logic"

local function negotiate(world, hub, more, user)
  local req = world:client_request(hub, user, more)
  req.method, req.path = "POST", "/client/negotiate"
  return world.service:client_negotiate(req)
end

describe("negotiation", function()
  it("version 1 gives an id, a token for it, and the transports", function()
    local world = logic.new()
    local answer = negotiate(world, "chat", "&negotiateVersion=1", "alice")
    assert.are.equal(200, answer.status)
    local id, token = answer.body:match('^{"negotiateVersion":1,"connectionId":"([^"]+)","connectionToken":"([^"]+)",'
      .. '"availableTransports":%[{"transport":"WebSockets","transferFormats":%["Text","Binary"%]},')
    assert.is_truthy(id and token and id ~= token, answer.body)
    local ticket = world.service:client_auth(world:client_request("chat", "alice", "&id=" .. token))
    assert.are.equal(id, ticket.connection_id)
    local session = world.service:open(ticket, { send = function() end, close = function() end })
    local again, in_use = world.service:client_auth(world:client_request("chat", "alice", "&id=" .. token))
    assert.is_nil(again)
    assert.are.equal(409, in_use.status)
    session:closed("done")
    local gone, refusal = world.service:client_auth(world:client_request("chat", "alice", "&id=" .. token))
    assert.is_nil(gone)
    assert.are.equal(404, refusal.status)
  end)

  it("version 0 gives one id for both", function()
    local answer = negotiate(logic.new(), "chat")
    assert.is_truthy(answer.body:find('^{"negotiateVersion":0,"connectionId":"[^"]+","availableTransports"'))
  end)

  it("is for the hub and the user that negotiated, and for 5 seconds", function()
    local world = logic.new()
    local token = negotiate(world, "chat", "&negotiateVersion=1", "alice").body:match('"connectionToken":"([^"]+)"')
    local function status(hub, user)
      local ticket, refusal = world.service:client_auth(world:client_request(hub, user, "&id=" .. token))
      return ticket and "in" or refusal.status
    end
    assert.are.equal(404, status("chat", "bob"))
    assert.are.equal(404, status("other", "alice"))
    assert.are.equal("in", status("chat", "alice"))
    world:advance(5)
    assert.are.equal(404, status("chat", "alice"))
    assert.is_nil(next(world.service.pending))
  end)
end)

describe("a client's token", function()
  -- A token of so many characters: the claim x fills it.
  local function token_of(world, size)
    local audience, filler = logic.BASE .. "/client/?hub=chat", 3000
    local token
    repeat
      token = world:token(audience, ('"x":"%s",'):format(("x"):rep(filler)))
      filler = filler + math.floor((size - #token) * 3 / 4)
    until math.abs(size - #token) <= 1
    return token
  end

  it("may have 4,096 characters; a longer one is refused with 413 wherever it comes", function()
    local world = logic.new()
    for _, size in ipairs { 4096, 4098 } do
      local token = token_of(world, size)
      for _, place in ipairs { "header", "query" } do
        local function request(method, more)
          return { method = method, path = "/client/", base = logic.BASE, body = "",
            headers = place == "header" and { authorization = "Bearer " .. token } or {},
            query = "hub=chat" .. (more or "") .. (place == "query" and "&access_token=" .. token or "") }
        end
        local answer = world.service:client_negotiate(request("POST", "&negotiateVersion=1"))
        local ticket, refusal = world.service:client_auth(request("GET"))
        if #token <= 4096 then
          assert.are.equal(200, answer.status)
          assert.is_truthy(ticket)
        else
          assert.are.equal(413, answer.status)
          assert.are.equal(413, refusal.status)
          assert.is_truthy(answer.body:find(("has %d characters, the limit is 4096"):format(#token), 1, true))
        end
      end
    end
  end)

  it("that the service makes longer than that is told of in the log", function()
    local world = logic.new()
    world:rest("POST", "/api/hubs/chat/:generateToken", { query = "userId=" .. ("x"):rep(4000) })
    assert.is_truthy(world:last_log().hint:find("no client can use the token", 1, true))
  end)
end)

describe("admission", function()
  -- what the query or token lacks, the status, what the body says
  local function admit(change)
    local world = logic.new()
    local req = world:client_request("chat", "alice")
    change(req, world)
    local ticket, refusal = world.service:client_auth(req)
    return ticket or refusal
  end

  local refused = {
    { "no hub", function(r) r.query = r.query:gsub("hub=chat&", "") end, 400, "names no hub" },
    { "a hub with a slash", function(r) r.query = r.query:gsub("hub=chat", "hub=a%%2Fb") end, 400, "must begin" },
    { "no token", function(r) r.query = "hub=chat" end, 401, "there is no token" },
    { "a token for another hub", function(r) r.query = r.query:gsub("hub=chat", "hub=other") end, 401, "(aud) is" },
    { "a token for a REST path", function(r, w)
      r.query = "hub=chat&access_token=" .. w:token(logic.BASE .. "/api/hubs/chat/:send")
    end, 401, "expected '" .. logic.BASE .. "/client/?hub=chat'" },
    { "an expired token", function(_, w) w.clock = w.clock + 4000 end, 401, "expired" },
    { "an unknown id", function(r) r.query = r.query .. "&id=nobody" end, 404, "No connection" },
  }
  for _, row in ipairs(refused) do
    it("refuses " .. row[1], function()
      local answer = admit(row[2])
      assert.are.equal(row[3], answer.status)
      assert.is_truthy(answer.body:find(row[4], 1, true), answer.body)
    end)
  end

  it("takes the token as a bearer, with or without port, whatever the hub's case", function()
    for _, aud in ipairs { "http://127.0.0.1/client/?hub=chat", "http://127.0.0.1:8888/client/?hub=Chat",
      "http://127.0.0.1/client?hub=chat" } do
      local ticket = admit(function(r, w)
        r.query, r.headers = "hub=CHAT", { authorization = "Bearer " .. w:token(aud) }
      end)
      assert.are.equal("chat", ticket.hub_name)
    end
  end)

  it("reads the user from asrs.s.uid, then nameid", function()
    local function user(claims)
      return admit(function(r, w)
        r.query = "hub=chat&access_token=" .. w:token(logic.BASE .. "/client/?hub=chat", claims)
      end).user_id
    end
    assert.are.equal("a", user('"nameid":"b","asrs.s.uid":"a",'))
    assert.are.equal("b", user('"nameid":"b",'))
    assert.are.equal("é\n/", user('"nameid":"\\u00e9\\n/",'))
    assert.is_nil(user('"sub":"b",'))
  end)

  it("is open to all when lax, and believes what any token says", function()
    local service = logic.new { lax = true }.service
    local function enter(query)
      return service:client_auth { path = "/client/", query = query, headers = {}, base = logic.BASE }
    end
    assert.is_nil(enter("hub=chat").user_id)
    assert.is_nil(enter("hub=chat&access_token=rubbish").user_id)
    local unsigned = "e30." .. require("azure.signalr.emulator.base64").url_encode('{"nameid":"eve"}') .. "."
    assert.are.equal("eve", enter("hub=chat&access_token=" .. unsigned).user_id)
  end)
end)

describe("a client whose token says so", function()
  local function connect(world, claims)
    local token = world:token(logic.BASE .. "/client/?hub=chat", claims)
    local ticket = world.service:client_auth { path = "/client/", headers = {}, base = logic.BASE,
      query = "hub=chat&access_token=" .. token }
    local seen = {}
    local session = world.service:open(ticket, {
      send = function(_, bytes) seen[#seen + 1] = bytes end,
      close = function(_, reason) seen.reason = reason end,
    })
    session:receive('{"protocol":"json","version":1}\30')
    return session, seen
  end

  it("is closed when its authentication expires, with the reason", function()
    local world = logic.new()
    local session, seen = connect(world, ('"asrs.s.coae":"true","asrs.s.aeo":"%d",'):format(world.clock + 10))
    for _ = 1, 9 do
      world:advance(1)
      session:receive('{"type":6}\30')
    end
    assert.is_nil(seen.reason)
    world:advance(1)
    assert.is_truthy(seen.reason:find("authentication expired", 1, true))
    assert.is_truthy(seen[#seen]:find('"type":7', 1, true))
  end)

  it("stays when it does not ask for that", function()
    local world = logic.new()
    local session, seen = connect(world, '"asrs.s.aeo":"1",')
    world:advance(1)
    session:receive('{"type":6}\30')
    assert.is_nil(seen.reason)
  end)
end)

describe("the service", function()
  it("keeps one connection for an id that two were admitted for", function()
    local world = logic.new()
    local ticket = world.service:client_auth(world:client_request("chat", "alice"))
    local closed = {}
    local function open(name)
      local session = world.service:open(ticket, {
        send = function() end, close = function() closed[#closed + 1] = name end,
      })
      session:receive('{"protocol":"json","version":1}\30')
      return session
    end
    local first, second = open("first"), open("second")
    first:closed("late")
    assert.are.same({ "first" }, closed)
    assert.are.equal(1, world.service:count())
    assert.are.equal(second, world.service:hub("chat"):connection(ticket.connection_id))
    assert.are.equal(1, world.service:hub("chat").count)
  end)

  it("closes everybody when it shuts down, and lets them come back", function()
    local world = logic.new()
    local one, two = world:client("a"), world:client("b", { hub = "other", protocol = "messagepack" })
    assert.are.equal(2, world.service:count())
    world.service:shutdown("going home")
    assert.are.equal(0, world.service:count())
    assert.are.equal('{"type":7,"error":"going home","allowReconnect":true}', one:text())
    assert.are.same({ "\14\147\7\170going home\195" }, two:take())
    for _, client in ipairs { one, two } do assert.are.equal("going home", client.closed.reason) end
  end)

  it("refuses options that miss what it needs", function()
    local service = require "azure.signalr.emulator.service"
    assert.has_error(function() service.new { access_key = "k" } end)
  end)
end)
