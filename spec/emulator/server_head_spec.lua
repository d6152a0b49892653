-- SPDX-License-Identifier: MIT
-- Heads of requests that no honest client sends: smuggled lengths, missing names of the host, fields without end.
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"

local HEALTH = "/api/health?" .. peer.VERSION
local SEND = "/api/hubs/chat/:send"

describe("the emulator's server", function()
  local child
  setup(function() child = emulator.start() end)
  teardown(function() child:stop() end)

  -- What a request of these lines gets; its body, and whether the connection ended then.
  local function raw(lines, body)
    local one = peer.connect(child)
    one:write(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (body or ""))
    local answer = one:answer()
    local ended = answer and answer.headers.connection == "close" and one:ended()
    one:close()
    return answer, ended
  end

  local function assert_refused(status, words, lines, body)
    local answer, ended = raw(lines, body)
    assert.is_truthy(answer, lines[2])
    assert.are.equal(status, answer.status, lines[2] .. " " .. answer.body)
    assert.is_truthy(answer.body:find(words, 1, true), answer.body)
    assert.are.equal("Error.Request.Invalid", answer.headers["x-ms-error-code"])
    assert.is_true(ended)
  end

  it("refuses a body whose length is said in two ways, because one of them lies", function()
    for _, fields in ipairs {
      { "Content-Length: 5", "Transfer-Encoding: chunked" }, { "Transfer-Encoding: chunked", "Content-Length: 0" },
    } do
      assert_refused(400, "do not go together",
        { "POST " .. SEND .. " HTTP/1.1", "Host: a", fields[1], fields[2] }, "0\r\n\r\n")
    end
    for _, length in ipairs { "5, 5", "5,6", "+5", "0x5", "5 5", "" } do
      local answer = raw { "POST " .. SEND .. " HTTP/1.1", "Host: a", "Content-Length: " .. length }
      assert.are.equal(400, answer.status, length)
    end
    assert_refused(400, "not a number", { "POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 5" })
    assert_refused(400, "HTTP/1.0", { "POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked" }, "0\r\n\r\n")
  end)

  it("wants one Host, which is a name or an address", function()
    local line = "HEAD " .. HEALTH .. " HTTP/1.1"
    assert_refused(400, "no Host", { "GET /x HTTP/1.1", "X-A: 1" })
    assert_refused(400, "two Host", { "GET /x HTTP/1.1", "Host: a", "Host: a" })
    for _, host in ipairs { "a b", "a/b", "a\\b", "me@a", "a:b", "[::1", 'a"b', "" } do
      assert_refused(400, "no name or address", { "GET /x HTTP/1.1", "Host: " .. host })
    end
    for _, host in ipairs { "a", "A.b-c_d:80", "127.0.0.1:8888", "[::1]", "[::1]:8888", "a:" } do
      assert.are.equal(200, raw({ line, "Host: " .. host }).status, host)
    end
    assert.are.equal(200, raw({ "GET " .. HEALTH .. " HTTP/1.0", "X-A: 1" }).status)
  end)

  it("refuses control characters in a field, and what is no field", function()
    for _, value in ipairs { "a\0b", "\1", "a\127", "a\27[31m", "a\rb" } do
      assert_refused(400, "X-Field has a control character", { "GET /x HTTP/1.1", "Host: a", "X-Field: " .. value })
    end
    for _, field in ipairs { "X Field: a", "X-Field : a", ": a", "X-Field", " folded: a", "X\0: a", "(x): a" } do
      assert_refused(400, "no proper name", { "GET /x HTTP/1.1", "Host: a", field })
    end
    assert_refused(400, "CR LF", { "GET /x HTTP/1.1", "Host: a", "X-Field: a\nX-Other: b" })
    assert.are.equal(200, raw({ "HEAD " .. HEALTH .. " HTTP/1.1", "Host:\ta \t ", "X-Field:", "Y: \t\195\164" }).status)
  end)

  it("stops reading a head that does not end", function()
    local one = peer.connect(child)
    one:write("GET /x HTTP/1.1\r\nHost: a\r\n")
    local field = "X: " .. ("a"):rep(1000) .. "\r\n"
    for _ = 1, 60 do one:write(field) end
    local answer = one:answer()
    assert.are.equal(431, answer.status)
    assert.is_truthy(answer.body:find("too long", 1, true), answer.body)
    one:close()
  end)

  it("looks at a field of blanks once", function()
    -- each of them took seconds, in which nobody else was served
    for _ = 1, 20 do
      local answer = raw { "HEAD " .. HEALTH .. " HTTP/1.1", "Host: a", "X-Field: a" .. (" "):rep(16000) .. "b" }
      assert.are.equal(200, answer.status)
    end
  end)

  it("takes chunk sizes with zeros before them, and none that are too long", function()
    local one = peer.connect(child)
    local fields = { "Transfer-Encoding: chunked", "Authorization: Bearer " .. peer.token(child, SEND),
      "Content-Type: application/json" }
    one:request("POST", SEND .. "?" .. peer.VERSION, { headers = fields })
    one:write('0000000000000e\r\n{"target":"t"}\r\n000\r\n\r\n')
    assert.are.equal(202, one:answer().status)
    one:request("POST", SEND .. "?" .. peer.VERSION, { headers = fields })
    one:write("e;" .. ("x"):rep(2000) .. "\r\n")
    local answer = one:answer()
    assert.are.equal(400, answer.status)
    assert.is_truthy(answer.body:find("no chunk's size", 1, true), answer.body)
    one:close()
  end)

  it("answers a thousand requests that were sent ahead, in their order", function()
    local one = peer.connect(child)
    local parts = {}
    for i = 1, 1000 do parts[i] = ("GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"):format(i) end
    one:write(table.concat(parts))
    for i = 1, 1000 do
      local answer = one:answer()
      assert.are.equal(404, answer.status)
      assert.is_truthy(answer.body:find("has the path /" .. i .. '"', 1, true), answer.body)
    end
    one:close()
  end)

  it("cuts what is long in its log, and lets nobody begin a line of it", function()
    local before = #child:log()
    local one = peer.connect(child)
    one:ask("GET", "/" .. ("x"):rep(10000))
    one:rest("POST", "/api/hubs/chat/users/a%0A12:00:00.000%20SignalR_Broadcast%20202%1B%5B2J%C2%9B%E2%80%AE/:send",
      { body = '{"target":"t"}' })
    one:ask(("A"):rep(9000), "/x")
    one:close()
    local lines = {}
    for line in child:log():sub(before + 1):gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.are.equal(3, #lines)
    for _, line in ipairs(lines) do
      assert.is_true(#line < 900, #line)
      assert.is_nil(line:find("[%z\1-\31\127]"))
      assert.is_nil(line:find("\194\155", 1, true) or line:find("\226\128\174", 1, true))
    end
    assert.is_truthy(lines[1]:find("x... (10005 bytes) 404", 1, true), lines[1])
    assert.is_truthy(lines[2]:find("SignalR_SendToUser 202, 0 receivers", 1, true), lines[2])
    assert.is_truthy(lines[2]:find("user 'a?12:00:00", 1, true) or lines[2]:find("no connection", 1, true), lines[2])
  end)
end)

describe("the emulator's control endpoint", function()
  local child
  setup(function() child = emulator.start("--control", "--endpoint", "http://signalr.test:8888") end)
  teardown(function() child:stop() end)

  local PATH = "/__control/faults"
  local function ask(method, ...)
    local one = peer.connect(child)
    local lines = { method .. " " .. PATH .. " HTTP/1.1", ... }
    local body = method == "POST" and '{"status":503,"match":"/nowhere"}' or ""
    lines[#lines + 1] = "Content-Length: " .. #body
    one:write(table.concat(lines, "\r\n") .. "\r\n\r\n" .. body)
    local answer = one:answer()
    one:close()
    return answer
  end

  it("refuses what a web page can send, and tells it nothing", function()
    for _, field in ipairs { "Origin: http://evil.test", "Origin: null", "Origin: http://localhost:3000",
      "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-origin" } do
      for _, method in ipairs { "POST", "GET", "DELETE", "OPTIONS" } do
        local answer = ask(method, "Host: 127.0.0.1:" .. child.port, field, "Access-Control-Request-Method: POST")
        assert.are.equal(403, answer.status, method .. " " .. field)
        assert.is_truthy(answer.body:find("web page", 1, true))
        assert.is_nil(answer.headers["access-control-allow-origin"])
      end
    end
    assert.are.equal("[]", ask("GET", "Host: localhost").body)
  end)

  it("refuses a name that somebody made resolve to this machine", function()
    for _, host in ipairs { "evil.test", "evil.test:" .. child.port, "localhost.evil.test", "127.0.0.1.evil.test" } do
      local answer = ask("POST", "Host: " .. host)
      assert.are.equal(403, answer.status, host)
      assert.is_truthy(answer.body:find("its Host is '" .. host .. "'", 1, true), answer.body)
    end
    assert.are.equal("[]", ask("GET", "Host: localhost").body)
  end)

  it("takes programs that call it by an address, localhost, or a name it was told", function()
    for _, host in ipairs { "127.0.0.1", "localhost:1", "LOCALHOST", "a.localhost", "[::1]:8888", "10.1.2.3",
      "signalr.test:8888", "signalr.test" } do
      assert.are.equal(204, ask("POST", "Host: " .. host).status, host)
    end
    assert.are.equal(204, ask("DELETE", "Host: localhost", "Sec-Fetch-Site: none").status)
  end)
end)
