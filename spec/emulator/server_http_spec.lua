-- SPDX-License-Identifier: MIT
-- The emulator's server as an HTTP server: limits, bad requests, kept connections.
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"

local HEALTH = "/api/health?" .. peer.VERSION
local SEND = "/api/hubs/chat/:send"

describe("the emulator's server", function()
  local child
  setup(function() child = emulator.start() end)
  teardown(function() child:stop() end)

  local function ask(...)
    local one = peer.connect(child)
    local answer = one:ask(...)
    one:close()
    return answer
  end

  -- One more field fills the header up to so many bytes.
  local function ask_with_header(size)
    local used = #("Host: 127.0.0.1:" .. child.port) + 2 + #"X-Filler: " + 2
    return ask("HEAD", HEALTH, { headers = { "X-Filler: " .. ("a"):rep(size - used) } })
  end

  it("prints where it listens, with Microsoft's key", function()
    local key = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"
    assert.are.equal(("Endpoint=http://127.0.0.1:%d;AccessKey=%s;Version=1.0;"):format(child.port, key),
      child.connection_string)
    assert.is_true(child.port > 0)
  end)

  it("takes a header of 15.9 KB and refuses one of 16.1 KB", function()
    assert.are.equal(200, ask_with_header(math.floor(15.9 * 1024)).status)
    assert.are.equal(200, ask_with_header(16384).status)
    local refused = ask_with_header(16385)
    assert.are.equal(431, refused.status)
    assert.are.equal("Error.Request.Invalid", refused.headers["x-ms-error-code"])
    assert.are.equal(431, ask_with_header(math.floor(16.1 * 1024)).status)
  end)

  it("refuses header fields that are longer than a line may be, and too many of them", function()
    local refused = ask("GET", HEALTH, { headers = { "X-Filler: " .. ("a"):rep(100000) } })
    assert.are.equal(431, refused.status)
    assert.is_truthy(refused.body:find("too long", 1, true))
    local many = {}
    for i = 1, 200 do many[i] = "X-" .. i .. ": 1" end
    assert.are.equal(431, ask("GET", HEALTH, { headers = many }).status)
  end)

  it("takes a token of 4,096 characters in the query and 11 KB of excluded", function()
    local answer = ask("GET", "/client/?hub=chat&id=x&access_token=" .. ("a"):rep(4096))
    assert.are.equal(401, answer.status)
    assert.is_truthy(answer.body:find("Unauthorized", 1, true))
    local one = peer.connect(child)
    local excluded = ("excluded=0123456789abcdef0123456789abcdef&"):rep(262)
    assert.is_true(#excluded > 11000)
    assert.are.equal(202, one:rest("POST", SEND, { query = excluded, body = '{"target":"t","arguments":[]}' }).status)
    one:close()
  end)

  it("refuses a target that is too long", function()
    assert.are.equal(404, ask("GET", "/x?" .. ("a"):rep(12288 - 3)).status)
    assert.are.equal(414, ask("GET", "/x?" .. ("a"):rep(12288 - 2)).status)
    assert.are.equal(414, ask("GET", "/x?" .. ("a"):rep(17000)).status)
    assert.are.equal(414, ask("GET", "/x?" .. ("a"):rep(100000)).status)
  end)

  it("takes a body of 1 MB and refuses one byte more", function()
    local one = peer.connect(child)
    local frame = '{"target":"t","arguments":["%s"]}'
    local largest = frame:format(("a"):rep(1048576 - #frame + 2))
    assert.are.equal(1048576, #largest)
    assert.are.equal(202, one:rest("POST", SEND, { body = largest }).status)
    local refused = one:rest("POST", SEND, { body = largest .. " " })
    assert.are.equal(413, refused.status)
    assert.are.equal("close", refused.headers.connection)
    one:close()
  end)

  it("refuses a body that is announced too large before it is sent", function()
    for _, length in ipairs { "1048577", "99999999999", "99999999999999999999999" } do
      local one = peer.connect(child)
      local answer = one:ask("POST", SEND, { headers = { "Content-Length: " .. length, "Expect: 100-continue" } })
      assert.are.equal(413, answer.status)
      assert.is_truthy(answer.body:find("the body has " .. length .. " bytes", 1, true))
      one:close()
    end
  end)

  it("lets a client that waits for it go on", function()
    local one = peer.connect(child)
    one:request("POST", SEND, { headers = { "Content-Length: 2", "Expect: 100-continue" } })
    assert.are.equal(100, one:head().status)
    one:write("{}")
    assert.are.equal(401, one:answer().status)
    one:close()
  end)

  it("reads chunked bodies, and does not wait for a chunk of 4 GB", function()
    local one = peer.connect(child)
    local headers = { "Transfer-Encoding: chunked", "Authorization: Bearer " .. peer.token(child, SEND),
      "Content-Type: application/json" }
    one:request("POST", SEND .. "?" .. peer.VERSION, { headers = headers })
    one:write('9\r\n{"target"\r\n14;note=x\r\n:"t","arguments":[]}\r\n0\r\n\r\n')
    assert.are.equal(202, one:answer().status)
    one:request("POST", SEND .. "?" .. peer.VERSION, { headers = headers })
    one:write("ffffffff\r\n" .. ("a"):rep(1100000))
    assert.are.equal(413, one:answer().status)
    one:close()
  end)

  it("serves many requests on one connection, and those that come before the answer", function()
    local one = peer.connect(child)
    for _ = 1, 200 do assert.are.equal(200, one:ask("HEAD", HEALTH).status) end
    for _ = 1, 20 do one:request("HEAD", HEALTH) end
    for _ = 1, 20 do assert.are.equal(200, one:answer("HEAD").status) end
    one:close()
  end)

  it("answers what is not HTTP with 400", function()
    for _, bytes in ipairs {
      "RUBBISH\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "\22\3\1\2\0\1\0\1\252\3\3\r\n\r\n",
    } do
      local one = peer.connect(child)
      one:write(bytes)
      assert.are.equal(400, one:answer().status, bytes)
      one:close()
    end
  end)

  it("survives clients that leave at any moment, and does not turn in circles", function()
    for _, bytes in ipairs {
      "", "GE", "GET / HTTP/1.1\r\nHost", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc", "GET /a HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\nabc",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\nabc",
    } do
      local one = peer.connect(child)
      one:write(bytes)
      one:close()
    end
    assert.is_truthy(child:await_log("the client was gone before its request was complete"))
    assert.are.equal(200, ask("HEAD", HEALTH).status)
    assert.are.equal(nil, child:log():find("stack traceback", 1, true))
  end)

  it("lets browsers of every origin in, with credentials", function()
    local asked = "x-requested-with,x-signalr-user-agent,authorization"
    local answer = ask("OPTIONS", "/client/negotiate?hub=chat", { headers = {
      "Origin: http://game.test", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: " .. asked,
    } })
    assert.are.equal(204, answer.status)
    assert.are.equal("http://game.test", answer.headers["access-control-allow-origin"])
    assert.are.equal("true", answer.headers["access-control-allow-credentials"])
    assert.are.equal(asked, answer.headers["access-control-allow-headers"])
    assert.is_truthy(answer.headers["access-control-allow-methods"]:find("POST", 1, true))
    answer = ask("POST", "/client/negotiate?hub=chat", { headers = { "Origin: http://game.test" }, body = "" })
    assert.are.equal(401, answer.status)
    assert.are.equal("http://game.test", answer.headers["access-control-allow-origin"])
    assert.are.equal("Origin", answer.headers.vary)
    assert.are.equal(nil, ask("HEAD", HEALTH).headers["access-control-allow-origin"])
  end)

  it("writes one line for each request, with a hint when nobody was reached", function()
    local before = #child:log()
    local one = peer.connect(child)
    one:rest("POST", "/api/hubs/empty/:send", { body = '{"target":"t","arguments":[]}' })
    one:rest("POST", "/api/hubs/empty/:send", { body = "{" })
    one:close()
    local lines = {}
    for line in child:log():sub(before + 1):gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.are.equal(2, #lines)
    assert.is_truthy(lines[1]:find("^%d%d:%d%d:%d%d%.%d%d%d SignalR_Broadcast 202, 0 receivers, [%d.]+ ms %(hint: "),
      lines[1])
    assert.is_truthy(lines[2]:find("SignalR_Broadcast 400, [%d.]+ ms %(hint: the body is malformed JSON"), lines[2])
  end)

  it("keeps tokens out of its log", function()
    local one = peer.connect(child)
    one:ask("GET", "/client/?hub=chat&access_token=secret.token.here")
    one:close()
    assert.are.equal(nil, child:log():find("secret.token", 1, true))
  end)
end)
