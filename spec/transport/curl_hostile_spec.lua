-- SPDX-License-Identifier: MIT
-- Servers and networks that do what they should not, plain and over TLS.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local fetch = support.fetch

local function open_all(pool, url, n, script, more)
  local tickets = {}
  for i = 1, n do tickets[i] = assert(pool:submit(support.request(url, script, more))) end
  return tickets
end

local function run(pool)
  while pool:step(1) > 0 do end
end

for _, tls in ipairs { false, "server" } do
  local title = "curl pool, hostile peers" .. (tls and ", TLS" or "")
  support.describe(describe, title, function(open)
    local server, pool

    local function start(options)
      options.tls = tls or nil
      server = raw_server.start(options)
      return server.url .. "/"
    end
    before_each(function() pool = open { ca_file = raw_server.certs() .. "/ca.pem", max_response = 2 ^ 26 } end)
    after_each(function()
      pool:close()
      server:stop()
    end)

    it("does not take a broken connection for the end of an answer", function()
      local url = start {}
      local cut = "write('HTTP/1.1 200 OK\\r\\n\\r\\nhalf') hold('read') reset()"
      local function cut_off(method, n)
        local ticket = pool:submit(support.request(url, (cut:gsub("read", "read" .. n)), { method = method }))
        while server:count "request" < n do pool:step(0.01) end
        for _ = 1, 10 do pool:step(0.01) end
        server:release("read" .. n)
        repeat until pool:wait(ticket, 30)
        return pool:collect(ticket)
      end
      local reply, failure = cut_off("GET", 1)
      assert.is_nil(reply)
      assert.same({ "reset", "maybe" }, { failure.kind, failure.sent })
      assert.is_true(assert(cut_off("POST", 2)).truncated)
    end)

    it("sends and reads whole what the other side takes in pieces", function()
      local url = start { on_connect = "hold('read')" }
      local body = {}
      for i = 1, 2000000 do body[i] = ("%09d\n"):format(i) end -- more than the system's buffers take
      body = table.concat(body)
      local ticket = pool:submit(support.request(url, "ok(body)", { method = "POST", body = body, timeout = 60 }))
      for _ = 1, 20 do pool:step(0.01) end
      server:release "read"
      repeat until pool:wait(ticket, 60)
      assert.is_true(assert(pool:collect(ticket)).body == body)
    end)

    it("reads an answer that comes byte by byte", function()
      local url = start {}
      local script = [[
        local text, i = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', 0
        while i < #text do i = i + 1 write(string.sub(text, i, i)) sleep(0) end
      ]]
      for _ = 1, 3 do assert.equal("abc", assert(fetch(pool, url, (script:gsub("\\", "\\")))).body) end
      assert.equal(1, pool:stats().opened)
    end)

    it("does not read a body that a 204 has no right to as the next answer", function()
      local url = start {}
      local script = "write('HTTP/1.1 204 Fine\\r\\nContent-Length: 4\\r\\n\\r\\n') sleep(0.05) write('half')"
      assert.equal(204, assert(fetch(pool, url, script)).status)
      assert.equal(200, assert(fetch(pool, url, "ok()", { method = "POST" })).status)
    end)

    it("gives no request to a connection to which somebody spoke while it was idle", function()
      local url = start {}
      local second = "ok('a') write('HTTP/1.1 200 OK\\r\\nContent-Length: 3\\r\\n\\r\\nbad') close()"
      assert.equal("a", assert(fetch(pool, url, second)).body)
      assert.equal(1, server:await("close", 1))
      local reply = assert(fetch(pool, url, "ok('b')", { method = "POST", body = "x" }))
      assert.same({ "b", false }, { reply.body, reply.reused })
    end)

    it("ends an endless head, body and flood of 1xx", function()
      local url = start {}
      local function endless(first, piece)
        local script = ("write('HTTP/1.1 %s') while true do write(string.rep('%s', 50)) end"):format(first, piece)
        return select(2, fetch(pool, url, script, { max_response = 100000 })).kind
      end
      assert.equal("too_large", endless("200 OK\\r\\n", "X-A: b\\r\\n"))
      assert.equal("too_large", endless("200 OK\\r\\n\\r\\n", "body"))
      assert.equal("too_large", endless("200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n", "4\\r\\nbody\\r\\n"))
      assert.equal("protocol", endless("100 Continue\\r\\n\\r\\n", "HTTP/1.1 100 Continue\\r\\n\\r\\n"))
      assert.equal("protocol", endless("101 Switching\\r\\n\\r\\n", "x"))
      assert.equal(0, pool:stats().handles)
    end)

    it("sends nothing over a connection that ended before anything was sent on it", function()
      local url = start { on_connect = "hold('end') close()" }
      local first = pool:submit(support.request(url, "ok()"))
      while server:count "open" == 0 do pool:step(0.01) end
      for _ = 1, 10 do pool:step(0.01) end
      assert.is_true(pool:cancel(first))
      repeat until pool:wait(first, 30)
      assert.equal("cancelled", select(2, pool:collect(first)).kind)
      server:release "end"
      assert.equal(1, server:await("close", 1))
      local reply, failure = fetch(pool, url, "ok()", { method = "POST", timeout = 0.5 })
      assert.is_nil(reply)
      assert.same({ "reset", 0 }, { failure.kind, server:count "request" })
    end)

    it("ends all that wait for a server that lets nobody in", function()
      local url = start { on_connect = "hold('never')" }
      pool:close()
      pool = open { ca_file = raw_server.certs() .. "/ca.pem", connect_timeout = 0.3, max_connections = 64 }
      local tickets = open_all(pool, url, 64, "ok()", { timeout = 1 })
      run(pool)
      for _, ticket in ipairs(tickets) do
        local reply, failure = pool:collect(ticket)
        assert.is_nil(reply)
        assert.equal("timeout", failure.kind)
      end
    end)
  end)
