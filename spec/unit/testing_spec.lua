-- SPDX-License-Identifier: MIT
-- The transport for users' own specs, and requests of their own making.
local cjson = require "cjson"
local jwt = require "spec.support.jwt"
local recorded = require "spec.support.recorded"
local testing = require "azure.signalr.testing"

describe("the recording transport", function()
  it("records what was sent", function()
    local client, transport = recorded()
    client:hub("chat"):except { "a b" }:send("t", 1)
    local request = transport.requests[1]
    assert.are.equal("POST", request.method)
    assert.are.equal("/api/hubs/chat/:send", request.path)
    assert.are.same({ { "api-version", "2024-12-01" }, { "excluded", "a b" } }, request.query)
    assert.are.equal("SignalR_Broadcast", request.operation)
    assert.are.same({ target = "t", arguments = { 1 } }, cjson.decode(request.body))
  end)

  it("gives replies and failures in order, then the declared success", function()
    local client, transport = recorded { retry = false }
    transport:reply { status = 500 }:fail { kind = "reset" }
    local hub = client:hub("chat")
    assert.are.equal(500, select(2, hub:send("t")).status)
    assert.are.equal("reset", select(2, hub:send("t")).kind)
    assert.is_true((hub:send("t")))
    assert.is_true(hub:group("g"):exists())
  end)

  it("asks a function, or throws when it is strict", function()
    local transport = testing.transport { respond = function(request)
      if request.method == "HEAD" then
        return { status = 404, headers = { ["X-MS-Error-Code"] = "Warning.User.NotExisted" } }
      end
      return nil, { kind = "dns", sent = "no" }
    end }
    local client = testing.client(transport, { retry = false })
    assert.is_false(client:hub("chat"):user("u"):exists())
    assert.are.equal("dns", select(2, client:hub("chat"):send("t")).kind)
    client = testing.client(testing.transport { strict = true })
    assert.has_error(function() client:health() end, "testing.transport: no reply for HEAD "
      .. "https://contoso.service.signalr.net/api/health?api-version=2024-12-01")
  end)

  it("has a clock of its own", function()
    local client, transport = recorded { timeout = 5 }
    transport:reply { status = 200, after = 3 }:reply { status = 200, after = 6 }
    assert.is_true(client:health())
    assert.are.equal(1003, transport:now())
    assert.are.equal(1700000003, transport:time())
    assert.are.equal("timeout", select(2, client:with { retry = false }:health()).kind)
    assert.are.equal(1008, transport:now())
  end)

  it("checks what it is told", function()
    local transport = testing.transport()
    assert.has_error(function() transport:reply { status = "200" } end)
    assert.has_error(function() transport:fail {} end)
    assert.has_error(function() transport.reply { status = 200 } end)
    assert.has_error(function() testing.transport { stric = true } end)
  end)
end)

describe("client:request", function()
  it("is signed like the rest, and versioned", function()
    local client, transport = recorded { server_endpoint = "http://back" }
    transport:reply { status = 200, headers = { ["X-Y"] = "z" }, body = '{"a":1}' }
    local answer = assert(client:request {
      method = "GET", path = "/api/new/%2Fthing/:do", query = { b = 2, a = "x y" },
    })
    assert.are.same({ status = 200, headers = { ["x-y"] = "z" }, body = '{"a":1}' }, answer)
    local request = transport.requests[1]
    assert.are.equal("http://back/api/new/%2Fthing/:do?a=x%20y&b=2&api-version=2024-12-01", request.url)
    local claims = jwt.open(request.headers.authorization:match("Bearer (.*)"), testing.access_key)
    assert.are.equal("https://contoso.service.signalr.net/api/new/%2Fthing/:do", claims.aud)
    assert.is_nil(request.headers["content-type"])
  end)

  it("sends JSON text or a value, repeated names and an api-version of one's own", function()
    local client, transport = recorded()
    client:request { method = "POST", path = "/x", body = { a = true }, query = { e = { "1", "2" }, f = false,
      ["API-version"] = "2030-01-01" } }
    client:request { method = "PUT", path = "/x", body = "[1.0]" }
    assert.are.equal("https://contoso.service.signalr.net/x?API-version=2030-01-01&e=1&e=2&f=false",
      transport.requests[1].url)
    assert.are.equal('{"a":true}', transport.requests[1].body)
    assert.are.equal("application/json", transport.requests[1].headers["content-type"])
    assert.are.equal("[1.0]", transport.requests[2].body)
  end)

  it("repeats only what may be repeated", function()
    for method, count in pairs { GET = 2, HEAD = 2, PUT = 2, DELETE = 2, POST = 1, PATCH = 1 } do
      local client, transport = recorded()
      transport:reply { status = 500 }
      client:request { method = method, path = "/x" }
      assert.are.equal(count, #transport.requests, method)
    end
  end)

  it("gives an error for everything but success", function()
    local client, transport = recorded { retry = false }
    transport:reply { status = 404, body = '{"code":"c","message":"m"}' }
    local answer, err = client:request { method = "GET", path = "/x" }
    assert.is_nil(answer)
    assert.are.equal("not_found", err.kind)
    assert.are.equal("GET /x", err.op)
    assert.are.equal("c", err.code)
  end)
end)
