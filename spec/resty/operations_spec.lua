-- SPDX-License-Identifier: MIT
-- All 26 operations through handlers of a real nginx, over HTTP and over TLS.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local hub_client = require "spec.support.hub_client"
local process = require "spec.support.process"

local certs = "build/certs"

local function start_nginx(connection_string, tls)
  local trust = tls and "lua_ssl_trusted_certificate $top/build/certs/ca.pem;" or ""
  return nginx.start {
    http = trust .. ([[
      init_by_lua_block {
        signalr = require "azure.signalr"
        handlers = require "spec.resty.handlers"
        client = signalr.new { connection_string = %q, retry = false }
      }]]):format(connection_string),
    server = [[
      location /op { content_by_lua_block { handlers.operation(client) } }
      location /negotiate { content_by_lua_block {
        ngx.say(require("cjson").encode(client:hub("chat"):negotiate { user_id = "alice" })) } }
      location /loaded { content_by_lua_block {
        local maps = io.open("/proc/self/maps")
        local mapped = maps and maps:read("*a") or "signalr/core.so"
        local function has(name) return tostring(mapped:find(name, 1, true) ~= nil) end
        ngx.say(tostring(package.loaded["azure.signalr.curl"]), " ", has("signalr/core.so"), " ", has("curl"))
      } }]],
  }
end

-- What each call gives, and what the client sees of it. In this order: later
-- ones build on what earlier ones did.
local expected = {
  { "health", "true" }, { "send", "true", sees = 'note ["all",{"n":1}]' },
  { "execute", "true", sees = "executed [1]" },
  { "close_connections", "true" }, { "group_add", "true" }, { "group_exists", "true" },
  { "group_send", "true", sees = 'note ["lobby"]' }, { "group_list", "1" }, { "group_remove", "true" },
  { "group_exists", "false" }, { "group_close", "true" },
  { "user_send", "true", sees = 'note ["alice"]' }, { "user_exists", "true" }, { "user_close", "true" },
  { "user_join", "true" }, { "user_in_group", "true" }, { "user_leave", "true" }, { "user_in_group", "false" },
  { "user_leave_all", "true" },
  { "connection_send", "true", sees = 'note ["you"]' }, { "connection_exists", "true" },
  { "connection_leave_all", "true" }, { "invoke", "true" },
  { "stream_send", "true" }, { "stream_complete", "true" }, { "disconnect", "true", sees = "close" },
}

local function call(web, name, id)
  local status, body = web:get(("/op?name=%s&id=%s"):format(name, id))
  assert.are.equal(200, status, body)
  return cjson.decode(body)
end

local function check_one(web, listener, row)
  local said = call(web, row[1], listener.connection_id)
  assert.are.equal(row[2], said.value, row[1] .. ": " .. cjson.encode(said))
  if row.sees == "close" then
    listener:await("closed")
  elseif row.sees then
    local target, arguments = row.sees:match("^(%S+) (.*)$")
    assert.are.equal(arguments, listener:await_target(target))
  end
  return said
end

local function run_all(web)
  local place = cjson.decode((select(2, web:get("/negotiate"))))
  local listener = hub_client.connect(place, "--ca-file", certs .. "/ca.pem")
  finally(function() listener:stop() end)
  listener:command("answer where {\"x\":1}")
  listener:command("stream s1 items")
  local done = {}
  for _, row in ipairs(expected) do
    check_one(web, listener, row)
    done[row[1]] = true
  end
  local said = call(web, "access_key", "none")
  assert.is_string(said.value.access_key)
  done.access_key = true
  said = call(web, "client_token", "none")
  assert.truthy(said.value:find("^eyJ"))
  done.client_token = true
  local count = 0
  for _ in pairs(done) do count = count + 1 end
  assert.are.equal(26, count)
  assert.are.equal("nil true false\n", (select(2, web:get("/loaded"))))
end

describe("inside nginx, all operations", function()
  setup(function() assert(process.run { "sh", "spec/support/make_certs.sh", certs }) end)

  it("work over HTTP", function()
    local service = emulator.start()
    finally(function() service:stop() end)
    local web = start_nginx(service.connection_string)
    finally(function() web:stop() end)
    run_all(web)
  end)

  it("work over TLS", function()
    local service = emulator.start("--tls-cert", certs .. "/server.pem", "--tls-key", certs .. "/server.key")
    finally(function() service:stop() end)
    local web = start_nginx((service.connection_string:gsub("127%.0%.0%.1", "localhost")), true)
    finally(function() web:stop() end)
    run_all(web)
  end)
end)