end

support.describe(describe, "curl pool, several origins", function(open)
  local first, second

  setup(function() first, second = raw_server.start(), raw_server.start() end)
  teardown(function()
    first:stop()
    second:stop()
  end)

  it("lets none starve when all connections are taken", function()
    local pool = open { max_connections = 1 }
    local order = {}
    for _ = 1, 20 do pool:submit(support.request(first.url .. "/", "ok()", { timeout = 30 })) end
    local other = pool:submit(support.request(second.url .. "/", "ok()", { timeout = 30 }))
    for _ = 1, 20 do pool:submit(support.request(first.url .. "/", "ok()", { timeout = 30 })) end
    while #order < 41 do
      pool:step(1)
      for ticket in function() return pool:poll_finished() end do
        assert(pool:collect(ticket))
        order[#order + 1] = ticket == other and "other" or "busy"
      end
    end
    local at
    for i, who in ipairs(order) do at = who == "other" and i or at end
    assert.equal(21, at)
    pool:close()
  end)

  it("is not held up by one that does not answer", function()
    local silent = raw_server.start { on_connect = "hold('never')" } -- no TLS: the handshake never ends
    local pool = open { connect_timeout = 20 }
    local held = open_all(pool, "https://127.0.0.1:" .. silent.port .. "/", 64, "ok()", { timeout = 60 })
    for _ = 1, 10 do pool:step(0.01) end
    assert.equal(200, assert(fetch(pool, first.url .. "/", "ok()")).status)
    assert.is_true(pool:in_flight() >= #held)
    pool:close()
    silent:stop()
  end)

  it("ends all at once that wait for handshakes which never end", function()
    local silent = raw_server.start { on_connect = "hold('never')" }
    local pool = open { connect_timeout = 0.5 }
    local held = open_all(pool, "https://127.0.0.1:" .. silent.port .. "/", 64, "ok()", { timeout = 60 })
    run(pool)
    for _, ticket in ipairs(held) do
      local _, failure = pool:collect(ticket)
      assert.same({ "timeout", "no" }, { failure.kind, failure.sent }, failure.message)
    end
    -- one round of dials, not one after the other
    assert.is_true(silent:count "open" <= 12, silent:count "open")
    pool:close()
    silent:stop()
  end)
end)
