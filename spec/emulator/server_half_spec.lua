-- SPDX-License-Identifier: MIT
-- Server-Sent Events and long polling, and the POSTs that go with them.
local cjson = require "cjson"
local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"

local HANDSHAKE = '{"protocol":"json","version":1}\30'
local EVENTS = { headers = { "Accept: text/event-stream" } }
local LAST_EVENTS = { headers = { "Accept: text/event-stream", "Connection: close" } }

describe("the transports over plain HTTP", function()
  local child, rest, poster
  setup(function()
    child = emulator.start()
    rest, poster = peer.connect(child), peer.connect(child)
  end)
  teardown(function()
    rest:close()
    poster:close()
    child:stop()
  end)

  local function negotiate(user, version)
    local target = peer.client_target(child, user)
    local path = target:gsub("/client/", "/client/negotiate", 1) .. (version and "&negotiateVersion=" .. version or "")
    local answer = poster:ask("POST", path, { body = "" })
    assert.are.equal(200, answer.status)
    local given = cjson.decode(answer.body)
    return target .. "&id=" .. (given.connectionToken or given.connectionId), given
  end

  local function send(text)
    local answer = rest:rest("POST", "/api/hubs/chat/:send", { body = '{"target":"t","arguments":[' .. text .. "]}" })
    assert.are.equal(202, answer.status)
  end

  local function message(text)
    return ('{"type":1,"target":"t","arguments":[%s]}\30'):format(text)
  end

  local function await_status(path, wanted)
    local deadline = cqueues.monotime() + 20
    local status
    repeat
      status = rest:rest("HEAD", path).status
      if status ~= wanted then cqueues.sleep(0.02) end
    until status == wanted or cqueues.monotime() > deadline
    assert.are.equal(wanted, status)
  end

  -- A stream of events whose handshake is done.
  local function events(user, request)
    local target = negotiate(user, 1)
    local one = peer.connect(child)
    one:request("GET", target, request or EVENTS)
    local head = one:head()
    local function next_event()
      local data = {}
      while true do
        local line = assert(one.wire:read("*l"), "the stream ended")
        local field = line:match("^data: (.*)\r$")
        if field then data[#data + 1] = field end
        if line == "\r" and #data > 0 then return table.concat(data, "\n") end
      end
    end
    assert.are.equal(200, poster:ask("POST", target, { body = HANDSHAKE }).status)
    assert.are.equal("{}\30", next_event())
    return { peer = one, head = head, target = target, next = next_event }
  end

  -- A polling client whose handshake is done.
  local function polling(user)
    local target, given = negotiate(user, 1)
    local one = { peer = peer.connect(child), target = target, id = given.connectionId }
    one.first = one.peer:ask("GET", target)
    function one.poll() return one.peer:ask("GET", target) end
    assert.are.equal(200, poster:ask("POST", target, { body = HANDSHAKE }).status)
    assert.are.equal("{}\30", one.poll().body)
    return one
  end

  it("are offered by negotiation, in version 0 and 1", function()
    local _, first = negotiate("alice", 1)
    assert.are.equal(1, first.negotiateVersion)
    assert.are_not.equal(first.connectionId, first.connectionToken)
    local names = {}
    for i, transport in ipairs(first.availableTransports) do
      names[i] = transport.transport .. " " .. table.concat(transport.transferFormats, ",")
    end
    assert.are.same({ "WebSockets Text,Binary", "ServerSentEvents Text", "LongPolling Text,Binary" }, names)
    local _, old = negotiate("alice")
    assert.are.equal(0, old.negotiateVersion)
    assert.are.equal(nil, old.connectionToken)
  end)

  it("send events, one for each message, whatever lines it has", function()
    local one = events("alice")
    assert.are.equal(200, one.head.status)
    assert.are.equal("text/event-stream", one.head.headers["content-type"])
    send('1.0, 9007199254740993,\n  "two lines"')
    assert.are.equal(message('1.0, 9007199254740993,\n  "two lines"'), one.next())
    send("[]")
    assert.are.equal(message("[]"), one.next())
    one.peer:close()
    await_status("/api/hubs/chat/users/alice", 404)
  end)

  -- Node 18's client asks for this; what it gets has no end all the same.
  it("go on sending events over a connection that is to be closed afterwards", function()
    local one = events("alice", LAST_EVENTS)
    cqueues.sleep(0.2)
    send("1")
    assert.are.equal(message("1"), one.next())
    one.peer:close()
    await_status("/api/hubs/chat/users/alice", 404)
  end)

  it("end a stream of events when the service closes the connection", function()
    local one = events("alice")
    assert.are.equal(204, rest:rest("POST", "/api/hubs/chat/:closeConnections", { query = "reason=enough" }).status)
    assert.are.equal('{"type":7,"error":"enough"}\30', one.next())
    local line
    repeat line = one.peer.wire:read("*l") until line ~= "\r"
    assert.are.equal("0\r", line)
    assert.are.equal(404, poster:ask("POST", one.target, { body = '{"type":6}\30' }).status)
    one.peer:close()
  end)

  it("end a stream of events when the client says so", function()
    local one = events("alice")
    assert.are.equal(202, poster:ask("DELETE", one.target).status)
    assert.are.equal(404, rest:rest("HEAD", "/api/hubs/chat/users/alice").status)
    one.peer:close()
  end)

  it("answer the first poll at once and the next ones when something is there", function()
    local one = polling("bob")
    assert.are.equal(200, one.first.status)
    assert.are.equal("", one.first.body)
    send("1.0")
    send("2")
    local answer = one.poll()
    assert.are.equal("application/octet-stream", answer.headers["content-type"])
    assert.are.equal(message("1.0") .. message("2"), answer.body)
    one.peer:request("GET", one.target)
    cqueues.sleep(0.5)
    send("3")
    assert.are.equal(message("3"), one.peer:answer().body)
    one.peer:close()
  end)

  it("let a later poll take the place of an earlier one", function()
    local one, second = polling("bob"), peer.connect(child)
    one.peer:request("GET", one.target)
    cqueues.sleep(0.5)
    second:request("GET", one.target)
    assert.are.equal(204, one.peer:answer().status)
    send("1")
    assert.are.equal(message("1"), second:answer().body)
    second:close()
    one.peer:close()
  end)

  it("end a poll with 204 when the client is done, and know it no more", function()
    local one = polling("carol")
    one.peer:request("GET", one.target)
    cqueues.sleep(0.5)
    assert.are.equal(202, poster:ask("DELETE", one.target).status)
    assert.are.equal(204, one.peer:answer().status)
    assert.are.equal(404, one.poll().status)
    assert.are.equal(404, rest:rest("HEAD", "/api/hubs/chat/users/carol").status)
    one.peer:close()
  end)

  it("let a polling client fetch what was sent before its end", function()
    local one = polling("bob")
    send("1")
    assert.are.equal(200, rest:rest("DELETE", "/api/hubs/chat/connections/" .. one.id, { query = "reason=x" }).status)
    assert.are.equal(message("1") .. '{"type":7,"error":"x"}\30', one.poll().body)
    assert.are.equal(204, one.poll().status)
    assert.are.equal(404, one.poll().status)
    one.peer:close()
  end)

  it("carry binary messages over polls", function()
    local target = negotiate("bob", 1)
    local one = peer.connect(child)
    one:ask("GET", target)
    poster:ask("POST", target, { body = '{"protocol":"messagepack","version":1}\30' })
    assert.are.equal("{}\30", one:ask("GET", target).body)
    send("[]")
    assert.are.equal("\9\150\1\128\192\161t\145\144\144", one:ask("GET", target).body)
    one:close()
  end)

  it("refuse what names no connection, or another's, or comes without a token", function()
    local target = negotiate("bob", 1)
    local none = peer.client_target(child, "bob")
    assert.are.equal(400, poster:ask("GET", none).status)
    assert.are.equal(400, poster:ask("POST", none, { body = "x" }).status)
    assert.are.equal(404, poster:ask("POST", target, { body = "x" }).status)
    assert.are.equal(404, poster:ask("DELETE", none .. "&id=unknown").status)
    assert.are.equal(404, poster:ask("GET", none .. "&id=unknown", EVENTS).status)
    local one = polling("bob")
    local id = one.target:match("&id=.*$")
    assert.are.equal(403, poster:ask("POST", peer.client_target(child, "eve") .. id, { body = HANDSHAKE }).status)
    assert.are.equal(401, poster:ask("GET", "/client/?hub=chat" .. id).status)
    assert.are.equal(409, poster:ask("GET", one.target, EVENTS).status)
    assert.are.equal(405, poster:ask("PUT", one.target, { body = "" }).status)
    assert.are.equal(413, poster:ask("POST", one.target, { body = ("a"):rep(1048577) }).status)
    poster:close()
    poster = peer.connect(child)
    one.peer:close()
  end)
end)
