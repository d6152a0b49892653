-- SPDX-License-Identifier: MIT
-- Tokens that many requests wait for, fetched while visitors come and go.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cqueues = require "cqueues"
local raw_server = require "spec.support.raw_server"
local socket = require "cqueues.socket"

local HTTP = [[
  lua_check_client_abort on;
  init_by_lua_block {
    calls = 0
    client = require("azure.signalr").new {
      endpoint = %q, retry = false,
      token_provider = function()
        calls = calls + 1
        while not go do ngx.sleep(0.02) end
        if again then return nil, tostring(select(2, client:hub("chat"):send("from within"))) end
        return "token" .. calls, ngx.time() + 3600
      end,
    }
  }]]

local SERVER = [[
  location /send { content_by_lua_block { ngx.say(tostring(client:hub("chat"):send("x"))) } }
  location /negotiate { content_by_lua_block {
    local place, err = client:hub("chat"):negotiate { user_id = "alice" }
    ngx.say(place and place.url and "signed" or tostring(err))
  } }
  location /impatient { content_by_lua_block {
    ngx.say(tostring(select(2, client:with { timeout = 0.1 }:hub("chat"):send("x")))) } }
  location /again { content_by_lua_block {
    go, again = true, true
    ngx.say(tostring(select(2, client:hub("chat"):send("x"))))
  } }
  location /go { content_by_lua_block { go = true } }
  location /calls { content_by_lua_block { ngx.say(calls) } }]]

local function start()
  local service = raw_server.start {
    on_request = [[
      if path:find("accessKey", 1, true) then sleep(1) ok('{"AccessKey":"' .. ("k"):rep(32) .. '","KeyId":"1"}') end
      ok()]],
  }
  local web = nginx.start { workers = 1, http = HTTP:format(service.url), server = SERVER }
  finally(function()
    web:stop()
    service:stop()
  end)
  return web, service
end

local function page(web, path)
  local status, body = web:get(path)
  assert.are.equal(200, status, body .. web:log())
  return body
end

-- A visitor who asks, and leaves as soon as something has come about.
local function leave(web, path, has_come)
  local peer = socket.connect("127.0.0.1", web.port)
  peer:setmode("bn", "bn")
  peer:write("GET " .. path .. " HTTP/1.0\r\n\r\n")
  local deadline = cqueues.monotime() + 60
  while not has_come() and cqueues.monotime() < deadline do cqueues.sleep(0.01) end
  assert.is_true(has_come())
  peer:close()
end

describe("a token that is being fetched", function()
  it("is fetched to its end when the visitor leaves for whom that began, and serves the next one", function()
    local web = start()
    leave(web, "/send", function() return page(web, "/calls") == "1\n" end)
    page(web, "/go")
    assert.are.equal("true\n", page(web, "/send"))
    assert.are.equal("1\n", page(web, "/calls"))
  end)

  it("so is the key that the service lends for negotiate", function()
    local web, service = start()
    local function keys()
      return select(2, table.concat(service:events(), "\n"):gsub("request %d+ %u+ [^\n]*accessKey", ""))
    end
    page(web, "/go")
    leave(web, "/negotiate", function() return keys() == 1 end)
    assert.are.equal("signed\n", page(web, "/negotiate"))
    assert.are.equal(1, keys())
  end)

  it("does not hold a call beyond its time, and is there for the next one", function()
    local web = start()
    assert.truthy(page(web, "/impatient"):find("credential: it is still being fetched, and no time is left", 1, true))
    page(web, "/go")
    assert.are.equal("true\n", page(web, "/send"))
    assert.are.equal("1\n", page(web, "/calls"))
  end)

  it("is not waited for by who fetches it", function()
    local web = start()
    assert.truthy(page(web, "/again"):find("what fetches it made a call that needs it", 1, true))
    assert.are.equal("1\n", page(web, "/calls"))
  end)
end)
