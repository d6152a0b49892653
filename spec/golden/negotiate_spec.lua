-- SPDX-License-Identifier: MIT
-- Negotiate answers recorded from Microsoft's management SDK. What does not apply here: cases about HttpContext, long
-- claim types, server-side options and claims typed by .NET; hub names outside of the pattern are refused; the
-- audience has a port that is not the scheme's own.
local cjson = require "cjson"
local signalr = require "azure.signalr"
local testing = require "azure.signalr.testing"
local int64 = require "spec.support.int64"
local jwt = require "spec.support.jwt"
local canonical = require "spec.support.json_same"

local function known(value)
  if value ~= cjson.null then return value end
end

local inapplicable = { "^HttpContext", "^long claim types", "^all server%-side options", "^typed claims" }

local function applies(case)
  for _, pattern in ipairs(inapplicable) do
    if case:find(pattern) then return false end
  end
  return true
end

-- Written by hand for the cases whose audience or claims differ from the recording.
local audiences = {
  ["port in connection string"] = "http://localhost:8888/client/?hub=chat",
  ["port in endpoint"] = "https://contoso.service.signalr.net:8443/client/?hub=chat",
}

local function options_of(args)
  local claims
  for _, claim in ipairs(args.claims or {}) do
    claims = claims or {}
    claims[#claims + 1] = { claim.type, claim.value }
  end
  return {
    user_id = known(args.userId), claims = claims, expires_in = args.lifetimeSeconds,
    diagnostic = args.isDiagnosticClient, detailed_errors = args.enableDetailedErrors,
    close_on_expiry = args.closeOnAuthenticationExpiration,
  }
end

local function relative(value, now)
  if type(value) ~= "string" then return value end
  if value == "<now>" then return now end
  local seconds = value:match("^iat%+(%d+)$")
  if seconds then return now + seconds end
  seconds = value:match("^str%(iat%+(%d+)%)$")
  return seconds and ("%d"):format(now + seconds) or value
end

local function negotiate(args, options)
  local transport = testing.transport()
  local client = testing.client(transport, {
    connection_string = args.connectionString, application = known(args.application),
  })
  local answer, err = client:hub(args.hub):negotiate(options)
  return answer, err, transport
end

describe("recorded negotiate answers", function()
  local count = 0
  for text in io.lines("spec/golden/negotiate.jsonl") do
    local line = cjson.decode(text)
    local args = line.args
    if applies(line.case) and (args.hub:find("^%w[%w_]*$")) then
      count = count + 1
      it(("%s, hub %s, user %s"):format(line.case, args.hub, tostring(known(args.userId))), function()
        local answer, err, transport = negotiate(args, options_of(args))
        assert.is_nil(err)
        assert.are.equal(0, #transport.requests)
        assert.are.equal(line.url, answer.url)
        local key = args.connectionString:match("AccessKey=([^;]*)")
        local claims, header = jwt.open(answer.accessToken, key)
        assert.are.same({ alg = "HS256", typ = "JWT" }, header)
        local expected = {}
        for name, value in pairs(line.payload) do expected[name] = relative(value, transport:time()) end
        expected.aud = audiences[line.case] or expected.aud
        assert.are.same(expected, claims)
      end)
    elseif applies(line.case) then
      it("refuses the hub name " .. args.hub, function()
        local answer, err = negotiate(args)
        assert.is_nil(answer)
        assert.are.equal("invalid", err.kind)
      end)
    end
  end

  it("are enough to mean something", function() assert.is_true(count >= 20) end)
end)

describe("negotiate", function()
  local function hub(options)
    local transport = testing.transport()
    return testing.client(transport, options):hub("chat"), transport
  end
  local function payload(answer) return select(3, jwt.open(answer.accessToken, testing.access_key)) end

  it("writes claims of every JSON type, exactly", function()
    local answer = assert(hub():negotiate { claims = {
      { "b", true }, { "i64", int64 "9007199254740993" }, { "d", 0.1 }, { "j", { a = { 1, 2 } } }, { "aud", "x" },
      { "role", "a" }, { "role", "b" }, { "list", { "p", "q" } }, { "é", "日本" }, { "none", signalr.array {} },
    } })
    assert.are.equal(canonical [[{"b":true,"i64":9007199254740993,"d":0.1,"j":{"a":[1,2]},"asrs.u.aud":"x",
      "role":["a","b"],"list":["p","q"],"é":"日本","none":[],"nbf":1700000000,"exp":1700003600,"iat":1700000000,
      "aud":"https://contoso.service.signalr.net/client/?hub=chat"}]], canonical(payload(answer)))
  end)

  it("takes claims by name", function()
    local answer = assert(hub():negotiate { claims = { role = { "a", "b" }, name = "Ada" } })
    assert.is_truthy(payload(answer):find('^{"name":"Ada","role":%["a","b"%],"nbf":'))
  end)

  it("refuses a token over 4096 characters and names the size", function()
    local longest
    for n = 2700, 2900 do
      local answer, err = hub():negotiate { claims = { pad = ("x"):rep(n) } }
      if answer then
        longest = #answer.accessToken
      else
        assert.are.equal("uri_too_long", err.kind)
        assert.are.equal("no", err.sent)
        local size = tonumber(err.message:match("has (%d+) characters"))
        assert.is_true(size > 4096 and size - longest <= 2)
        assert.is_truthy(err.message:find("4096", 1, true))
        return
      end
    end
    error("never refused")
  end)

  it("names the argument that is wrong", function()
    local function message(options)
      local ok, text = pcall(hub().negotiate, hub(), options)
      assert.is_false(ok)
      return text
    end
    for _, seconds in ipairs { 0, 1.5, 1e18 } do
      local text = message { expires_in = seconds }
      assert.is_truthy(text:find("expires_in must be a whole number from 1 to 2147483647", 1, true), text)
      assert.is_nil(text:find("negotiate.lua", 1, true), text)
    end
    assert.is_truthy(message { userid = "x" }:find('did you mean "user_id"', 1, true))
    assert.is_truthy(message { claims = { x = print } }:find('claims["x"]', 1, true))
    assert.is_truthy(message { claims = { "x" } }:find("claims[1]", 1, true))
  end)

  it("percent-encodes in the URL what a hub's name may have and a URL may not", function()
    local client = testing.client(testing.transport())
    local answer = assert(client:hub("A[b]`,.c", { application = "My.App" }):negotiate())
    local place = "/client/?hub=my.app_a%5Bb%5D%60%2C.c"
    assert.are.equal(testing.endpoint .. place, answer.url)
    assert.are.equal(testing.endpoint .. place, jwt.open(answer.accessToken, testing.access_key).aud)
  end)

  it("says the port in the URL and uses the client endpoint", function()
    local options = { endpoint = "https://h:443/base/", client_endpoint = "https://front:443/x/" }
    local answer = assert(hub(options):negotiate())
    assert.are.equal("https://front:443/x/client/?hub=chat", answer.url)
    local claims = jwt.open(answer.accessToken, testing.access_key)
    assert.are.equal("https://h/base/client/?hub=chat", claims.aud)
  end)

  it("signs with a key that the service lends, where the client has a token provider", function()
    local chat, transport = hub { token_provider = function() return "entra", 2e9 end, retry = false }
    local function lend(key, id)
      transport:reply { status = 200, body = ('{"AccessKey":"%s","KeyId":"%s"}'):format(key, id) }
    end
    lend("first", "7")
    local answer = assert(chat:negotiate { user_id = "u" })
    local claims, header = jwt.open(answer.accessToken, "first")
    assert.are.same({ alg = "HS256", typ = "JWT", kid = "7" }, header)
    assert.are.equal("u", claims["asrs.s.uid"])
    assert.are.equal("GET", transport.requests[1].method)
    assert.are.equal("Bearer entra", transport.requests[1].headers.authorization)
    transport:advance(3299)
    assert(chat:group("g") and chat:negotiate())
    assert.are.equal(1, #transport.requests)
    transport:advance(1)
    transport:reply { status = 500 }
    jwt.open(assert(chat:negotiate()).accessToken, "first") -- a refresh that fails leaves the old key
    assert.are.equal(2, #transport.requests)
    assert(chat:negotiate())
    assert.are.equal(2, #transport.requests)
    transport:advance(15)
    lend("second", "8")
    jwt.open(assert(chat:negotiate()).accessToken, "second")
    transport:advance(3600)
    transport:reply { status = 403 }
    local none, err = chat:negotiate()
    assert.is_nil(none)
    assert.are.equal("forbidden", err.kind)
    assert.are.equal("Auth_GetAccessKey", err.op)
  end)
end)
