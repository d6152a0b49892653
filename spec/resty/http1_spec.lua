-- SPDX-License-Identifier: MIT
-- The reader of answers, fed by a socket that gives what it is told to, in
-- pieces of every size. It needs no nginx and runs under both interpreters.
local http1 = require "azure.signalr.transport.resty.http1"

-- Gives the text in pieces of `size` bytes, then ends as `ending` says.
local function fake_socket(text, size, ending)
  local at = 1
  return {
    settimeout = function() end,
    receiveany = function(_, max)
      if at > #text then return nil, ending or "closed" end
      local piece = text:sub(at, at + math.min(size, max) - 1)
      at = at + #piece
      return piece
    end,
  }
end

local function read(text, size, how)
  how = how or {}
  local sock = fake_socket(text, size, how.ending)
  return http1.read(sock, function() return 0 end, 10, how.max_response, how.head_only)
end

-- Whatever the pieces, the outcome is the same.
local function outcomes(text, how)
  local first
  for _, size in ipairs { 1, 2, 3, 5, 7, 16, 100000 } do
    local reply, keep, message, silent = read(text, size, how)
    local seen = { kind = keep, message = message, silent = silent }
    if reply then
      seen = { status = reply.status, date = reply.headers.date, headers = reply.headers, body = reply.body,
        keep = keep, truncated = reply.truncated }
    end
    if first then assert.are.same(first, seen, "in pieces of " .. size) end
    first = first or seen
  end
  return first
end

local OK = "HTTP/1.1 200 OK\r\n"
local CHUNKED = OK .. "Transfer-Encoding: chunked\r\n\r\n"

