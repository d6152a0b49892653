-- SPDX-License-Identifier: MIT
-- TLS and proxies in a real nginx.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cjson = require "cjson"
local posix = require "spec.support.posix"
local process = require "spec.support.process"
local raw_server = require "spec.support.raw_server"

local web

local function send(given)
  local status, body = web:get("/send", { method = "POST", body = cjson.encode(given) })
  assert.are.equal(200, status, body .. web:log())
  return cjson.decode(body)
end

-- The certificates are made out to localhost.
local function by_name(server) return (server.url:gsub("^https?://127%.0%.0%.1", "https://localhost")) .. "/" end

local CAUSES = { "lua_ssl_trusted_certificate", "/etc/ssl/certs/ca-certificates.crt", "lua_ssl_verify_depth" }

local function started(options)
  local server = raw_server.start(options)
  finally(function() server:stop() end)
  return server
end

describe("TLS inside nginx", function()
  local certs

  setup(function()
    certs = raw_server.certs()
    web = nginx.start { workers = 1, server = ([[
      location /send {
        lua_ssl_trusted_certificate $top/%s/ca.pem;
        content_by_lua_block { require("spec.resty.wire").handle() }
      }
      location /nobody { content_by_lua_block { require("spec.resty.wire").handle() } }]]):format(certs) }
  end)
  teardown(function() web:stop() end)

  it("verifies, and skips the handshake on a kept connection", function()
    local server = started { tls = "server" }
    for i = 1, 3 do
      local said = send { url = by_name(server), headers = { "X-Script: ok('tls')" } }
      assert.are.equal("tls", said.reply and said.reply.body, cjson.encode(said))
      assert.are.equal(i > 1, said.reply.reused)
    end
  end)

  it("takes a name with the dot of name servers at its end", function()
    local server = started { tls = "server" }
    local said = send { url = by_name(server):gsub("localhost", "localhost.", 1), headers = { "X-Script: ok('tls')" } }
    assert.are.equal("tls", said.reply and said.reply.body, cjson.encode(said))
  end)

  it("names the directives when nginx trusts nobody", function()
    local server = started { tls = "server" }
    local _, body = web:get("/nobody", { method = "POST", body = cjson.encode { url = by_name(server) } })
    local f = cjson.decode(body).failure
    assert.are.same({ "tls", "no" }, { f.kind, f.sent })
    for _, cause in ipairs(CAUSES) do assert.truthy(f.message:find(cause, 1, true), f.message) end
  end)

  local function refused(name, url, pattern)
    local server = started { tls = name }
    local f = send { url = url and server.url .. "/" or by_name(server) }.failure
    assert.are.same({ "tls", "no" }, { f.kind, f.sent })
    assert.truthy(f.message:find(pattern), f.message)
    assert.are.equal(0, server:count("request"))
  end

  it("refuses an expired certificate", function() refused("expired", nil, "time is over") end)
  it("refuses another name's certificate", function() refused("wrong-host", nil, "not made out to localhost") end)
  it("says that nginx compares no IP addresses", function() refused("server", "ip", "not IP addresses") end)

  it("verifies nothing when told so by name, in a pool of its own", function()
    local server = started { tls = "wrong-host" }
    local said = send { url = by_name(server), transport = "unverified", options = { verify = false } }
    assert.are.equal(200, said.reply and said.reply.status, cjson.encode(said))
    said = send { url = by_name(server) }
    assert.are.equal("tls", said.failure.kind, cjson.encode(said))
  end)

  it("says what it is when the other side speaks no TLS", function()
    local server = started()
    local f = send { url = by_name(server) }.failure
    assert.are.equal("tls", f.kind)
    assert.truthy(f.message:find("may not speak TLS", 1, true))
  end)

  it("gives up a handshake that does not end", function()
    local server = started { on_connect = "sleep(5)" }
    local f = send { url = by_name(server), timeout = 0.2 }.failure
    assert.are.same({ "timeout", "no" }, { f.kind, f.sent })
  end)
end)

