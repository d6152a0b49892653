-- SPDX-License-Identifier: MIT
-- Tokens that the service does not take although they have not expired, and where tokens can be seen.
local jwt = require "spec.support.jwt"
local reach = require "spec.support.reach"
local recorded = require "spec.support.recorded"

local function bearer(request) return request.headers.authorization:match("^Bearer (%S+)$") end

local function provided(provide, options)
  local all = { token_provider = provide }
  for name, value in pairs(options or {}) do all[name] = value end
  return recorded(all)
end

describe("a token provider", function()
  -- Tokens t1, t2 and so on; those up to the number are refused.
  local function refusing(number, options)
    local count = 0
    local client, transport = provided(function()
      count = count + 1
      return "token-" .. count, 1700003600
    end, options)
    transport.respond = function(request)
      local asked = tonumber(bearer(request):match("%d+"))
      return { status = asked <= number and 401 or 202, body = request.operation == "Auth_GetAccessKey"
        and ('{"AccessKey":"lent-%d","KeyId":"%d"}'):format(asked, asked) or "" }
    end
    return client, transport, function() return count end
  end

  it("is asked anew for a token that the service refuses, and the message goes out with that", function()
    for _, options in ipairs { {}, { retry = false } } do
      local client, transport, asked = refusing(1, options)
      assert.is_true((client:hub("chat"):send("t")))
      assert.is_true((client:hub("chat"):send("t")))
      assert.are.same({ 2, 3 }, { asked(), #transport.requests })
    end
  end)

  it("is asked once for each call that is refused, and the error is the service's", function()
    local client, transport, asked = refusing(3)
    local ok, err = client:hub("chat"):send("t")
    assert.is_nil(ok)
    assert.are.same({ "unauthorized", 2, "no" }, { err.kind, err.attempts, err.sent })
    assert.is_true((client:hub("chat"):send("t")))
    assert.are.same({ 4, 4 }, { asked(), #transport.requests })
  end)

  it("is asked once when several calls are refused for one token", function()
    local client, transport, asked = refusing(1)
    local send = transport.send
    transport.send = function(self, req)
      local reply, failure = send(self, req)
      coroutine.yield()
      return reply, failure
    end
    local results, threads = {}, {}
    for i = 1, 3 do
      threads[i] = coroutine.create(function() results[i] = client:hub("chat"):send("t") end)
      assert(coroutine.resume(threads[i]))
    end
    for _ = 1, 2 do
      for i = 1, 3 do assert(coroutine.resume(threads[i])) end
    end
    assert.are.same({ true, true, true }, results)
    assert.are.same({ 2, 6 }, { asked(), #transport.requests })
  end)

  it("that fails then is the error, and nothing is sent with the old token", function()
    local works = true
    local client, transport = provided(function()
      if works then return "t1", 1700003600 end
      return nil, "identity endpoint: 500"
    end)
    transport.respond = function()
      works = false
      return { status = 401 }
    end
    local _, err = client:hub("chat"):send("t")
    assert.are.same({ "credential", "no" }, { err.kind, err.sent })
    assert.is_truthy(err.message:find("identity endpoint: 500", 1, true))
    assert.are.equal(1, #transport.requests)
  end)

  it("has the key that was lent for a refused token fetched anew", function()
    local client, transport = refusing(0)
    local hub = client:hub("chat")
    local function key_id(n) return select(2, jwt.open(hub:negotiate().accessToken, "lent-" .. n)).kid end
    assert.are.same({ "1", "1" }, { key_id(1), key_id(1) })
    local respond = transport.respond
    transport.respond = function(request)
      if bearer(request) == "token-1" then return { status = 401 } end
      return respond(request)
    end
    assert.is_true((hub:send("t")))
    assert.are.equal("2", key_id(2))
  end)

  it("does not sign on with a lent key once its own tokens are refused", function()
    local client, transport = refusing(0)
    local hub = client:hub("chat")
    assert.is_truthy(hub:negotiate())
    transport:advance(3400) -- it is time for the next one
    transport.respond = function() return { status = 401 } end
    for _ = 1, 2 do assert.are.equal("unauthorized", select(2, hub:negotiate()).kind) end
  end)

  it("keeps a lent key while only the service is out", function()
    local client, transport = refusing(0, { retry = false })
    local hub = client:hub("chat")
    assert.is_truthy(hub:negotiate())
    transport:advance(3400)
    transport.respond = function() return { status = 500 } end
    assert.is_truthy(hub:negotiate())
  end)

  it("is not asked for a health check, which needs no token", function()
    local client, transport, asked = refusing(0)
    transport.respond = nil
    assert.is_true((client:health()))
    transport:reply { status = 401 }
    assert.are.equal("unauthorized", select(2, client:health()).kind)
    assert.are.equal(0, asked())
  end)

  it("also gives the bearer of what is enqueued, and is asked anew there", function()
    local client, transport, asked = refusing(1)
    assert(client:hub("chat"):enqueue("t"))
    assert.is_true(client:drain())
    assert.are.same({ 2, 2 }, { asked(), #transport.requests })
  end)
end)

describe("a dump of a handle", function()
  local function calls(client, transport)
    local hub = client:hub("chat")
    local group = hub:group("g")
    local seen = {}
    client = client:with { on_attempt = function(t) seen[#seen + 1] = t end }
    transport:reply { status = 202 }:reply { status = 401 }:reply { status = 401 }:reply { status = 200 }
    hub:send("t")
    group:exists()
    client:hub("chat"):send("t")
    hub:negotiate()
    hub:enqueue("t")
    client:drain()
    hub:enqueue("u")
    return { hub, group, client, seen }
  end

  -- The recording transport shows what was sent; it is there for that.
  local function shown(handles, transport, pattern)
    assert.is_truthy(reach.find(transport, pattern))
    local found = reach.find(handles, pattern, transport)
    handles[3]:close()
    return found
  end

  it("shows no token that was signed, and no key", function()
    local client, transport = recorded { access_key = "s3same-key" }
    local handles = calls(client, transport)
    local token = bearer(transport.requests[1])
    assert.is_nil(shown(handles, transport, token:match("[^.]*$"):gsub("%-", "%%-")))
    assert.is_nil(reach.find(handles, "^s3same%-key$", transport))
  end)

  it("shows no token of a provider, and no key that was lent", function()
    local client, transport = recorded { token_provider = function() return "entra-t0ken", 1700003600 end }
    transport.respond = function(request)
      return { status = 202, body = request.operation == "Auth_GetAccessKey" and '{"AccessKey":"l3nt-key"}' or "" }
    end
    local handles = calls(client, transport)
    assert.is_nil(reach.find(handles, "l3nt%-key", transport))
    assert.is_nil(shown(handles, transport, "entra%-t0ken$"))
  end)
end)