describe("the reader of answers", function()
  it("reads a body of a given length", function()
    local seen = outcomes(OK .. "Content-Length: 5\r\nX-One: a\r\nx-one:\t b \r\n\r\nhello")
    assert.are.equal("hello", seen.body)
    assert.are.equal("a, b", seen.headers["x-one"])
    assert.is_true(seen.keep)
  end)

  it("reads chunks, their extensions and trailers", function()
    local seen = outcomes(OK .. "Transfer-Encoding: Chunked\r\n\r\n4;x=1\r\nwiki\r\nA \r\n0123456789\r\n"
      .. "0\r\nX: y\r\n\r\n")
    assert.are.equal("wiki0123456789", seen.body)
    assert.is_true(seen.keep)
  end)

  it("reads to the end of the connection where no length is given, and lets it go", function()
    local seen = outcomes(OK .. "\r\nall there is")
    assert.are.equal("all there is", seen.body)
    assert.is_false(seen.keep)
    assert.is_nil(seen.truncated)
    seen = outcomes(OK .. "\r\nhalf", { ending = "connection reset by peer" })
    assert.is_true(seen.truncated)
    assert.is_false(seen.keep)
  end)

  it("takes no body after HEAD, 204 and 304, and passes over 1xx", function()
    assert.are.equal("", outcomes(OK .. "Content-Length: 500\r\n\r\n", { head_only = true }).body)
    assert.is_true(outcomes(OK .. "Content-Length: 500\r\n\r\n", { head_only = true }).keep)
    assert.are.equal(204, outcomes("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n").status)
    assert.are.equal(304, outcomes("HTTP/1.1 304 \r\n\r\n").status)
    local seen = outcomes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" .. OK
      .. "Content-Length: 2\r\n\r\nok")
    assert.are.equal("ok", seen.body)
    assert.is_nil(seen.headers.link)
  end)

  it("keeps a connection only when the answer allows it and nothing follows", function()
    local function keeps(text, how) return outcomes(text, how).keep end
    assert.is_false(keeps(OK .. "Connection: close\r\nContent-Length: 0\r\n\r\n"))
    assert.is_false(keeps(OK .. "Connection: x , Close\r\nContent-Length: 0\r\n\r\n"))
    assert.is_true(keeps(OK .. "Connection: closer\r\nContent-Length: 0\r\n\r\n"))
    assert.is_false(keeps("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"))
    assert.is_true(keeps("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"))
    local _, keep = read(OK .. "Content-Length: 1\r\n\r\nabc", 1000)
    assert.is_false(keep)
    _, keep = read(OK .. "Content-Length: 3\r\n\r\nabc", 1000, { head_only = true })
    assert.is_false(keep)
  end)

  it("says that an answer stops short", function()
    local seen = outcomes(OK .. "Content-Length: 10\r\n\r\nhalf")
    assert.are.same({ "half", true, false }, { seen.body, seen.truncated, seen.keep })
    seen = outcomes(OK .. "Transfer-Encoding: chunked\r\n\r\n4\r\nwi")
    assert.are.same({ true, false }, { seen.truncated, seen.keep })
    seen = outcomes(OK .. "Content-Len")
    assert.are.same({ "reset", false }, { seen.kind, seen.silent })
    seen = outcomes("", { ending = "connection reset by peer" })
    assert.are.same({ "reset", true }, { seen.kind, seen.silent })
    seen = outcomes("", { ending = "timeout" })
    assert.are.same({ "timeout", true }, { seen.kind, seen.silent })
    seen = outcomes(OK .. "Content-Length: 10\r\n\r\nhalf", { ending = "timeout" })
    assert.are.equal("timeout", seen.kind)
  end)

  it("reads chunk sizes with leading zeros", function()
    local text = OK .. "Transfer-Encoding: chunked\r\n\r\n" .. ("0"):rep(40) .. "4\r\nwiki\r\n" .. ("0"):rep(40)
      .. "\r\n\r\n"
    assert.are.equal("wiki", outcomes(text).body)
  end)

  -- None of these goes on: what is wrong is known when it has come, and not at the deadline.
  local garbage = {
    ["a status line alone that is none"] = "HTTP/1.1 OK\r\n",
    ["a head whose lines end in a bare line feed"] = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
    ["a status line that ends in a bare line feed"] = "HTTP/1.1 200 OK\n",
    ["a header line that ends in a bare line feed"] = OK .. "Content-Length: 2\n\nok",
    ["a head that ends in a bare line feed"] = OK .. "Content-Length: 2\r\n\nok",
    ["a header line without colon, and no end of the head"] = OK .. "nonsense\r\n",
    ["two lengths, and no end of the head"] = OK .. "Content-Length: 1\r\nContent-Length: 2\r\n",
    ["a chunk size that ends in a bare line feed"] = CHUNKED .. "2\nok\n0\n\n",
    ["a chunk that ends in a bare line feed"] = CHUNKED .. "2\r\nok\n0\r\n\r\n",
    ["chunks whose end has a bare line feed"] = CHUNKED .. "0\n\n",
    ["trailers that end in a bare line feed"] = CHUNKED .. "0\r\nX: y\n\n",
    ["a chunk size that is negative"] = CHUNKED .. "-1\r\n",
    ["a chunk size with a sign of hex"] = CHUNKED .. "0x2\r\nok\r\n0\r\n\r\n",
    ["another protocol"] = "SSH-2.0-OpenSSH_9.2\r\n",
    ["HTTP/2"] = "HTTP/2 200\r\n\r\n",
    ["no status"] = "HTTP/1.1 OK\r\n\r\n",
    ["a status of two digits"] = "HTTP/1.1 20 OK\r\n\r\n",
    ["a status below 100"] = "HTTP/1.1 012 OK\r\n\r\n",
    ["two spaces"] = "HTTP/1.1  200 OK\r\n\r\n",
    ["a bare line feed"] = "HTTP/1.1 200 OK\nX: y\r\n\r\n",
    ["a header without colon"] = OK .. "nonsense\r\n\r\n",
    ["a header without name"] = OK .. ": x\r\n\r\n",
    ["a space in a name"] = OK .. "Content-Length : 1\r\n\r\nx",
    ["a folded line with nothing before it"] = OK .. " b\r\n\r\n",
    ["a folded length"] = OK .. "Content-Length: 1\r\n 2\r\n\r\n",
    ["a zero byte"] = OK .. "X: a\0b\r\n\r\n",
    ["a bare carriage return"] = OK .. "X: a\rb\r\n\r\n",
    ["a length that is none"] = OK .. "Content-Length: 1x\r\n\r\nx",
    ["a negative length"] = OK .. "Content-Length: -1\r\n\r\nx",
    ["two lengths"] = OK .. "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    ["length and chunks"] = OK .. "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ["an unknown encoding"] = OK .. "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ["a chunk without size"] = OK .. "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ["a chunk that is longer than its size"] = OK .. "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    ["a malformed trailer"] = OK .. "Transfer-Encoding: chunked\r\n\r\n0\r\nnonsense\r\n\r\n",
    ["a change of protocol"] = "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
  }
  for name, text in pairs(garbage) do
    it("refuses at once " .. name, function()
      local seen = outcomes(text, { ending = "timeout" })
      assert.are.equal("protocol", seen.kind)
      assert.is_false(seen.silent)
    end)
  end

  it("goes on with the value before a folded line", function()
    assert.are.equal("a   b", read(OK .. "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", 4096).headers["x"])
  end)

  it("refuses noise at once, however much of it follows", function()
    local sock = fake_socket(("\1\2\3"):rep(1000), 10)
    local _, kind = http1.read(sock, function() return 0 end, 10)
    assert.are.equal("protocol", kind)
    assert.are.equal(("\1\2\3"):rep(1000):sub(11, 20), sock:receiveany(100):sub(1, 10))
  end)

  it("holds its ceilings", function()
    local how = { max_response = 10 }
    assert.are.equal("0123456789", outcomes(OK .. "Content-Length: 10\r\n\r\n0123456789", how).body)
    assert.are.equal("too_large", outcomes(OK .. "Content-Length: 11\r\n\r\n01234567890", how).kind)
    assert.are.equal("too_large", outcomes(OK .. "Content-Length: 99999999999999999999\r\n\r\n", how).kind)
    assert.are.equal("too_large", outcomes(OK .. "\r\n01234567890", how).kind)
    assert.are.equal("too_large",
      outcomes(OK .. "Transfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n", how).kind)
    assert.are.equal("too_large",
      outcomes(OK .. "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", how).kind)
    assert.are.equal("too_large", (select(2, read(OK .. "X: " .. ("y"):rep(70000), 4096))))
    assert.are.equal("too_large", (select(2, read(OK .. "X: " .. ("y"):rep(70000) .. "\r\n\r\n", 100000))))
    local interim = ("HTTP/1.1 100 Continue\r\n\r\n"):rep(5000)
    assert.are.equal("protocol", (select(2, read(interim .. OK .. "\r\n", 4096))))
    assert.are.equal("too_large", (select(2, read(CHUNKED .. "1;" .. ("x"):rep(9000), 4096))))
    assert.are.equal("too_large", (select(2, read(CHUNKED .. "0\r\n" .. ("X: y\r\n"):rep(20000) .. "\r\n", 4096))))
  end)

  it("ends at the deadline, however steadily bytes drip in", function()
    local time = 0
    local sock = fake_socket(OK .. "Content-Length: 1000\r\n\r\n" .. ("x"):rep(1000), 1)
    local _, kind = http1.read(sock, function()
      time = time + 1
      return time
    end, 100)
    assert.are.equal("timeout", kind)
  end)

  -- It takes milliseconds; where white space makes it look at everything again and again, minutes.
  it("is quick with headers made to be slow", function()
    local started = os.clock()
    local text = OK .. "X: " .. (" "):rep(30000) .. "y" .. (" "):rep(30000) .. "\r\nContent-Length: 0\r\n\r\n"
    for _ = 1, 10 do assert.are.equal(200, read(text, 4096).status) end
    assert.is_true(os.clock() - started < 20)
  end)

  it("does not take bytes behind a proxy's agreement for TLS", function()
    local function tunnel(text)
      return http1.read_tunnel(fake_socket(text, 10000), function() return 0 end, 10)
    end
    assert.are.equal(200, (tunnel("HTTP/1.0 200 Connection established\r\n\r\n")))
    assert.are.equal(407, (tunnel("HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno")))
    local _, kind = tunnel("HTTP/1.1 200 OK\r\n\r\nmore")
    assert.are.equal("protocol", kind)
  end)
end)
