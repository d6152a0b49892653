-- SPDX-License-Identifier: MIT
-- What the pool says about what was written, and that it writes no request twice behind its user's back.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local fetch = support.fetch

support.describe(describe, "curl pool, what was sent", function(open)
  local server, pool

  after_each(function()
    if server then server:stop() end
    pool:close()
    server = nil
  end)

  local function failing(kind, sent, ...)
    local reply, failure = fetch(pool, ...)
    assert.is_nil(reply)
    assert.same({ kind, sent }, { failure.kind, failure.sent }, failure.message)
    return failure.message
  end

  it("is nothing when the name or the connection failed", function()
    pool = open {}
    failing("dns", "no", "http://nowhere.invalid/", nil, { method = "POST", body = "b" })
    server = raw_server.start()
    local url = server.url
    server:stop()
    failing("connect", "no", url .. "/", nil, { method = "POST", body = "b" })
  end)

  -- The server takes the second request of a connection and dies without an answer. libcurl, left to itself, would
  -- send the request again on a new connection.
  local DIES_AT_SECOND = "if count == 2 then close() end ok(tostring(count))"

  for _, tls in ipairs { false, "server" } do
    local title = tls and " over TLS" or ""

    it("is not repeated when a kept connection dies under a POST" .. title, function()
      server = raw_server.start { on_request = DIES_AT_SECOND, tls = tls or nil }
      pool = open { ca_file = tls and raw_server.certs() .. "/ca.pem" or nil }
      for _, body in ipairs { "small", ("x"):rep(100000) } do
        local before = server:count "request"
        local post = { method = "POST", body = body }
        assert.equal("1", fetch(pool, server.url .. "/", nil, post).body)
        failing("reset", "maybe", server.url .. "/", nil, post)
        assert.equal(before + 2, server:await("request", before + 2))
      end
      assert.equal("1", fetch(pool, server.url .. "/", nil, { method = "POST", body = "b" }).body)
      assert.equal(5, server:await("request", 5))
    end)
  end

  it("is repeated where that does no harm: for a GET, and when the caller says so", function()
    server = raw_server.start { on_request = DIES_AT_SECOND }
    for _, more in ipairs { {}, { method = "DELETE", repeats = "safe" } } do
      pool = open {}
      local before = server:count "request"
      assert.equal("1", fetch(pool, server.url .. "/", nil, more).body)
      assert.equal("1", fetch(pool, server.url .. "/", nil, more).body)
      assert.equal(before + 3, server:await("request", before + 3))
      pool:close()
    end
    pool = open {}
    local never = { repeats = "undone" }
    assert.equal("1", fetch(pool, server.url .. "/", nil, never).body)
    failing("reset", "maybe", server.url .. "/", nil, never)
  end)

  it("goes out once on a new connection when the kept one was closed in between", function()
    server = raw_server.start { on_request = "ok(tostring(count)) close()" }
    pool = open {}
    for i = 1, 5 do
      assert.equal("1", fetch(pool, server.url .. "/", nil, { method = "POST", body = "b" }).body)
      assert.equal(i, server:await("close", i))
    end
    assert.equal(5, server:await("request", 5))
  end)

  it("stays maybe when the connection after the broken one cannot be made", function()
    server = raw_server.start { on_request = "if count == 2 then sleep(60) end ok()" }
    pool = open {}
    assert.equal(200, fetch(pool, server.url .. "/").status)
    local ticket = pool:submit(support.request(server.url .. "/"))
    while server:count "request" < 2 do pool:step(0.01) end
    server:stop()
    assert.is_true(pool:wait(ticket, 60))
    local reply, failure = pool:collect(ticket)
    assert.is_nil(reply)
    assert.same({ "reset", "maybe" }, { failure.kind, failure.sent }, failure.message)
  end)
end)
