-- SPDX-License-Identifier: MIT
-- Inside stream {}, where nginx has its Lua module for that (OpenResty does; Debian 12 does not).
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local emulator = require "spec.support.emulator"
local hub_client = require "spec.support.hub_client"
local socket = require "cqueues.socket"

local STREAM = [[
  stream {
    lua_package_path "$top/lua/?.lua;$top/lua/?/init.lua;;/usr/share/lua/5.1/?.lua";
    lua_package_cpath "$top/build/luajit/?.so;;";
    init_by_lua_block {
      client = require("azure.signalr").new { connection_string = %q, retry = false }
      chat = client:hub("chat")
    }
    init_worker_by_lua_block { assert(chat:enqueue("queued", "init_worker")) }
    server {
      listen 127.0.0.1:$otherport;
      preread_by_lua_block { ok, err = chat:send("called", "preread") }
      content_by_lua_block {
        ngx.say(tostring(ok), " ", tostring(chat:user("alice"):exists()), " ", chat:negotiate{ user_id = "alice" }.url)
        local all = require("azure.signalr").all { function() return chat:send("called", "all") end }
        ngx.say(tostring(all[1].ok), " ", tostring(client:spawn(function() return client:sleep(0.01) end):wait()))
      }
      log_by_lua_block {
        chat:enqueue("queued", "log")
        ngx.log(ngx.WARN, "IN LOG ", tostring(select(2, pcall(chat.send, chat, "called", "log"))))
      }
    }
  }]]

describe("inside stream {}", function()
  it("calls, the queue, spawned functions and tokens work", function()
    local modules = nginx.stream_modules()
    if not modules then return pending "this nginx has no Lua module for stream {}" end
    local service = emulator.start()
    local web = nginx.start { workers = 1, modules = modules, main = STREAM:format(service.connection_string) }
    finally(function()
      web:stop()
      service:stop()
    end)
    local client = require("azure.signalr").new(service.connection_string)
    local listener = hub_client.connect(client:hub("chat"):negotiate { user_id = "alice" })
    finally(function()
      listener:stop()
      client:close()
      web:stop()
      service:stop()
    end)
    local peer = socket.connect("127.0.0.1", web.other_port)
    peer:settimeout(60)
    assert.are.equal("true true " .. service.endpoint .. "/client/?hub=chat", peer:read("*l"), web:log())
    assert.are.equal("true true", peer:read("*l"), web:log())
    peer:close()
    assert.are.equal('["preread"]', listener:await_target("called"))
    assert.are.equal('["all"]', listener:await_target("called"))
    assert.are.equal('["log"]', listener:await_target("queued"))
    web:await_log("IN LOG [^\n]*nginx has no sockets in the phase log")
  end)
end)
