-- SPDX-License-Identifier: MIT
-- The WebSocket transport, frame by frame.
local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"

local frame = peer.frame

describe("the WebSocket transport", function()
  local child, rest
  setup(function()
    child = emulator.start("--send-queue", "300000")
    rest = peer.connect(child)
  end)
  teardown(function()
    rest:close()
    child:stop()
  end)

  local function send(text, query)
    local answer = rest:rest("POST", "/api/hubs/chat/:send",
      { query = query, body = ('{"target":"t","arguments":[%s]}'):format(text) })
    assert.are.equal(202, answer.status)
  end

  local function message(text)
    return ('{"type":1,"target":"t","arguments":[%s]}\30'):format(text)
  end

  -- What the emulator answers to a frame: the code and reason of its Close.
  local function close_after(bytes)
    local one = peer.websocket(child, "alice")
    one.wire:write(bytes)
    local code, reason = one:await_close()
    one:close()
    return code, reason
  end

  it("is opened as RFC 6455 says", function()
    local one = peer.websocket(child, "alice", { headers = { "Origin: http://game.test" } })
    assert.are.equal(101, one.answer.status)
    assert.are.equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", one.answer.headers["sec-websocket-accept"])
    assert.are.equal("http://game.test", one.answer.headers["access-control-allow-origin"])
    send("1.0")
    local first, text = one:receive()
    assert.are.equal(129, first)
    assert.are.equal(message("1.0"), text)
    one:close()
  end)

  it("is refused without key, with another version, and without a token", function()
    local target = peer.client_target(child, "alice")
    local function upgrade(where, ...)
      local one = peer.connect(child)
      local answer = one:ask("GET", where, { headers = { "Upgrade: websocket", "Connection: upgrade", ... } })
      one:close()
      return answer
    end
    assert.are.equal(400, upgrade(target, "Sec-WebSocket-Version: 13").status)
    local answer = upgrade(target, "Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: a")
    assert.are.equal(426, answer.status)
    assert.are.equal("13", answer.headers["sec-websocket-version"])
    assert.are.equal(401, upgrade("/client/?hub=chat", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: a").status)
    assert.are.equal(404, upgrade(target .. "&id=unknown", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: a").status)
  end)

  it("takes the token from the header too", function()
    local one = peer.connect(child)
    one:request("GET", "/client/?hub=chat", { headers = {
      "Upgrade: websocket", "Connection: upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: a",
      "Authorization: Bearer " .. peer.token(child, "/client/?hub=chat"),
    } })
    assert.are.equal(101, one:head().status)
    one:close()
  end)

  it("undoes masks, joins fragments, and answers pings in between", function()
    local one = peer.websocket(child, "alice", { handshake = false })
    local text, mask, masked = '{"protocol":"json","version":1}\30', "\1\2\4\8", {}
    for i = 1, #text do
      -- each byte of the mask is one bit: there it is, or it is not
      local byte, bit = text:byte(i), mask:byte((i - 1) % 4 + 1)
      masked[i] = string.char(byte % (2 * bit) >= bit and byte - bit or byte + bit)
    end
    masked = table.concat(masked)
    one.wire:write(frame(1, masked:sub(1, 8), mask) .. frame(137, "are you there") .. frame(0, masked:sub(9, 12), mask)
      .. frame(128, masked:sub(13), mask))
    assert.are.same({ 138, "are you there" }, { one:receive() })
    assert.are.same({ 129, "{}\30" }, { one:receive() })
    one:close()
  end)

  it("carries messages of every length", function()
    local one = peer.websocket(child, "alice")
    for _, length in ipairs { 1, 80, 81, 82, 200, 65000, 65535, 65600, 200000 } do
      local text = '"' .. ("a"):rep(length) .. '"'
      send(text)
      local _, received = one:receive()
      assert.are.equal(message(text), received)
    end
    one:close()
  end)

  it("closes with 1002 what breaks the protocol", function()
    assert.are.equal(1002, (close_after("\129\1a")))
    assert.are.equal(1002, (close_after(frame(193, "a"))))
    assert.are.equal(1002, (close_after(frame(131, "a"))))
    assert.are.equal(1002, (close_after(frame(139, "a"))))
    assert.are.equal(1002, (close_after(frame(128, "a"))))
    assert.are.equal(1002, (close_after(frame(1, "a") .. frame(129, "b"))))
    assert.are.equal(1002, (close_after(frame(9, "a"))))
    assert.are.equal(1002, (close_after(frame(137, ("a"):rep(126)))))
  end)

  it("closes with 1009 what is too big, before it is there", function()
    assert.are.equal(1009, (close_after("\129\255\0\0\0\0\255\255\255\255\0\0\0\0")))
    assert.are.equal(1009, (close_after("\129\255\255\255\255\255\255\255\255\255\0\0\0\0")))
    local half = frame(1, ("a"):rep(600000))
    assert.are.equal(1009, (close_after(half .. frame(0, ("a"):rep(600000)))))
  end)

  it("closes with 1007 a text that is not UTF-8, however it is split", function()
    assert.are.equal(1007, (close_after(frame(129, "\255"))))
    assert.are.equal(1007, (close_after(frame(129, '{"type":1,"target":"\195("}\30'))))
    assert.are.equal(1007, (close_after(frame(1, "\226\130") .. frame(128, "a"))))
    assert.are.equal(1007, (close_after(frame(129, "\237\160\128"))))
    -- a character may be split between two fragments
    local one = peer.websocket(child, "alice")
    one.wire:write(frame(1, '{"type":1,"invocationId":"1","arguments":[],"target":"\226') .. frame(0, "\130")
      .. frame(128, '\172"}\30'))
    local _, text = one:receive()
    assert.is_truthy(text:find("\226\130\172", 1, true), text)
    one:close()
  end)

  it("closes with 1002 or 1007 a Close frame that breaks the rules", function()
    for _, payload in ipairs { "\3", "\3\231", "\3\236", "\3\237", "\3\238", "\3\247", "\11\183", "\19\136", "\0\0" } do
      assert.are.equal(1002, (close_after(frame(136, payload))), payload:byte(1, -1))
    end
    assert.are.equal(1007, (close_after(frame(136, "\3\232\255"))))
    assert.are.equal(4000, (close_after(frame(136, "\15\160bye"))))
  end)

  it("closes with 1009 a message of empty fragments without end", function()
    assert.are.equal(1009, (close_after(frame(1, "") .. frame(0, ""):rep(2000))))
    assert.are.equal(1009, (close_after(frame(1, " ") .. (frame(0, "") .. frame(0, " ")):rep(2000))))
  end)

  it("takes frames that come byte by byte, and many in one piece", function()
    local one = peer.websocket(child, "alice")
    local hello = frame(129, '{"type":1,"invocationId":"1","target":"t","arguments":[]}\30')
    for i = 1, #hello do
      one.wire:write(hello:sub(i, i))
      if i % 10 == 0 then cqueues.sleep(0.001) end
    end
    local _, text = one:receive()
    assert.is_truthy(text:find('"type":3', 1, true))
    one.wire:write(hello:rep(500))
    for _ = 1, 500 do assert.are.equal(text, select(2, one:receive())) end
    one:close()
  end)

  it("answers a Close frame, with or without a code, and forgets the client", function()
    for _, payload in ipairs { "", "\3\232", "\3\232bye" } do
      local one = peer.websocket(child, "leaver")
      one.wire:write(frame(136, payload))
      assert.are.equal(1000, (one:await_close()))
      assert.are.equal(nil, (one:receive()))
      one:close()
    end
    assert.are.equal(404, rest:rest("HEAD", "/api/hubs/chat/users/leaver").status)
  end)

  it("forgets a client whose connection breaks", function()
    local one = peer.websocket(child, "faller")
    assert.are.equal(200, rest:rest("HEAD", "/api/hubs/chat/users/faller").status)
    one:close()
    local deadline = cqueues.monotime() + 20
    local status
    repeat
      cqueues.sleep(0.02)
      status = rest:rest("HEAD", "/api/hubs/chat/users/faller").status
    until status == 404 or cqueues.monotime() > deadline
    assert.are.equal(404, status)
  end)

  it("tells a client that the service closes it, then closes", function()
    local one = peer.websocket(child, "alice")
    assert.are.equal(204, rest:rest("POST", "/api/hubs/chat/:closeConnections", { query = "reason=enough" }).status)
    local code, reason, texts = one:await_close()
    assert.are.equal(1000, code)
    assert.are.equal("enough", reason)
    assert.are.same({ '{"type":7,"error":"enough"}\30' }, texts)
    one.wire:write(frame(136, "\3\232"))
    assert.are.equal(nil, (one:receive()))
    one:close()
  end)

  it("cuts a long reason between two characters", function()
    for _, letter in ipairs { "\195\164", "\226\130\172", "\240\159\152\128", "a" } do
      local one = peer.websocket(child, "alice")
      local reason = letter:rep(80)
      local escaped = reason:gsub(".", function(c) return ("%%%02X"):format(c:byte()) end)
      rest:rest("POST", "/api/hubs/chat/:closeConnections", { query = "reason=" .. escaped })
      local _, given, texts = one:await_close()
      assert.are.equal(reason:sub(1, math.min(#reason, 123 - 123 % #letter)), given)
      assert.is_truthy(texts[1]:find(reason, 1, true))
      one:close()
    end
  end)

  it("logs why a client was closed in one line, whoever gave the reason", function()
    local one = peer.websocket(child, "alice")
    local before = #child:log()
    rest:rest("POST", "/api/hubs/chat/users/alice/:closeConnections",
      { query = "reason=bye%0A12:00:00.000%20SignalR_Broadcast%20202%1B%5B2J" .. ("x"):rep(3000) })
    one:await_close()
    one:close()
    local other = peer.websocket(child, "bob")
    other:send('{"type":7,"error":"by\\n12:00:00.000 forged"}\30')
    other:await_close()
    other:close()
    assert.is_truthy(child:await_log(": bye?12:00:00.000 SignalR_Broadcast 202?[2Jxx"))
    assert.is_truthy(child:await_log(": by?12:00:00.000 forged\n"))
    for line in child:log():sub(before + 1):gmatch("[^\n]+") do
      assert.is_true(#line < 900)
      assert.is_nil(line:find("^12:00:00"))
    end
  end)

  it("cuts off a client that sends pings and reads no answers", function()
    local one = peer.websocket(child, "pinger")
    local pings, written = frame(137, ("x"):rep(100)):rep(1000), 0
    while written < 200 and one.wire:xwrite(pings, "bn", 2) do written = written + 1 end
    local deadline = cqueues.monotime() + 20
    local status
    repeat
      cqueues.sleep(0.02)
      status = rest:rest("HEAD", "/api/hubs/chat/users/pinger").status
    until status == 404 or cqueues.monotime() > deadline
    assert.are.equal(404, status)
    one:close()
  end)

  it("cuts off a client that does not read, and serves the others meanwhile", function()
    local slow, other = peer.websocket(child, "slow"), peer.websocket(child, "other")
    local text = '"' .. ("a"):rep(200000) .. '"'
    local sent = 0
    repeat
      send(text)
      sent = sent + 1
      local _, received = other:receive()
      assert.are.equal(#message(text), #received)
    until sent == 100 or rest:rest("HEAD", "/api/hubs/chat/users/slow").status == 404
    assert.is_true(sent < 100)
    assert.are.equal(200, rest:rest("HEAD", "/api/hubs/chat/users/other").status)
    assert.is_truthy(child:await_log("the client reads too slowly: more than 300000 bytes were waiting"))
    slow:close()
    other:close()
  end)
end)
