-- SPDX-License-Identifier: MIT
-- TLS: who is trusted, who is not, and that connections and sessions are kept.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local fetch = support.fetch

support.describe(describe, "curl pool, TLS", function(open)
  local server, certs, pool

  setup(function()
    certs = raw_server.certs()
    server = raw_server.start { tls = "server" }
  end)
  teardown(function() server:stop() end)
  after_each(function() pool:close() end)

  local function refused(target, options)
    pool = open(options)
    local reply, failure = fetch(pool, target .. "/", "ok()", { method = "POST", body = "secret" })
    assert.is_nil(reply)
    assert.same({ "tls", "no" }, { failure.kind, failure.sent }, failure.message)
    return failure.message
  end

  it("trusts the CA that is named, by file and by directory", function()
    for _, options in ipairs { { ca_file = certs .. "/ca.pem" }, { ca_path = certs .. "/hash" } } do
      pool = open(options)
      assert.equal("a", fetch(pool, server.url .. "/", "ok('a')").body)
      assert.is_true(fetch(pool, server.url .. "/", "ok('a')").reused)
      assert.equal("b", fetch(pool, "https://localhost:" .. server.port .. "/", "ok('b')").body)
      pool:close()
    end
  end)

  it("refuses an unknown CA", function()
    assert.matches("certificate", refused(server.url, {}))
    pool:close()
    refused(server.url, { ca_file = certs .. "/other-ca.pem" })
  end)

  it("refuses another host's certificate and one that has expired", function()
    for _, name in ipairs { "wrong-host", "expired" } do
      local bad = raw_server.start { tls = name }
      refused(bad.url, { ca_file = certs .. "/ca.pem" })
      assert.equal(0, bad:count "request")
      pool:close()
      pool = open { verify = false }
      assert.equal(200, fetch(pool, bad.url .. "/", "ok()").status)
      pool:close()
      bad:stop()
    end
  end)

  it("refuses a CA file that is not there, and a server that does not speak TLS", function()
    assert.matches("certificate file", refused(server.url, { ca_file = certs .. "/none.pem" }))
    pool:close()
    local plain = raw_server.start { on_connect = "write('HTTP/1.1 400 Bad\\r\\n\\r\\n') close()" }
    refused((plain.url:gsub("^http:", "https:")), {})
    plain:stop()
  end)

  it("fails as a TLS failure when the connection breaks in the handshake", function()
    local broken = raw_server.start { on_connect = "close()" }
    refused((broken.url:gsub("^http:", "https:")), {})
    broken:stop()
  end)

  it("runs 200 requests over few connections", function()
    pool = open { ca_file = certs .. "/ca.pem", max_connections = 4 }
    local tickets = {}
    for i = 1, 200 do tickets[i] = pool:submit(support.request(server.url .. "/", "ok('" .. i .. "')")) end
    while pool:step(1) > 0 do end
    for i = 1, 200 do assert.equal(tostring(i), pool:collect(tickets[i]).body) end
    assert.is_true(pool:stats().opened <= 4)
  end)

  it("carries a megabyte up and down", function()
    pool = open { ca_file = certs .. "/ca.pem" }
    local body = {}
    for i = 1, 100000 do body[i] = ("%09d\n"):format(i) end
    body = table.concat(body)
    assert.is_true(body == fetch(pool, server.url .. "/", "ok(body)", { method = "POST", body = body }).body)
  end)

  it("survives a connection that is reset under a large body", function()
    pool = open { ca_file = certs .. "/ca.pem" }
    local reply, failure = fetch(pool, server.url .. "/", "close()",
      { method = "POST", body = ("x"):rep(5000000), headers = { "X-Body: unread" } })
    assert.is_nil(reply)
    assert.same({ "reset", "maybe" }, { failure.kind, failure.sent }, failure.message)
    assert.equal(200, fetch(pool, server.url .. "/", "ok()").status)
  end)
end)