-- Where the peer answers before nginx has looked for its answer, some versions of the Lua module do not tell why they
-- refuse a certificate.
describe("TLS inside nginx, on a machine where the peer runs first", function()
  setup(function()
    local certs = raw_server.certs()
    web = nginx.start { workers = 1, preload = posix.preload("patient"), server = ([[
      location /send {
        lua_ssl_trusted_certificate $top/%s/ca.pem;
        content_by_lua_block { require("spec.resty.wire").handle() }
      }
      location /nobody { content_by_lua_block { require("spec.resty.wire").handle() } }]]):format(certs) }
  end)
  teardown(function() web:stop() end)

  local certificates = {
    { name = "server", path = "/nobody", parts = CAUSES },
    { name = "expired", path = "/send", parts = { "time is over" } },
    { name = "wrong-host", path = "/send", parts = { "not made out to localhost" } },
  }
  for _, one in ipairs(certificates) do
    it(("names the cause, or all of them with the directives: %s, %s"):format(one.name, one.path), function()
      local server = started { tls = one.name }
      local status, body = web:get(one.path, { method = "POST", body = cjson.encode { url = by_name(server) } })
      assert.are.equal(200, status, body)
      local f = cjson.decode(body).failure
      assert.are.same({ "tls", "no" }, { f.kind, f.sent })
      local parts = { unpack(one.parts) }
      if f.message:find("usual causes", 1, true) then
        for _, each in ipairs(certificates) do
          for _, part in ipairs(each.parts) do parts[#parts + 1] = part end
        end
      end
      for _, part in ipairs(parts) do assert.truthy(f.message:find(part, 1, true), f.message) end
      assert.are.equal(0, server:count("request"))
    end)
  end

  it("verifies all the same", function()
    local server = started { tls = "server" }
    local said = send { url = by_name(server), headers = { "X-Script: ok('tls')" } }
    assert.are.equal("tls", said.reply and said.reply.body, cjson.encode(said))
  end)
end)

describe("a proxy inside nginx", function()
  setup(function()
    assert(process.run { "sh", "spec/support/make_certs.sh", "build/certs" })
    web = nginx.start { workers = 1, server = [[
      location /send {
        lua_ssl_trusted_certificate $top/build/certs/ca.pem;
        content_by_lua_block { require("spec.resty.wire").handle() }
      }]] }
  end)
  teardown(function() web:stop() end)

  local function through(proxy, url, more)
    local given = { url = url, transport = proxy, options = { proxy = proxy } }
    for key, value in pairs(more or {}) do given[key] = value end
    return send(given)
  end

  it("carries TLS through CONNECT, and the tunnel is kept", function()
    local service, proxy = started { tls = "server" }, started { on_request = "tunnel()" }
    local url = (service.url:gsub("127%.0%.0%.1", "localhost")) .. "/"
    for i = 1, 3 do
      local said = through(proxy.url, url, { headers = { "X-Script: ok('far')" } })
      assert.are.equal("far", said.reply and said.reply.body, cjson.encode(said))
      assert.are.equal(i > 1, said.reply.reused)
    end
    assert.are.equal(1, proxy:count("request"))
    assert.truthy(table.concat(proxy:events(), "\n"):find("CONNECT localhost:%d+"))
    assert.is_false(send({ url = url, headers = { "X-Script: ok()" } }).reply.reused)
  end)

  it("sees plain requests with their whole URL, and its password", function()
    local proxy = started { on_request = "ok(path .. ' ' .. tostring(headers['proxy-authorization']))" }
    local said = through(proxy.url:gsub("//", "//user:pa%%3Ass@"), "http://service.test:81/a?b=c")
    assert.are.equal("http://service.test:81/a?b=c Basic dXNlcjpwYTpzcw==", said.reply and said.reply.body,
      cjson.encode(said))
  end)

  it("is named as what failed", function()
    local no = started { on_request = [[write("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")]] }
    local f = through(no.url, "https://service.test/").failure
    assert.are.same({ "proxy", "no" }, { f.kind, f.sent })
    assert.truthy(f.message:find("user:password@", 1, true))
    f = through("http://127.0.0.1:" .. nginx.free_port(), "https://service.test/").failure
    assert.are.same({ "proxy", "no" }, { f.kind, f.sent })
    local rude = started { on_request = [[write("HTTP/1.1 200 OK\r\n\r\nhello")]] }
    f = through(rude.url, "https://service.test/").failure
    assert.are.same({ "proxy", "no" }, { f.kind, f.sent })
  end)
end)
