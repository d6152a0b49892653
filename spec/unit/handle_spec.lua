-- SPDX-License-Identifier: MIT
-- Handles: light, never changed, comparable, printable.
local recorded = require "spec.support.recorded"
local signalr = require "azure.signalr"

local function excluded_of(request)
  local ids = {}
  for _, pair in ipairs(request.query) do
    if pair[1] == "excluded" then ids[#ids + 1] = pair[2] end
  end
  return ids
end

describe("a handle", function()
  local client, transport = recorded()
  local hub = client:hub("Chat")

  before_each(function() transport.requests = {} end)

  it("refuses to drop excluded connections where an operation takes none", function()
    local without = hub:except { "a" }
    local lobby = without:group("g")
    local function refused(action)
      local ok, why = pcall(action)
      assert.is_false(ok)
      assert.is_truthy(why:find("takes no excluded connections", 1, true), why)
    end
    refused(function() lobby:list() end)
    refused(function() lobby:connections() end)
    refused(function() lobby:pages() end)
    refused(function() lobby:exists() end)
    refused(function() lobby:add("c") end)
    refused(function() lobby:remove("c") end)
    refused(function() without:client_token() end)
    refused(function() without:negotiate() end)
    refused(function() without:execute({ signalr.command.leave("g") }, { everyone = true }) end)
    assert.are.equal(0, #transport.requests)
  end)

  it("prints what it addresses", function()
    assert.are.equal("azure.signalr.client: https://contoso.service.signalr.net", tostring(client))
    assert.are.equal("azure.signalr.hub: chat", tostring(hub))
    assert.are.equal("azure.signalr.hub: chat of app", tostring(client:hub("chat", { application = "App" })))
    assert.are.equal("azure.signalr.group: chat/g except 2", tostring(hub:group("g"):except { "a", "b" }))
    assert.are.equal("azure.signalr.user: chat/u", tostring(hub:user("u")))
    assert.are.equal("azure.signalr.connection: chat/c", tostring(hub:connection("c")))
    assert.are.equal("azure.signalr.stream: chat/c/s", tostring(hub:connection("c"):stream("s")))
    assert.are.equal("azure.signalr.pages: page 1", tostring(hub:group("g"):pages()))
  end)

  it("equals another of the same", function()
    assert.is_true(hub == client:hub("chat"))
    assert.is_true(hub:group("g") == hub:group("g"))
    assert.is_true(hub:except { "a" } == hub:except { "a" })
    assert.is_false(hub == client:hub("other"))
    assert.is_false(hub == client:hub("chat", { application = "a" }))
    assert.is_false(hub:group("g") == hub:group("h"))
    assert.is_false(hub:group("g") == hub:user("g"))
    assert.is_false(hub == hub:except { "a" })
    assert.is_false(hub:except { "a", "b" } == hub:except { "ab" })
    assert.is_false(hub == hub:with { timeout = 1 })
    assert.is_false(hub == recorded():hub("chat"))
  end)

  it("says what it addresses", function()
    assert.are.equal("https://contoso.service.signalr.net", client.endpoint)
    assert.are.same({ "chat", nil }, { hub.name, hub.application })
    assert.are.equal("app", client:hub("x", { application = "App" }).application)
    assert.are.same({ "g", "chat" }, { hub:group("g").name, hub:group("g").hub })
    assert.are.same({ "u", "chat" }, { hub:user("u").id, hub:user("u").hub })
    local stream = hub:connection("c"):stream("s")
    assert.are.same({ "c", "s", "c", "chat" }, { hub:connection("c").id, stream.id, stream.connection, stream.hub })
  end)

  it("shows nothing else to who walks over it", function()
    local group = hub:group("g"):except { "a" }:with { timeout = 1 }
    group:send("t")
    for _, object in ipairs { client, hub, group, hub:user("u"), hub:connection("c"), hub:connection("c"):stream("s"),
      hub:users { "u" }, group:except { "b" }, hub:group("g"):pages(), signalr.command.join("g") } do
      assert.is_nil(next(object))
      assert.are.equal(0, #object)
      for _, name in ipairs { "settings", "params", "targets", "excluded", "problem", "transport", "key" } do
        assert.is_nil(object[name])
      end
    end
  end)

  it("takes nothing that would have no effect", function()
    for name, object in pairs { client = client, hub = hub, group = hub:group("g"), user = hub:user("u"),
      connection = hub:connection("c"), stream = hub:connection("c"):stream("s"), pages = hub:group("g"):pages(),
      command = signalr.command.join("g") } do
      for _, key in ipairs { "foo", "timeout", "name", "id", "send", 1, true } do
        local ok, why = pcall(function() object[key] = 1 end)
        assert.is_false(ok)
        assert.is_truthy(why:find("handle_spec.lua:%d+: " .. name .. "%.[%w]+ cannot be set"), why)
      end
    end
    assert.are.equal("chat", hub.name)
  end)

  it("is nothing that a table with its class could pass for", function()
    local fake = setmetatable({}, { __metatable = {} })
    assert.is_false(pcall(hub.send, fake, "t"))
    assert.is_false(pcall(hub.send, setmetatable({}, getmetatable(hub)), "t"))
  end)

  it("accumulates what is excluded, and stays as it was", function()
    local first = hub:except { "a" }
    local second = first:except { "b", "c" }
    local lobby = second:group("lobby"):except { "d" }
    second:send("t")
    first:send("t")
    hub:send("t")
    lobby:send("t")
    hub:except {}:send("t")
    assert.are.same({ "a", "b", "c" }, excluded_of(transport.requests[1]))
    assert.are.same({ "a" }, excluded_of(transport.requests[2]))
    assert.are.same({}, excluded_of(transport.requests[3]))
    assert.are.same({ "a", "b", "c", "d" }, excluded_of(transport.requests[4]))
    assert.are.same({}, excluded_of(transport.requests[5]))
  end)

  it("copies what is excluded", function()
    local ids = { "a" }
    local without = hub:except(ids)
    ids[1], ids[2] = "b", "c"
    without:send("t")
    assert.are.same({ "a" }, excluded_of(transport.requests[1]))
  end)

  it("carries options down, merged", function()
    local seen = 0
    local quick = hub:with { timeout = 2, on_attempt = function() seen = seen + 1 end }
    local now = transport:now()
    quick:group("g"):send("t")
    quick:group("g"):with { timeout = 3 }:send("t")
    quick:with { max_response = 5 }:user("u"):send("t")
    quick:connection("c"):stream("s"):send(1)
    hub:send("t")
    local requests = transport.requests
    assert.are.same({ 2, 3, 2, 2, 30 }, {
      requests[1].deadline - now, requests[2].deadline - now, requests[3].deadline - now, requests[4].deadline - now,
      requests[5].deadline - now,
    })
    assert.are.equal(5, requests[3].max_response)
    assert.are.equal(4, seen)
  end)

  it("carries a client's options down", function()
    client:with { timeout = 4 }:hub("chat"):except { "x" }:with { max_response = 9 }:group("g"):send("t")
    local request = transport.requests[1]
    assert.are.equal(4, request.deadline - request.at)
    assert.are.equal(9, request.max_response)
    assert.are.same({ "x" }, excluded_of(request))
  end)

  it("does not mix up the places of its operations", function()
    local group = hub:group("g")
    for _ = 1, 2 do
      group:send("t")
      group:exists()
      group:add("c1")
      group:add("c2")
      group:send("t")
    end
    local paths = {}
    for i, request in ipairs(transport.requests) do paths[i] = request.method .. " " .. request.path end
    local once = {
      "POST /api/hubs/chat/groups/g/:send", "HEAD /api/hubs/chat/groups/g",
      "PUT /api/hubs/chat/groups/g/connections/c1", "PUT /api/hubs/chat/groups/g/connections/c2",
      "POST /api/hubs/chat/groups/g/:send",
    }
    for i = 1, 10 do assert.are.equal(once[(i - 1) % 5 + 1], paths[i]) end
  end)

  it("sends nil arguments, trailing ones too", function()
    hub:send("t", nil, 1)
    hub:send("t", 1, nil, nil)
    hub:send("t")
    assert.are.equal('{"target":"t","arguments":[null,1]}', transport.requests[1].body)
    assert.are.equal('{"target":"t","arguments":[1,null,null]}', transport.requests[2].body)
    assert.are.equal('{"target":"t","arguments":[]}', transport.requests[3].body)
  end)

  it("sends what is JSON already", function()
    hub:send("t", signalr.raw_json '{ "a": 1.0 }')
    hub:send_list("t", signalr.raw_json "[1.0]")
    assert.are.equal('{"target":"t","arguments":[{ "a": 1.0 }]}', transport.requests[1].body)
    assert.are.equal('{"target":"t","arguments":[1.0]}', transport.requests[2].body)
  end)

  it("does not fill the hub's cache with other people's options", function()
    hub:send("t")
    hub:with { timeout = 1 }:send("t")
    hub:except { "a" }:send("t")
    assert.are.equal(transport.requests[1].headers.authorization, transport.requests[2].headers.authorization)
    assert.are.equal(transport.requests[1].url .. "&excluded=a", transport.requests[3].url)
  end)
end)
