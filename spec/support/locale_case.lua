-- SPDX-License-Identifier: MIT
-- The program of locale_spec: every way of calling, in a host that sets a locale before the library is loaded, or
-- after.
--   lua spec/support/locale_case.lua URL LOCALE before|after
local url, locale, moment = arg[1], arg[2], arg[3]

local function enter()
  assert(os.setlocale(locale), locale)
  assert(rawget(_G, "jit") or tostring(1.5) == "1,5", "the locale has no comma") -- the test itself is in earnest
end

if moment == "before" then enter() end
local signalr = require "azure.signalr"
local testing = require "azure.signalr.testing"
local complaints = {}

local function want(what, expected, got)
  if tostring(got) ~= expected then
    complaints[#complaints + 1] = ("%s: wanted %s, got %s"):format(what, expected, tostring(got))
  end
end

local function recorded(options)
  local transport = testing.transport()
  return testing.client(transport, options), transport
end

local function error_of(_, err) return err end

local function sending()
  local client, transport = recorded { application = "SHOPI" }
  client:hub("INBOX_I"):send("t", 1.5, 1e300, { x = 1234567.25 })
  local request = transport.requests[1]
  want("body", '{"target":"t","arguments":[1.5,1e+300,{"x":1234567.25}]}', request.body)
  want("url", "https://contoso.service.signalr.net/api/hubs/inbox_i/:send?application=shopi&api-version=2024-12-01",
    request.url)
  client:request { method = "GET", path = "/api/x", query = { a = 1.5, ["API-VERSION"] = "I" } }
  want("query", "API-VERSION=I&a=1.5", transport.requests[2].url:match("?(.*)"))
  want("claims", "true", client:hub("h"):negotiate { claims = { weight = 2.5 }, expires_in = 60 } ~= nil)
  want("nameid", "false", (pcall(function() client:hub("h"):negotiate { claims = { NAMEID = "x" } } end)))
  want("a filter", "a gt 1.5", (signalr.filter("a gt %d", 1.5)))
  want("a bad path", "false", (pcall(client.request, client, { method = "GET", path = "/api/\195\189" })))
  want("a bad hub", "invalid", select(2, client:hub("a\253"):send("t")).kind)
  want("a bad hub of letters", "invalid", select(2, client:hub("a\195\189"):send("t")).kind)
end

local function reading()
  local client, transport = recorded { retry = false }
  local hub = client:hub "h"
  transport:reply { status = 202, body = '{"statusCode":202,"message":"m","jsonObject":{"load":0.25}}' }
  local sent, info = hub:send("t")
  want("an accepted send", "true", sent)
  want("its info", "true", info.json_object.load == 0.25 and info.status_code == 202)
  transport:reply { status = 200, body = '{"result":[1.5,12345.678]}' }
  local ran, value = hub:connection("c"):invoke("f")
  want("a result", "true", ran and value[1] == 1.5 and value[2] == 12345.678)
  transport:reply { status = 404, headers = { ["x-ms-error-code"] = "INFO.USER.NOTINGROUP" } }
  want("in_group", "false", hub:user("u"):in_group("g"))
  transport:reply { status = 404, headers = { ["x-ms-error-code"] = "WARNING.CONNECTION.NOTEXISTED" } }
  want("gone", "true", (hub:connection("c"):disconnect()))
  transport:reply { status = 500, headers = { ["x-ms-error-code"] = "ERROR.CONNECTION.NOTEXISTED" } }
  want("a client that is gone", "client_gone", error_of(hub:connection("c"):invoke("f")).kind)
  transport:reply { status = 400, body = '{"code":7.5,"details":[{"at":0.5}]}' }
  local err = error_of(hub:send("t"))
  want("an error", "400 (7.5) true", err.message .. " " .. tostring(err.details[1].at == 0.5))
  transport:reply { status = 429, headers = {
    ["retry-after"] = "SUN, 06 APR 1986 08:49:37 GMT", date = "SUN, 06 APR 1986 08:49:30 GMT" } }
  want("a date", "true", error_of(hub:send("t")).retry_after == 7)
  transport:reply { status = 401, headers = { ["WWW-Authenticate"] = 'BEARER ERROR_DESCRIPTION="why"' } }
  want("a challenge", "true", error_of(hub:send("t")).message:find("401: why", 1, true) ~= nil)
  transport:reply { status = 200, body = '{"value":[],"nextLink":"?CONTINUATIONTOKEN=I"}' }
  want("a page's token", "I", hub:group("g"):pages():next().token)
end

local function saying()
  local client, transport = recorded { retry = false }
  transport.clock = transport.clock + 0.5
  local settings = client:with { timeout = 1e-30 }
  transport:advance(1)
  want("a short time", "true", error_of(settings:hub("h"):send("t")).message:find("1e-30 s", 1, true) ~= nil)
  local _, message = pcall(client.with, client, { timeout = -1.5 })
  want("misuse", "true", message:find("got -1.5", 1, true) ~= nil)
  _, message = pcall(signalr.new, { ENDPOINT = "x" })
  want("a hint", "true", message:find('did you mean "endpoint"?', 1, true) ~= nil)
end

local function over_the_network()
  for _, io_thread in ipairs { false, true } do
    local told = {}
    local client = signalr.new {
      endpoint = url, access_key = "key", io_thread = io_thread, retry = false, timeout = 10,
      on_error = function(err) told[#told + 1] = tostring(err) end,
    }
    local hub = client:hub "INBOX_I"
    want("a blocking send", "true", (hub:send("t", 0.5)))
    local handle = client:spawn(function() return hub:send("t", 0.5) end)
    client:run()
    want("a spawned send", "true", select(2, handle:result()))
    want("an enqueued send", "true", hub:enqueue("t", 0.5))
    want("its end", "true", (client:drain(10)))
    want("what was told", "", table.concat(told, "; "))
    client:close()
  end
end

if moment == "after" then enter() end
sending()
reading()
saying()
over_the_network()
io.write(table.concat(complaints, "\n"))
