-- SPDX-License-Identifier: MIT
-- Inside nginx: what a call makes of hooks that fail, of answers that are cut off, and of tokens that are refused.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local raw_server = require "spec.support.raw_server"

-- As the group's name says.
local ANSWERS = [[
  local name = string.match(path, "groups/(%w+)") or "whole"
  if name == "cut" then
    write("HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"value\":[]}")
    close()
  elseif name == "stale" and string.find(headers.authorization, "first") then
    write("HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\nContent-Length: 0\r\n\r\n")
  end
  ok()
]]

local HTTP = [[
  init_by_lua_block {
    signalr = require "azure.signalr"
    local hooks = {
      throws = function(t) return t.op .. t.nothing end,
      yields = function() coroutine.yield("rubbish") end,
      waits = function() ngx.sleep(0.001) end,
      changes = function(t) if t.error then t.error.kind = "fine" end end,
    }
    function client(options)
      options.endpoint, options.access_key, options.retry = "%s", "s3same-key", false
      return signalr.new(options)
    end
    function hooked(name) return client { on_attempt = hooks[name] } end
    function show(ok, err) ngx.print(tostring(ok), " ", tostring(type(err) == "table" and err.kind or err)) end
    asked = 0
    provided = signalr.new { endpoint = "%s", retry = false, token_provider = function()
      asked = asked + 1
      return asked == 1 and "the-first-token" or "the-next-token", ngx.time() + 3600
    end }
  }]]

local SERVER = [[
  location /hook { content_by_lua_block { show(hooked(ngx.var.arg_name):hub("h"):send("t")) } }
  location /refused { content_by_lua_block { show(hooked("changes"):hub("h"):group("cut"):list()) } }
  location /cut { content_by_lua_block {
    local c = client {}
    show(c:hub("h"):group("cut"):list())
    ngx.print(" ")
    show(c:hub("h"):group("cut"):send("t"))
    ngx.print(" ")
    show(c:request { method = "GET", path = "/api/groups/cut" })
  } }
  location /stale { content_by_lua_block {
    show(provided:hub("h"):group("stale"):send("t"))
    ngx.print(" ", asked)
  } }
  location /reach { content_by_lua_block {
    local hub = client {}:hub("h")
    hub:send("t")
    local reach = require "spec.support.reach"
    ngx.print(tostring((reach.find(hub, "Bearer e"))), " ", tostring((reach.find(provided, "%-token$"))))
  } }]]

describe("a call inside nginx", function()
  local service, web

  setup(function()
    service = raw_server.start { on_request = ANSWERS }
    web = nginx.start { http = HTTP:format(service.url, service.url), server = SERVER }
  end)
  teardown(function()
    web:stop()
    service:stop()
  end)

  local function said(path)
    local status, text = web:get(path)
    assert.are.equal(200, status, web:log())
    return text
  end

  it("has the result it had, whatever on_attempt does", function()
    for _, name in ipairs { "throws", "yields", "waits" } do
      assert.are.equal("true", said("/hook?name=" .. name):match("^%S+"))
    end
    assert.are.equal("nil reset", said "/refused")
  end)

  it("takes no answer that was cut off for a whole one", function()
    assert.are.equal("nil reset nil reset nil reset", said "/cut")
  end)

  it("asks anew for a token that is refused", function()
    assert.are.equal("true", said("/stale"):match("^%S+"))
    assert.are.equal("true", said("/stale"):match("^%S+"))
  end)

  it("leaves no token in a table", function()
    said "/stale"
    assert.are.equal("nil nil", said "/reach")
  end)
end)
