-- SPDX-License-Identifier: MIT
-- The README's lines for nginx, as they stand there, and what visitors may send to them.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local hub_client = require "spec.support.hub_client"

local function readme_lines()
  local file = assert(io.open("README.md", "rb"))
  local text = file:read("*a")
  file:close()
  return assert(text:match("```nginx\n(.-)```"), "the README has no lines for nginx")
end

local SESSIONS = [[
  init_worker_by_lua_block {
    local users = { ["of-alice"] = { id = "alice" }, ["of-nobody"] = { id = ".." }, ["of-bytes"] = { id = "\255" } }
    function session_of(cookie) return users[cookie] end
  }]]

describe("the README's lines for nginx", function()
  local service, web

  setup(function()
    service = emulator.start()
    web = nginx.start {
      env = "AZURE_SIGNALR_CONNECTION_STRING=" .. service.connection_string,
      main = "env AZURE_SIGNALR_CONNECTION_STRING;",
      http = SESSIONS .. readme_lines():gsub("server {", "server { listen 127.0.0.1:$otherport;"),
    }
    web.port = web.other_port
  end)
  teardown(function()
    web:stop()
    service:stop()
  end)

  local function negotiate(session)
    return web:get("/chat/negotiate", { method = "POST", body = "", headers = { "Cookie: session=" .. session } })
  end

  it("let in who is logged in, say what is said, and stream the access log", function()
    local status, body = negotiate("of-alice")
    assert.are.equal(200, status, body .. web:log())
    local listener = hub_client.connect(cjson.decode(body))
    finally(function() listener:stop() end)
    status, body = web:get("/say?text=hello")
    assert.are.same({ 200, "ok\n" }, { status, body })
    assert.are.equal('["hello"]', listener:await_target("said"))
    assert.are.equal('["/say"]', listener:await_target("request"))
  end)

  it("turn away who is not logged in, whatever the cookie says", function()
    assert.are.equal(401, (negotiate("alice")))
    assert.are.equal(400, (negotiate("of-nobody")))
    assert.are.equal(400, (negotiate("of-bytes")))
  end)

  it("throw for nothing that a visitor sends", function()
    for _, path in ipairs { "/say?text=\255\254", "/say?text=\237\160\128", "/say?text=", "/say", "/say?text=%00",
      "/%FF", "/%C3%28", "/say?text=" .. ("x"):rep(3000) } do
      local status = web:get(path)
      assert.is_true(status == 200 or status == 404, path .. web:log())
    end
    for _, cookie in ipairs { "", "..", "\255", "%ff" } do assert.are.equal(401, (negotiate(cookie))) end
    assert.is_nil(web:log():find("by_lua[^\n]*runtime error"), web:log())
    assert.is_nil(web:log():find("failed to run", 1, true), web:log())
  end)
end)
