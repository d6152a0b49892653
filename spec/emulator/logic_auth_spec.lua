-- SPDX-License-Identifier: MIT
-- Tokens: which are taken, which are refused, and that the refusal says why.
local base64 = require "azure.signalr.emulator.base64"
local jwt = require "azure.signalr.emulator.jwt"
local logic = require "spec.emulator.logic"
local hmac = require "openssl.hmac"

local function real_hmac(key, data) return hmac.new(key, "sha256"):final(data) end

local PATH = "/api/hubs/chat/:send"
local AUD = logic.BASE .. PATH

local function sign(header, claims, key)
  local signed = base64.url_encode(header) .. "." .. base64.url_encode(claims)
  return signed .. "." .. base64.url_encode(real_hmac(key or logic.KEY, signed))
end

local HS256 = '{"alg":"HS256","typ":"JWT"}'

local function claims_text(given)
  local list = {}
  for _, name in ipairs { "exp", "nbf" } do
    if given[name] then list[#list + 1] = ('"%s":%s'):format(name, given[name]) end
  end
  if given.aud then list[#list + 1] = '"aud":' .. given.aud end
  return "{" .. table.concat(list, ",") .. "}"
end

local function post(world, token, more)
  more = more or {}
  return world:rest("POST", more.path or PATH, {
    headers = { authorization = token and "Bearer " .. token }, body = '{"target":"t"}', query = more.query,
    whole_query = more.whole_query,
  })
end

describe("REST tokens", function()
  local world, now
  before_each(function()
    world = logic.new { hmac = real_hmac }
    now = world.clock
  end)

  local function token_for(aud, exp, nbf)
    return sign(HS256, claims_text { aud = ('"%s"'):format(aud), exp = exp or now + 600, nbf = nbf or now })
  end

  it("fit when the audience names the path on this base, with or without its port", function()
    for _, aud in ipairs { AUD, "http://127.0.0.1" .. PATH, "HTTP://127.0.0.1:8888" .. PATH,
      AUD .. "?api-version=2024-12-01" } do
      assert.are.equal(202, post(world, token_for(aud)).status, aud)
    end
  end)

  it("fit in the older form with the application", function()
    local old = "http://127.0.0.1" .. PATH .. "?application=app&api-version=2024-12-01"
    assert.are.equal(202, post(world, token_for(old), { query = "application=App" }).status)
    assert.are.equal(401, post(world, token_for(old)).status)
    assert.are.equal(401, post(world, token_for(old), { query = "application=other" }).status)
  end)

  it("name a path as it was sent, byte for byte", function()
    local path = "/api/hubs/chat/groups/a%2Fb%20%C3%A9/:send"
    assert.are.equal(202, post(world, token_for(logic.BASE .. path), { path = path }).status)
    assert.are.equal(401, post(world, token_for(logic.BASE .. path), { path = path:gsub("%%C3", "%%c3") }).status)
  end)

  it("may name a base that the server vouches for", function()
    world = logic.new { hmac = real_hmac, endpoints = function(base) return base == "https://contoso.example" end }
    assert.are.equal(202, post(world, token_for("https://contoso.example" .. PATH)).status)
    assert.are.equal(401, post(world, token_for("https://contoso.examples" .. PATH)).status)
  end)

  it("may hold a list of audiences", function()
    local claims = claims_text { aud = '["x","' .. AUD .. '"]', exp = now + 60 }
    assert.are.equal(202, post(world, sign(HS256, claims)).status)
  end)

  it("are forgiven 30 seconds of clock skew and no more", function()
    assert.are.equal(202, post(world, token_for(AUD, now - 29)).status)
    assert.are.equal(401, post(world, token_for(AUD, now - 30)).status)
    assert.are.equal(202, post(world, token_for(AUD, now + 600, now + 30)).status)
    assert.are.equal(401, post(world, token_for(AUD, now + 600, now + 31)).status)
  end)

  -- name, token (or a function of now), what the body says
  local good = '"' .. AUD .. '"'
  local refused = {
    { "no token", function() return nil end, "there is no token" },
    { "no JWT", function() return "abc" end, "three base64url parts" },
    { "two parts", function() return "e30.e30" end, "three base64url parts" },
    { "padding", function() return "e30=.e30.e30" end, nil },
    { "a header that is no JSON", function() return base64.url_encode("nope") .. ".e30.e30" end, "header is not" },
    { "a payload that is no object", function() return sign(HS256, "[]") end, "payload is not" },
    { "alg none", function(t) return sign('{"alg":"none"}', claims_text { aud = good, exp = t + 60 }) end, "'none'" },
    { "HS512", function(t) return sign('{"alg":"HS512"}', claims_text { aud = good, exp = t + 60 }) end, "'HS512'" },
    { "a list for alg", function(t) return sign('{"alg":["HS256"]}', claims_text { aud = good, exp = t + 60 }) end,
      "algorithm (alg) is an array or an object, only HS256" },
    { "null for alg", function(t) return sign('{"alg":null}', claims_text { aud = good, exp = t + 60 }) end,
      "algorithm (alg) is null" },
    { "no alg", function(t) return sign("{}", claims_text { aud = good, exp = t + 60 }) end, "only HS256" },
    { "another key", function(t) return sign(HS256, claims_text { aud = good, exp = t + 60 }, "x") end,
      "signature does not fit" },
    { "no signature", function(t)
      return (sign(HS256, claims_text { aud = good, exp = t + 60 }):gsub("[^.]*$", ""))
    end, "signature does not fit" },
    { "a cut signature", function(t) return sign(HS256, claims_text { aud = good, exp = t + 60 }):sub(1, -5) end,
      "signature does not fit" },
    { "no exp", function() return sign(HS256, claims_text { aud = good }) end, "no exp" },
    { "exp as text", function() return sign(HS256, claims_text { aud = good, exp = '"1"' }) end, "no exp" },
    { "nbf as text", function(t) return sign(HS256, claims_text { aud = good, exp = t + 9, nbf = '"1"' }) end, "nbf" },
    { "long expired", function(t) return sign(HS256, claims_text { aud = good, exp = t - 100 }) end,
      "expired 100 seconds ago" },
    { "not yet valid", function(t) return sign(HS256, claims_text { aud = good, exp = t + 900, nbf = t + 100 }) end,
      "not valid for another 100 seconds" },
    { "no aud", function(t) return sign(HS256, claims_text { exp = t + 60 }) end, "(aud) is absent" },
    { "aud of another path", function(t)
      return sign(HS256, claims_text { exp = t + 60, aud = '"' .. logic.BASE .. '/api/hubs/other/:send"' })
    end, "expected '" .. AUD .. "'" },
    { "aud without path", function(t)
      return sign(HS256, claims_text { exp = t + 60, aud = '"' .. logic.BASE .. '"' })
    end, "(aud) is" },
    { "aud on another host", function(t)
      return sign(HS256, claims_text { exp = t + 60, aud = '"http://evil.example' .. PATH .. '"' })
    end, "(aud) is" },
    { "aud on another port", function(t)
      return sign(HS256, claims_text { exp = t + 60, aud = '"http://127.0.0.1:9999' .. PATH .. '"' })
    end, "(aud) is" },
    { "aud with https", function(t)
      return sign(HS256, claims_text { exp = t + 60, aud = '"https://127.0.0.1:8888' .. PATH .. '"' })
    end, "(aud) is" },
    { "aud with another query", function(t)
      return sign(HS256, claims_text { exp = t + 60, aud = '"' .. AUD .. '?a=b"' })
    end, "(aud) is" },
    { "aud of another version", function(t)
      return sign(HS256, claims_text { exp = t + 60, aud = '"' .. AUD .. '?api-version=2022-06-01"' })
    end, "(aud) is" },
    { "aud with a longer path before it", function(t)
      return sign(HS256, claims_text { exp = t + 60, aud = '"' .. logic.BASE .. "/x" .. PATH .. '"' })
    end, "(aud) is" },
  }
  for _, row in ipairs(refused) do
    it("are refused: " .. row[1], function()
      local answer = post(world, row[2](now))
      assert.are.equal(401, answer.status)
      assert.are.equal("Error.Request.Unauthorized", answer.headers["x-ms-error-code"])
      assert.is_truthy(answer.body:find(row[3] or "", 1, true), answer.body)
      assert.is_truthy(answer.headers["www-authenticate"]:find('^Bearer error="invalid_token"'))
      assert.is_nil(answer.body:find(logic.KEY, 1, true))
    end)
  end

  it("say why in a header when the answer has no body", function()
    local answer = world:rest("HEAD", "/api/hubs/chat/users/u", { headers = {} })
    assert.are.equal(401, answer.status)
    assert.is_nil(answer.body)
    assert.is_truthy(answer.headers["www-authenticate"]:find("there is no token", 1, true))
  end)

  it("do not matter for health, nor to a lax emulator", function()
    assert.are.equal(200, world:rest("HEAD", "/api/health", { headers = {} }).status)
    world = logic.new { lax = true }
    assert.are.equal(202, post(world, nil).status)
    assert.are.equal(202, post(world, "rubbish").status)
  end)

  it("recorded from Microsoft's SDK are taken", function()
    -- the header's kid is a number the SDK made up
    local recorded = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6Ii0xMzQzOTgzMzE2In0.eyJuYW1laWQiOiJ2bV9mODhm"
      .. "NTIxNzIyMGI0MmUyOGNiODI5NzE3NjhhZDM5MyIsIm5iZiI6MTc5NTQ4MDIwOSwiZXhwIjoxNzk1NDgzODA5LCJpYXQiOjE3OTU0"
      .. "ODAyMDksImF1ZCI6Imh0dHA6Ly9sb2NhbGhvc3QvYXBpL2h1YnMvY2hhdC9ncm91cHMvJUMzJUE5LzpzZW5kP2FwaS12ZXJzaW9u"
      .. "PTIwMjItMDYtMDEifQ.o5uEvXY-2QPyoe25otCYUp-zNE9u8WY0lufEu-GaNTw"
    world = logic.new { hmac = real_hmac, endpoints = function(base) return base == "http://localhost" end }
    world.clock = 1795480210
    local path = "/api/hubs/chat/groups/%C3%A9/:send"
    assert.are.equal(202, post(world, recorded, { path = path, whole_query = "api-version=2022-06-01" }).status)
    assert.are.equal(401, post(world, recorded, { path = path }).status)
    world.clock = 1795490000
    assert.are.equal(401, post(world, recorded, { path = path, whole_query = "api-version=2022-06-01" }).status)
  end)
end)

describe("the access key for tokens", function()
  local function key_of(answer)
    return answer.body:match('^{"AccessKey":"([^"]+)","KeyId":"([^"]+)"}$')
  end

  for _, path in ipairs { "/api/auth/accessKey", "/api/v1/auth/accessKey" } do
    it("is given at " .. path, function()
      local world = logic.new { hmac = real_hmac }
      local given = path:find("v1", 1, true) and { whole_query = "" } or nil
      local answer = world:rest("GET", path, given)
      assert.are.equal(200, answer.status)
      local key, id = key_of(answer)
      local claims = claims_text { aud = '"' .. AUD .. '"', exp = world.clock + 60 }
      local with_id = ('{"alg":"HS256","kid":"%s"}'):format(id)
      assert.are.equal(202, post(world, sign(with_id, claims, key)).status)
      -- the key is of no use without its id, nor the id without its key
      assert.are.equal(401, post(world, sign(HS256, claims, key)).status)
      assert.are.equal(401, post(world, sign(with_id, claims)).status)
      assert.are.equal(401, world:rest("GET", path, { headers = {}, whole_query = logic.VERSION }).status)
    end)
  end
end)

describe("generated client tokens", function()
  local function claims_of(world, query)
    local answer = world:rest("POST", "/api/hubs/Chat/:generateToken", { query = query })
    assert.are.equal(200, answer.status)
    return jwt.read(answer.body:match('^{"token":"([^"]+)"}$')).claims, answer.body:match('"token":"([^"]+)"')
  end

  it("name the user, the hub's audience and an hour", function()
    local world = logic.new()
    local claims, token = claims_of(world, "userId=alice%20b")
    assert.are.same({ ["asrs.s.uid"] = "alice b", nbf = world.clock, iat = world.clock, exp = world.clock + 3600,
      aud = logic.BASE .. "/client/?hub=chat" }, claims)
    local ticket = world.service:client_auth { path = "/client/", base = logic.BASE, headers = {},
      query = "hub=chat&access_token=" .. token }
    assert.are.equal("alice b", ticket.user_id)
  end)

  it("live as long as asked, and need no user", function()
    local world = logic.new()
    local claims = claims_of(world, "minutesToExpire=5")
    assert.is_nil(claims["asrs.s.uid"])
    assert.are.equal(world.clock + 300, claims.exp)
    for _, wrong in ipairs { "0", "-1", "1.5", "x", "" } do
      local answer = world:rest("POST", "/api/hubs/chat/:generateToken", { query = "minutesToExpire=" .. wrong })
      assert.are.equal(400, answer.status)
      assert.is_truthy(answer.body:find('"target":"minutesToExpire"', 1, true))
    end
  end)
end)
