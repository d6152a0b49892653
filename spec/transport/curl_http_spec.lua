-- SPDX-License-Identifier: MIT
-- What the pool makes of answers, good and bad, over plain HTTP/1.1.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local fetch = support.fetch

support.describe(describe, "curl pool, HTTP/1.1", function(open)
  local server, pool

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)
  before_each(function() pool = open { max_response = 100000, connect_timeout = 2 } end)
  after_each(function() pool:close() end)

  local function url(path) return server.url .. (path or "/") end
  local function write(text)
    local code = ("write(%q)"):format(text):gsub("\\\n", "\\n"):gsub("\r", "\\r")
    return code
  end

  it("sends exactly what it was given", function()
    local script = [[
      local names = {}
      for name in string.gmatch(headers['x-names'], '%S+') do names[#names + 1] = name end
      local out = method .. ' ' .. path .. ' ' .. body
      for _, name in ipairs(names) do out = out .. ' ' .. name .. '=' .. (headers[name] or 'none') end
      ok(out)
    ]]
    local names = "X-Names: accept content-type expect user-agent x-empty authorization content-length"
    local reply = fetch(pool, url("/api/a%20b?x=%2F"), script,
      { method = "POST", body = "hello\0world", headers = { names, "X-Empty:", "Authorization: Bearer t" } })
    assert.equal("POST /api/a%20b?x=%2F hello\0world accept=none content-type=none expect=none user-agent=none " ..
      "x-empty= authorization=Bearer t content-length=11", reply.body)
  end)

  it("knows every verb, with and without a body", function()
    for _, case in ipairs { { "GET" }, { "HEAD" }, { "POST" }, { "POST", "" }, { "POST", "b" }, { "PUT" },
      { "PUT", "b" }, { "DELETE" }, { "DELETE", "b" }, { "PATCH", "b" }, { "OPTIONS" } } do
      local script = "write('HTTP/1.1 200 OK\\r\\nX-Saw: ' .. method .. ' ' .. body .. ' ' .. " ..
        "(headers['content-length'] or '-') .. '\\r\\nContent-Length: 0\\r\\n\\r\\n')"
      local reply = fetch(pool, url(), script, { method = case[1], body = case[2] })
      local length = case[2] and #case[2] or (case[1] == "POST" or case[1] == "PUT") and 0 or "-"
      assert.equal(("%s %s %s"):format(case[1], case[2] or "", length), reply.headers["x-saw"])
    end
    assert.equal(1, pool:stats().opened)
  end)

  it("keeps one connection for requests in turn", function()
    local before = server:count "open"
    for i = 1, 20 do
      local reply = assert(fetch(pool, url(), "ok(tostring(count))"))
      assert.equal(tostring(i), reply.body)
      assert.equal(i > 1, reply.reused)
      assert.is_true(reply.time > 0 and reply.time < 5)
    end
    assert.equal(before + 1, server:count "open")
    local stats = pool:stats()
    assert.same({ 1, 19, 1, 20, 0 }, { stats.opened, stats.reused, stats.handles, stats.finished, stats.in_flight })
  end)

  it("lower-cases header names, joins repeats, unfolds lines", function()
    local reply = fetch(pool, url(), write "HTTP/1.1 200 OK\r\nX-One: 1\r\nx-one:2  \r\nX-ONE:\r\n" ..
      write "X-Fold: a\r\n  b\r\nContent-Length: 0\r\n\r\n")
    assert.equal("1, 2, ", reply.headers["x-one"])
    assert.matches("^a +b$", reply.headers["x-fold"])
    assert.is_nil(reply.headers["X-One"])
  end)

  it("reads chunks, and takes no trailer for a header", function()
    local reply = fetch(pool, url(), write "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: good\r\n\r\n" ..
      write "3\r\nabc\r\n" .. " sleep(0.02) " .. write "4;x=y\r\ndefg\r\n0\r\nX-A: bad\r\nX-B: bad\r\n\r\n")
    assert.equal("abcdefg", reply.body)
    assert.equal("good", reply.headers["x-a"])
    assert.is_nil(reply.headers["x-b"])
    assert.is_true(fetch(pool, url(), "ok()").reused)
  end)

  it("waits for the end of the connection when there is no length", function()
    local reply = fetch(pool, url(), write "HTTP/1.1 200 OK\r\n\r\nall of it" .. " close()")
    assert.equal("all of it", reply.body)
    assert.is_false(fetch(pool, url(), "ok()").reused)
  end)

  it("passes over 1xx answers", function()
    local reply = fetch(pool, url(), write "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n" ..
      write "HTTP/1.1 103 Early Hints\r\nX-Early: 2\r\n\r\n" .. write "HTTP/1.1 201 Made\r\nContent-Length: 1\r\n\r\nx")
    assert.equal(201, reply.status)
    assert.equal("x", reply.body)
    assert.is_nil(reply.headers["x-early"])
  end)

  it("expects no body after HEAD, 204 and 304", function()
    local limit = { method = "HEAD", max_response = 10 }
    local reply = fetch(pool, url(), write "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", limit)
    assert.same({ 200, "" }, { reply.status, reply.body })
    for _, status in ipairs { "204 No Content", "304 Not Modified" } do
      reply = fetch(pool, url(), write("HTTP/1.1 " .. status .. "\r\n\r\n"))
      assert.same({ tonumber(status:sub(1, 3)), "" }, { reply.status, reply.body })
    end
    assert.equal(1, pool:stats().opened)
  end)

  it("does not follow redirects", function()
    local before = server:count "request"
    local reply = fetch(pool, url(), write("HTTP/1.1 301 Moved\r\nLocation: " .. server.url ..
      "/other\r\nContent-Length: 0\r\n\r\n"), { method = "POST", body = "b" })
    assert.equal(301, reply.status)
    assert.equal(server.url .. "/other", reply.headers.location)
    assert.equal(before + 1, server:count "request")
  end)

  describe("answers that are no answers", function()
    local function failing(script, more)
      local reply, failure = fetch(pool, url(), script, more)
      assert.is_nil(reply)
      assert.is_string(failure.message)
      assert.is_true(assert(fetch(pool, url(), "ok()")).body == "")
      return failure.kind, failure.sent
    end

    it("refuses garbage", function()
      for _, text in ipairs { "garbage\r\n\r\n", "\0\1\2\3\r\n\r\n", "SSH-2.0-x\r\n", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" } do
        local kind, sent = failing(write(text) .. " close()")
        assert.same({ "protocol", "maybe" }, { kind, sent }, text)
      end
    end)

    it("refuses lengths and chunks that are wrong", function()
      local head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      local kind = failing(write(head .. "zz\r\n") .. " close()")
      assert.equal("protocol", kind)
      kind = failing(write "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" .. " close()")
      assert.equal("protocol", kind)
    end)

    it("tells a connection that ends before, in and after the head", function()
      for _, text in ipairs { "", "HTTP/1.1 200 OK\r\nX-Half: 1", "HTTP/1.1 200 OK\r\n" } do
        local kind, sent = failing(write(text) .. " close()")
        assert.same({ "reset", "maybe" }, { kind, sent }, text)
      end
    end)

    it("fails a GET whose body is cut short", function()
      local kind = failing(write "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc" .. " close()")
      assert.equal("reset", kind)
      kind = failing(write "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab" .. " close()")
      assert.equal("reset", kind)
    end)

    it("has a ceiling for bodies, announced or not", function()
      local big = "write(string.rep('x', 6000))"
      local kind = failing("write('HTTP/1.1 200 OK\\r\\nContent-Length: 6000\\r\\n\\r\\n') " .. big,
        { max_response = 5999 })
      assert.equal("too_large", kind)
      kind = failing("write('HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n1770\\r\\n') " .. big ..
        " write('\\r\\n0\\r\\n\\r\\n')", { max_response = 5999 })
      assert.equal("too_large", kind)
      kind = failing("write('HTTP/1.1 200 OK\\r\\nContent-Length: 9999999999\\r\\n\\r\\n')")
      assert.equal("too_large", kind)
      local reply = fetch(pool, url(), "ok(string.rep('x', 6000))", { max_response = 6000 })
      assert.equal(6000, #reply.body)
      reply = fetch(pool, url(), "ok(string.rep('x', 100000))")
      assert.equal(100000, #reply.body)
    end)

    it("has a ceiling for heads, in one line and in many", function()
      local kind = failing("write('HTTP/1.1 200 OK\\r\\nX-Big: ' .. string.rep('x', 70000) .. '\\r\\n\\r\\n')")
      assert.equal("too_large", kind)
      kind = failing("write('HTTP/1.1 200 OK\\r\\n' .. " ..
        "string.rep('X-Big: ' .. string.rep('x', 90) .. '\\r\\n', 1000) .. '\\r\\n')")
      assert.equal("too_large", kind)
      local reply = fetch(pool, url(), "write('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nX-Big: ' .. " ..
        "string.rep('x', 60000) .. '\\r\\n\\r\\n')")
      assert.equal(60000, #reply.headers["x-big"])
    end)
  end)

  describe("an answer whose connection then breaks", function()
    local body = ("x"):rep(3000000)

    it("is an answer when it came before the body was read", function()
      for _, status in ipairs { "401 Unauthorized", "413 Too Large", "503 Busy" } do
        local own = open {} -- the sockets' buffers may hold the whole body, and then the connection is kept
        local reply = assert(fetch(own, url(), support.answer(status, "because") .. " sleep(0.05) close()",
          { method = "POST", body = body, headers = { "X-Body: unread" } }))
        assert.equal(tonumber(status:sub(1, 3)), reply.status)
        own:close()
      end
    end)

    it("is an answer to a POST even if its body is cut short, and says so", function()
      local script = write "HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nabc" .. " close()"
      local reply = assert(fetch(pool, url(), script, { method = "POST", body = "b" }))
      assert.same({ 202, "abc", true }, { reply.status, reply.body, reply.truncated })
      assert.is_nil(fetch(pool, url(), "ok()").truncated)
    end)
  end)
end)
