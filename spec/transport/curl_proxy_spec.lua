-- SPDX-License-Identifier: MIT
-- Proxies: only the one that is named, plain and CONNECT, and what it must not see.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local fetch = support.fetch

support.describe(describe, "curl pool, proxy", function(open)
  local pool, servers

  before_each(function() servers = {} end)
  after_each(function()
    if pool then pool:close() end
    for _, server in ipairs(servers) do server:stop() end
  end)

  local function start(options)
    servers[#servers + 1] = raw_server.start(options)
    return servers[#servers]
  end

  it("takes a plain request whole", function()
    local proxy = start { on_request = "ok(method .. ' ' .. path .. ' ' .. body)" }
    pool = open { proxy = proxy.url }
    local reply = fetch(pool, "http://service.test/a?b", nil, { method = "POST", body = "x" })
    assert.equal("POST http://service.test/a?b x", reply.body)
  end)

  it("makes a tunnel for TLS, kept for later requests, and sees no header of ours", function()
    local server = start { tls = "server" }
    local proxy = start { on_request = "if headers.authorization then close() end tunnel()" }
    pool = open { proxy = proxy.url, ca_file = raw_server.certs() .. "/ca.pem" }
    for i = 1, 3 do
      local reply = assert(fetch(pool, server.url .. "/", "ok(headers.authorization)",
        { headers = { "Authorization: Bearer t" } }))
      assert.same({ "Bearer t", i > 1 }, { reply.body, reply.reused })
      assert.is_nil(reply.headers["connection"])
    end
    assert.same({ 1, 1, 3 }, { proxy:count "open", server:count "open", server:count "request" })
  end)

  it("that refuses, is gone or unknown fails as a proxy failure, with nothing sent", function()
    local target = start { tls = "server" }
    local refusing = start { on_request = support.answer("407 Authenticate", "no") }
    local rude = start { on_request = "close()" }
    for _, proxy in ipairs { refusing.url, rude.url, raw_server.nobody, "http://nowhere.invalid:3128" } do
      pool = open { proxy = proxy, ca_file = raw_server.certs() .. "/ca.pem" }
      local reply, failure = fetch(pool, target.url .. "/", "ok()", { method = "POST", body = "b" })
      assert.is_nil(reply)
      assert.same({ "proxy", "no" }, { failure.kind, failure.sent }, proxy .. ": " .. failure.message)
      pool:close()
    end
    assert.equal(0, target:count "open")
  end)

  it("keeps its credentials out of messages", function()
    local refusing = start { on_request = support.answer("407 Authenticate", "no") }
    pool = open { proxy = refusing.url:gsub("://", "://user:hunter2@", 1) }
    local _, failure = fetch(pool, "https://service.test/", nil)
    assert.equal("proxy", failure.kind)
    assert.is_nil(failure.message:find("hunter2", 1, true))
  end)

  it("of the environment is not used", function()
    local server, proxy = start(), start()
    local script = "local s, c = require 'spec.support.pool', require 'azure.signalr.curl' " ..
      "print(s.fetch(c.pool {}, os.getenv 'URL', 'ok()').status)"
    local out = support.lua({ "-e", script },
      { URL = server.url .. "/", http_proxy = proxy.url, all_proxy = proxy.url })
    assert.equal("200\n", out)
    assert.same({ 0, 1 }, { proxy:count "open", server:count "open" })
  end)
end)
