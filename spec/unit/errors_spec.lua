-- SPDX-License-Identifier: MIT
-- The error object: what it says, and what it never says.
local errors = require "azure.signalr.errors"
local testing = require "azure.signalr.testing"
local recorded = require "spec.support.recorded"

local function failing(reply, options)
  options = options or {}
  options.retry = false
  local client, transport = recorded(options)
  transport:reply(reply)
  if options.token_provider then transport:reply(reply) end -- a token that is refused is fetched anew, once
  local ok, err = client:hub("chat"):send("t", "hello")
  assert.is_nil(ok)
  return err, transport
end

describe("an error", function()
  it("has a kind for each status", function()
    for status, kind in pairs {
      [400] = "bad_request", [401] = "unauthorized", [403] = "forbidden", [404] = "not_found", [409] = "conflict",
      [413] = "payload_too_large", [414] = "uri_too_long", [429] = "throttled", [431] = "headers_too_large",
      [503] = "unavailable", [500] = "server", [502] = "server", [599] = "server", [301] = "unexpected",
      [418] = "unexpected", [408] = "unexpected",
    } do
      local err = failing { status = status }
      assert.are.equal(kind, err.kind)
      assert.are.equal(status, err.status)
      assert.are.equal("SignalR_Broadcast", err.op)
      assert.are.equal(1, err.attempts)
    end
  end)

  it("has a kind for each failure of the network, and whether it was sent", function()
    for _, kind in ipairs { "connect", "dns", "tls", "timeout", "reset", "too_large", "protocol", "cancelled", "proxy",
      "closed" } do
      local client, transport = recorded { retry = false }
      transport:fail { kind = kind, sent = "no", message = "why" }
      local _, err = client:hub("chat"):send("t")
      assert.are.equal(kind, err.kind)
      assert.are.equal("no", err.sent)
      assert.are.equal("SignalR_Broadcast: " .. kind .. ": why", tostring(err))
    end
  end)

  it("takes everything from the service's ErrorDetail", function()
    local err = failing {
      status = 400,
      headers = { ["x-ms-error-code"] = "Error.Request.Invalid", ["x-ms-request-id"] = "r-1" },
      body = '{"code":"Other","message":"bad target","target":"target","details":[{"code":"d"}],'
        .. '"inner":{"code":"i"}}',
    }
    assert.are.equal("Error.Request.Invalid", err.code)
    assert.are.equal("target", err.target)
    assert.are.equal("r-1", err.request_id)
    assert.are.same({ { code = "d" } }, err.details)
    assert.are.same({ code = "i" }, err.inner)
    assert.are.equal("no", err.sent)
    assert.are.equal("SignalR_Broadcast: bad_request: 400 (Error.Request.Invalid): bad target", tostring(err))
    assert.are.equal("seen: " .. tostring(err) .. "!", "seen: " .. err .. "!")
  end)

  it("reads an ErrorDetail inside of error, nulls, plain text, and nothing", function()
    local err = failing { status = 400, body = '{"error":{"code":"c","message":"m","target":null,"details":null}}' }
    assert.are.equal("c", err.code)
    assert.is_nil(err.target)
    assert.is_nil(err.details)
    err = failing { status = 502, headers = { ["content-type"] = "text/plain" }, body = "no\nupstream" }
    assert.is_truthy(err.message:find("no upstream", 1, true))
    assert.is_nil(failing({ status = 502, body = "<html>" }).message:find("html", 1, true))
    err = failing { status = 502, headers = { ["content-type"] = "text/html" }, body = "<html>" }
    assert.are.equal("502", err.message)
    assert.are.equal("502", failing({ status = 502 }).message)
    assert.are.equal("400", failing({ status = 400, body = '"x"' }).message)
  end)

  it("of 401 names audience, expiry and clock skew, not the token", function()
    local err, transport = failing {
      status = 401, headers = { date = "Tue, 14 Nov 2023 22:03:20 GMT" }, -- ten minutes behind the client's clock
    }
    assert.is_truthy(err.message:find("https://contoso.service.signalr.net/api/hubs/chat/:send", 1, true))
    assert.is_truthy(err.message:find("expires at 2023-11-14T23:13:20Z", 1, true), err.message)
    assert.is_truthy(err.message:find("600 s ahead of the service's", 1, true), err.message)
    local token = transport.requests[1].headers.authorization:match("Bearer (.*)")
    assert.is_nil(tostring(err):find(token, 1, true))
    err = failing { status = 401, headers = { date = "Tue, 14 Nov 2023 22:13:30 GMT" } }
    assert.is_truthy(err.message:find("10 s behind the service's", 1, true), err.message)
    assert.is_nil(err.message:find("set it right", 1, true))
    err = failing { status = 401, headers = { date = "Tue, 14 Nov 2023 22:13:21 GMT" } }
    assert.is_truthy(err.message:find("this clock agrees", 1, true), err.message)
    assert.is_truthy(failing({ status = 401 }).message:find("access key", 1, true))
  end)

  it("of 401 speaks of the token provider's scope where the token came from one", function()
    local err = failing({ status = 401 }, { token_provider = function() return "entra.secret", 1700000900 end })
    assert.is_truthy(err.message:find("token_provider for the scope https://signalr.azure.com/.default", 1, true))
    assert.is_truthy(err.message:find("expires at 2023-11-14T22:28:20Z", 1, true), err.message)
    assert.is_truthy(err.message:find("tenant", 1, true))
    assert.is_nil(err.message:find("signed for", 1, true) or err.message:find("access key", 1, true)
      or err.message:find("entra.secret", 1, true))
  end)

  it("of an anonymous 401 says that there was no token", function()
    local client, transport = recorded { token_provider = function() return "entra", 1700000900 end }
    transport:reply { status = 401 }
    local _, err = client:health()
    assert.is_truthy(err.message:find("without a token", 1, true))
  end)

  it("of 403 names the three usual causes", function()
    local message = failing({ status = 403 }).message
    for _, word in ipairs { "role", "network rules", "access control" } do
      assert.is_truthy(message:find(word, 1, true), message)
    end
  end)

  it("of 404 without a code points to endpoint and route, with one it does not", function()
    local message = failing({ status = 404 }).message
    assert.is_truthy(message:find("endpoint", 1, true) and message:find("bare_404", 1, true), message)
    message = failing({ status = 404, headers = { ["x-ms-error-code"] = "Error.X" } }).message
    assert.are.equal("404 (Error.X)", message)
  end)

  it("of 413 names size and limit, of 414 the size, of a redirect that it was not followed", function()
    local message = failing({ status = 413 }).message
    assert.is_truthy(message:find("the body has 36 bytes; the service takes at most 1048576", 1, true), message)
    message = failing({ status = 414 }).message
    assert.is_truthy(message:find("the URL has %d+ bytes"), message)
    local err, transport = failing { status = 301 }
    assert.is_truthy(err.message:find("never followed", 1, true))
    assert.are.equal(1, #transport.requests)
    assert.are.equal("304", failing({ status = 304 }).message)
  end)

  it("of a redirect says where it leads, without what may be secret", function()
    for location, shown in pairs {
      ["https://new.example:8443/api/hubs?sig=s3cret#s3cret"] = "https://new.example:8443/api/hubs",
      ["HTTP://user:s3cret@new.example/x"] = "HTTP://new.example/x",
      ["//user:s3cret@new.example/x"] = "//new.example/x", ["/api/v2?token=s3cret"] = "/api/v2",
      ["https://one.example/a, https://one.example/a"] = "https://one.example/a",
      ["https://new.example/\27[31mred"] = "https://new.example/?[31mred",
    } do
      local message = failing({ status = 307, headers = { location = location } }).message
      assert.is_truthy(message:find("307; it leads to " .. shown .. ";", 1, true), message)
      assert.is_nil(message:find("s3cret", 1, true))
    end
    for _, location in ipairs { "", "javascript:alert(1)", "?s3cret", "mailto:a@b" } do
      local message = failing({ status = 302, headers = { location = location } }).message
      assert.are.equal(1, (message:find("302; redirects are never followed", 1, true)), message)
    end
  end)

  it("of 401 carries the service's own reason, which is in a header alone", function()
    for header, reason in pairs {
      ['Bearer error="invalid_token", error_description="The audience \'https://a\' is invalid"'] =
        "401: The audience 'https://a' is invalid; the token was signed",
      ['Bearer error_description = "say \\"no\\" to \\\\ it", error="x"'] = '401: say "no" to \\ it; the token',
      ['Basic realm="error_description", Bearer error=invalid_token'] = "401: invalid_token; the token",
      ['bearer ERROR_DESCRIPTION="one, two", x, Bearer error_description="three"'] = "401: one, two; the token",
      ['Bearer error_description="open ended'] = "401: open ended; the token",
      ['Bearer error_description="two\r\nlines of eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln"'] =
        "401: two  lines of <token>; the token",
      ['Bearer'] = "401; the token", [''] = "401; the token", ['Bearer my_error="x"'] = "401; the token",
    } do
      local message = failing({ status = 401, headers = { ["www-authenticate"] = header } }).message
      assert.are.equal(1, (message:find(reason, 1, true)), message)
    end
    local message = failing({
      status = 403, body = '{"message":"no"}', headers = { ["www-authenticate"] = 'Bearer error="insufficient_scope"' },
    }).message
    assert.are.equal(1, (message:find("403: no: insufficient_scope; usual", 1, true)), message)
  end)

  it("reads headers that came twice, or were joined on the way, as one", function()
    local err = failing { status = 429, body = "busy, wait", headers = {
      ["retry-after"] = "4, 4", ["x-ms-error-code"] = "Error.Busy, Error.Busy", ["x-ms-request-id"] = "r-1, r-1",
      ["content-type"] = "Text/Plain; charset=utf-8, text/plain",
    } }
    assert.are.same({ 4, "Error.Busy", "r-1" }, { err.retry_after, err.code, err.request_id })
    assert.is_truthy(err.message:find("busy, wait", 1, true))
    local date = "Tue, 14 Nov 2023 22:03:20 GMT"
    assert.is_truthy(failing({ status = 401, headers = { date = date .. ", " .. date } }).message
      :find("600 s ahead", 1, true))
    assert.are.equal(20, failing({ status = 429, headers = {
      date = date .. ", " .. date, ["retry-after"] = "Tue, 14 Nov 2023 22:03:40 GMT, " .. date } }).retry_after)
    local client, transport = recorded()
    transport:reply { status = 404, headers = { ["x-ms-error-code"] = "Info.User.NotInGroup, Info.User.NotInGroup" } }
    assert.is_false(client:hub("chat"):user("u"):in_group("g"))
  end)

  it("carries Retry-After in seconds", function()
    assert.are.equal(9, failing({ status = 429, headers = { ["retry-after"] = " 9 " } }).retry_after)
    assert.is_nil(failing({ status = 429, headers = { ["retry-after"] = "soon" } }).retry_after)
    assert.are.equal(0, failing({ status = 503, headers = {
      date = "Sun, 06 Nov 1994 08:49:37 GMT", ["retry-after"] = "Sun, 06 Nov 1994 08:49:00 GMT" } }).retry_after)
    assert.are.equal(10, failing({ status = 503, headers = {
      ["retry-after"] = "Tue, 14 Nov 2023 22:13:30 GMT" } }).retry_after)
  end)

  it("passes no key and no token on, whoever wrote it", function()
    local jwt = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl"
    local secrets = { jwt, "Bearer abc.def", "AccessKey=sesame", "http://user:pass@proxy:1",
      "grant_type=x&client_secret=sesame&y" }
    for _, secret in ipairs(secrets) do
      local err = failing {
        status = 400, headers = { ["x-ms-error-code"] = secret },
        body = ('{"message":"%s","target":"%s","details":[{"message":"%s"}],"inner":{"code":"%s"}}')
          :gsub("%%s", secret),
      }
      for _, text in ipairs { tostring(err), "" .. err, err.message, err.code, err.target, err.details[1].message,
        err.inner.code } do
        for _, part in ipairs { "c2lnbmF0dXJl", "abc.def", "sesame", "pass" } do
          assert.is_nil(text:find(part, 1, true), text)
        end
      end
      local client, transport = recorded { retry = false }
      transport:fail { kind = "proxy", message = secret }
      local _, failure = client:health()
      assert.is_nil(tostring(failure):find(secret, 1, true))
    end
  end)

  it("keeps details of any shape, without nulls and without an end", function()
    local deep = ('{"inner":'):rep(30) .. "1" .. ("}"):rep(30)
    local err = failing {
      status = 400, body = '{"details":[{"code":null,"target":7,"x":true}],"inner":' .. deep .. "}",
    }
    assert.are.same({ { target = 7, x = true } }, err.details)
    local levels, at = 0, err.inner
    while at do levels, at = levels + 1, at.inner end
    assert.are.equal(9, levels)
  end)

  it("leaves prose alone", function()
    local text = "Bearer authentication failed: the bearer token. AccessKey is wrong"
    assert.are.equal(text, errors.new({ kind = "server", message = text }).message)
  end)

  it("is known by errors.is, and has a kind of the list", function()
    assert.is_true(errors.is(failing { status = 500 }))
    assert.is_false(errors.is {})
    assert.is_false(errors.is "x")
    assert.has_error(function() errors.new { kind = "odd", message = "x" } end)
  end)
end)

-- Everything reachable from a value, without metatables.
local function texts_of(value, seen, out)
  if type(value) == "string" then
    out[#out + 1] = value
  elseif type(value) == "table" and not seen[value] then
    seen[value] = true
    for k, v in pairs(value) do
      texts_of(k, seen, out)
      texts_of(v, seen, out)
    end
    local meta = debug.getmetatable(value)
    texts_of(meta and rawget(meta, "__index"), seen, out)
  elseif type(value) == "userdata" then
    out[#out + 1] = tostring(value)
  end
  return out
end

describe("the access key", function()
  it("is in no tostring and in no table", function()
    local transport = testing.transport()
    local client = testing.client(transport)
    local hub = client:hub("chat")
    hub:send("t")
    local objects = {
      client, hub, hub:group("g"), hub:user("u"), hub:connection("c"), hub:connection("c"):stream("s"),
      hub:group("g"):pages(), client.context.credential, client.context.credential.signer,
    }
    for _, object in ipairs(objects) do
      assert.is_nil(tostring(object):find(testing.access_key, 1, true))
      transport.requests = {}
      for _, text in ipairs(texts_of(object, { [testing] = true }, {})) do
        assert.is_nil(text:find(testing.access_key, 1, true))
      end
    end
  end)

  it("is in no message about options", function()
    local signalr = require "azure.signalr"
    for _, options in ipairs {
      "Endpoint=foo;AccessKey=sesame", "AccessKey=sesame", "Endpoint=http://a;AccessKey=sesame;Version=2",
      "Endpoint=http://a;AccessKey=sesame;AccessKey=sesame2", { access_key = "sesame" },
      { endpoint = "ftp://x", access_key = "sesame" }, { endpoint = "http://a", access_key = "sesame", oops = 1 },
      { connection_string = "Endpoint=http://a;AccessKey=sesame", access_key = "sesame" },
      { connection_string = "Endpoint=http://a;AccessKey=sesame", token_provider = print },
    } do
      local ok, message = pcall(signalr.new, options)
      assert.is_false(ok)
      assert.is_nil(message:find("sesame", 1, true), message)
    end
  end)
end)
