-- SPDX-License-Identifier: MIT
-- Access keys and token providers.
local core = require "azure.signalr.core"
local jwt = require "spec.support.jwt"
local recorded = require "spec.support.recorded"
local testing = require "azure.signalr.testing"

local function bearer(request) return request.headers.authorization:match("^Bearer (%S+)$") end

describe("an access key", function()
  it("signs for the lifetime asked for", function()
    local client, transport = recorded { token_lifetime = 120 }
    client:hub("chat"):send("t")
    local claims = jwt.open(bearer(transport.requests[1]), testing.access_key)
    assert.are.equal(120, claims.exp - claims.iat)
    assert.are.equal(1700000000, claims.nbf)
  end)

  it("uses a token again for a minute, and for its own place only", function()
    local client, transport = recorded()
    local hub = client:hub("chat")
    local function token()
      hub:send("t")
      return bearer(transport.requests[#transport.requests])
    end
    local first = token()
    transport:advance(59)
    assert.are.equal(first, token())
    transport:advance(1)
    local second = token()
    assert.are_not.equal(first, second)
    assert.are.equal(1700000060, jwt.open(second, testing.access_key).iat)
    hub:group("g"):send("t")
    local claims = jwt.open(bearer(transport.requests[4]), testing.access_key)
    assert.are.equal("https://contoso.service.signalr.net/api/hubs/chat/groups/g/:send", claims.aud)
  end)

  it("uses it for half of its life at most, and not after the clock was set back", function()
    local client, transport = recorded { token_lifetime = 10 }
    local hub = client:hub("chat")
    hub:send("t")
    transport:advance(5)
    hub:send("t")
    transport.unix = transport.unix - 100
    hub:send("t")
    local ages = {}
    for i, request in ipairs(transport.requests) do ages[i] = jwt.open(bearer(request), testing.access_key).iat end
    assert.are.same({ 1700000000, 1700000005, 1699999905 }, ages)
  end)

  it("does not send a content type where there is no body, and does where there is", function()
    local client, transport = recorded()
    local hub = client:hub("chat")
    hub:send("t")
    hub:send_frames { json = "x" }
    hub:send("t")
    hub:close_connections()
    local types = {}
    for i = 1, 4 do types[i] = transport.requests[i].headers["content-type"] or "none" end
    assert.are.same({ "application/json", "application/octet-stream", "application/json", "none" }, types)
    assert.is_truthy(transport.requests[1].headers["user-agent"]:find("azure%-signalr%-lua/"))
  end)

  it("signs with the bytes of the key as they are", function()
    local client, transport = recorded { access_key = "pässwörd==" }
    client:hub("chat"):send("t")
    assert.is_truthy(jwt.open(bearer(transport.requests[1]), "pässwörd=="))
  end)

  it("is closed with the client", function()
    local client = recorded()
    local signer = client.context.credential.signer
    client:close()
    assert.is_false(pcall(signer.token, signer, "a", 1, 1))
  end)
end)

describe("a token provider", function()
  local function provided(provide, options)
    options = options or {}
    options.token_provider = provide
    return recorded(options)
  end

  it("gives the bearer of every call but health", function()
    local scopes = {}
    local client, transport = provided(function(scope)
      scopes[#scopes + 1] = scope
      return "entra", 1700003600
    end, { connection_string = "Endpoint=https://h;AuthType=azure.msi;ClientId=c" })
    client:hub("chat"):send("t")
    client:hub("chat"):group("g"):exists()
    client:health()
    assert.are.equal("entra", bearer(transport.requests[1]))
    assert.are.equal("entra", bearer(transport.requests[2]))
    assert.is_nil(transport.requests[3].headers.authorization)
    assert.are.same({ "https://signalr.azure.com/.default" }, scopes)
  end)

  it("must say when its token expires, in seconds that a date can show", function()
    for _, moment in ipairs { 1700000000, 0 / 0, 1 / 0, 1700003600000, "soon" } do
      local client, transport = provided(function() return "entra", moment end)
      local _, err = client:hub("chat"):send("t")
      assert.are.equal("credential", err.kind)
      assert.is_truthy(err.message:find("unix seconds", 1, true), err.message)
      assert.are.equal(0, #transport.requests)
    end
    local client, transport = provided(function() return "entra", 1700003600.5 end)
    transport:reply { status = 401 }:reply { status = 401 }
    local _, err = client:hub("chat"):send("t")
    assert.is_truthy(err.message:find("2023-11-14T23:13:20Z", 1, true), err.message)
  end)

  it("is asked again shortly before a token expires", function()
    local count = 0
    local client, transport
    client, transport = provided(function()
      count = count + 1
      return "t" .. count, transport:time() + 3600
    end)
    local hub = client:hub("chat")
    hub:send("t")
    transport:advance(3299)
    hub:send("t")
    assert.are.equal("t1", bearer(transport.requests[2]))
    transport:advance(1)
    hub:send("t")
    assert.are.equal("t2", bearer(transport.requests[3]))
  end)

  it("may fail while the old token is good, and is an error after", function()
    local works = true
    local client, transport = provided(function()
      if works then return "good", 1700001000 end
      return nil, "identity endpoint: 500"
    end)
    local hub = client:hub("chat")
    assert.is_true((hub:send("t")))
    works = false
    transport:advance(900)
    assert.is_true((hub:send("t")))
    transport:advance(200)
    local ok, err = hub:send("t")
    assert.is_nil(ok)
    assert.are.equal("credential", err.kind)
    assert.are.equal("no", err.sent)
    assert.is_truthy(err.message:find("identity endpoint: 500", 1, true))
    assert.are.equal(2, #transport.requests)
  end)

  it("that does not keep to its contract is an error that says so", function()
    for _, case in ipairs {
      { function() error("boom") end, "threw" }, { function() end, "no token" },
      { function() return 7, 2e9 end, "as a string" }, { function() return "a b", 2e9 end, "bearer token" },
      { function() return "a\r\nX: y", 2e9 end, "bearer token" }, { function() return "t" end, "when it expires" },
      { function() return "t", 1699999999 end, "in the future" }, { function() return "t", "soon" end, "expires" },
    } do
      local client, transport = provided(case[1])
      local ok, err = client:hub("chat"):send("t")
      assert.is_nil(ok)
      assert.are.equal("credential", err.kind)
      assert.is_truthy(err.message:find(case[2], 1, true), err.message)
      assert.are.equal(0, #transport.requests)
    end
  end)

  it("is asked once at a time, by coroutines too", function()
    local fetches = 0
    local client, transport = provided(function()
      fetches = fetches + 1
      coroutine.yield("fetching")
      return "t", 1700003600
    end)
    transport.sleep = function(self, seconds)
      self:advance(seconds)
      coroutine.yield("sleeping")
      return true
    end
    local results = {}
    local threads = {}
    for i = 1, 3 do
      threads[i] = coroutine.create(function() results[i] = client:hub("chat"):send("t") end)
    end
    assert.are.equal("fetching", select(2, coroutine.resume(threads[1])))
    assert.are.equal("sleeping", select(2, coroutine.resume(threads[2])))
    assert.are.equal("sleeping", select(2, coroutine.resume(threads[3])))
    assert.is_true(coroutine.resume(threads[1]))
    assert.is_true(coroutine.resume(threads[2]))
    assert.is_true(coroutine.resume(threads[3]))
    assert.are.same({ true, true, true }, results)
    assert.are.equal(1, fetches)
  end)

  it("does not make others wait past their deadline", function()
    local client, transport = provided(function()
      coroutine.yield()
      return "t", 1700003600
    end)
    local first = coroutine.create(function() client:hub("chat"):send("t") end)
    coroutine.resume(first)
    local before = transport:now()
    local ok, err = client:hub("chat"):with { timeout = 1 }:send("t")
    assert.is_nil(ok)
    assert.are.equal("credential", err.kind)
    assert.is_true(transport:now() - before < 1.1)
    assert.is_true(coroutine.resume(first))
    assert.is_true((client:hub("chat"):send("t")))
  end)
end)

describe("the version", function()
  it("is the core's", function() assert.are.equal(core._VERSION, require("azure.signalr")._VERSION) end)
end)
