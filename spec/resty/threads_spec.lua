-- SPDX-License-Identifier: MIT
-- Many calls at a time in nginx, and what a request leaves behind: nothing.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local raw_server = require "spec.support.raw_server"
local socket = require "cqueues.socket"

local HTTP = [[
  lua_code_cache %s;
  init_by_lua_block {
    make = function(options)
      local given = { endpoint = %q, access_key = ("k"):rep(32), retry = false }
      for name, value in pairs(options or {}) do given[name] = value end
      return require("azure.signalr").new(given)
    end
  }]]

local SERVER = [[
  location /spawn { content_by_lua_block {
    client = client or make()
    local chat, seen = client:hub("chat"), {}
    local function call(name)
      client:sleep(0.05)
      local ok = chat:send(name)
      seen[#seen + 1] = name
      return ok, name
    end
    local first, second = client:spawn(call, "a"), client:spawn(call, "b")
    ngx.say(tostring(first:done()), " ", tostring(first:wait(0.001)))
    local fine, ok, name = first:wait()
    ngx.say(tostring(fine), " ", tostring(ok), " ", name, " ", tostring(second:wait(5)))
    ngx.say(#seen, " ", tostring(second:done()), " ", select(3, second:result()))
    local bad = client:spawn(function() client:sleep(0.01) error("oh no") end)
    fine, ok = bad:wait()
    ngx.say(tostring(fine), " ", tostring(ok):match("oh no"))
    local slow = client:spawn(function() client:sleep(100) end)
    ngx.say(tostring(slow:cancel()), " ", tostring(slow:cancel()), " ", tostring(select(2, slow:wait())))
  } }
  location /surplus { content_by_lua_block {
    local handle = (client or make()):spawn(ngx.sleep, 0)
    for _, use in ipairs {
      function() handle:done(1) end, function() handle:result(1) end, function() handle:wait(1, 2) end,
      function() handle:cancel(true) end, function() handle.done() end, function() handle:wait("x") end,
    } do ngx.say((select(2, pcall(use)):match("handle:.*"))) end
    handle:wait()
  } }
  location /all { content_by_lua_block {
    client = client or make()
    local chat = client:hub("chat")
    local running, most = 0, 0
    local function pause()
      running = running + 1
      most = math.max(most, running)
      client:sleep(0.1)
      running = running - 1
    end
    local results, bad = require("azure.signalr").all({
      function() return chat:send("x") end, function() return chat:user("u"):exists() end,
      function() error("bad") end, pause, pause,
    })
    ngx.say(bad, " ", tostring(results[1].ok), " ", tostring(results[2].value), " ", tostring(results[3].ok),
      " ", most)
    results, bad = chat:users { "a", "b", "c" }:send("hello", 1)
    ngx.say(#results, " ", bad)
  } }
  location /misuse { content_by_lua_block {
    client = client or make()
    for _, name in ipairs { "step", "run", "pollfd", "events", "timeout", "adopt" } do
      ngx.say(name, ": ", tostring(select(2, pcall(client[name], client))))
    end
    ngx.say(tostring(select(2, pcall(make, { io_thread = true }))))
    ngx.say(tostring(select(2, pcall(make, { spawn_yield = print }))))
    client:hub("chat"):send("still fine")
  } }
  location /nowhere {
    content_by_lua_block {
      client = client or make()
      local order = {}
      local handle = client:spawn(function() client:sleep(0) order[#order + 1] = "later" end)
      order[#order + 1] = "first"
      local function try(fn) ngx.say(tostring(select(2, pcall(table.sort, { 2, 1 }, fn)))) end
      try(function() return handle:wait() end)
      try(function() return require("azure.signalr").all {} end)
      handle:wait()
      ngx.say(table.concat(order, " "))
      kept = client:spawn(function() client:sleep(0.05) end)
    }
    log_by_lua_block {
      local signalr = require "azure.signalr"
      for _, fn in ipairs {
        function() signalr.all { function() end } end, function() client:hub("x"):users { "a" }:send("x") end,
        function() client:spawn(function() end) end, function() client:drain(1) end,
      } do ngx.log(ngx.WARN, "LOG ", tostring(select(2, pcall(fn)))) end
    }
  }
  location /list { content_by_lua_block {
    client = client or make()
    for _ in client:hub("chat"):group("g"):connections() do end
  } }
  location /caught { content_by_lua_block {
    client = client or make()
    local fine, err = pcall(function()
      for _ in client:hub("chat"):group("g"):connections() do end
    end)
    ngx.say(tostring(fine), " ", err.kind)
  } }
  location /slow { lua_check_client_abort on; content_by_lua_block {
    client = client or make { max_connections = 2, max_in_flight = 2 }
    ngx.say(tostring(client:hub("slow"):send("x")))
  } }
  location /stats { content_by_lua_block {
    local s = client.context.transport:stats()
    ngx.say(s.requests, " ", client.context.transport.out)
  } }
  location /queue { content_by_lua_block { ngx.say(tostring(make():hub("chat"):enqueue("x", 1))) } }
  location /fresh { content_by_lua_block {
    local client = make()
    ngx.say(tostring(client:hub("chat"):send("x")), " ", tostring(client:close()))
    ngx.say(tostring(select(2, pcall(client.health, client))))
  } }]]

local function start(cache, on_request)
  local service = raw_server.start { on_request = on_request or "ok()" }
  local web = nginx.start { workers = 1, http = HTTP:format(cache, service.url), server = SERVER }
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

describe("inside nginx, many at a time", function()
  it("light threads are spawned, waited for and cancelled", function()
    assert.are.equal("false nil\ntrue true a true\n2 true b\nfalse oh no\ntrue false "
      .. "client:spawn: cancelled: the spawned function was cancelled\n",
      page(start("on"), "/spawn"))
  end)

  it("all, and users, groups and connections together, run side by side", function()
    assert.are.equal("1 true true false 2\n3 0\n", page(start("on"), "/all"))
  end)

  it("the handle of a light thread checks its self and its arguments", function()
    assert.are.equal("handle:done takes no arguments, got 1\nhandle:result takes no arguments, got 1\n"
      .. "handle:wait takes 1 argument, got 2\nhandle:cancel takes no arguments, got 1\n"
      .. "handle:done must be called with a colon on its own object, as in handle:done(...); self is nil\n"
      .. "handle:wait: timeout must be a number of seconds, 0 or more, got string\n", page(start("on"), "/surplus"))
  end)

  it("what is for hosts with a loop of their own throws, and says what to do", function()
    local body = page(start("on"), "/misuse")
    for _, name in ipairs { "step", "run", "pollfd", "events", "timeout", "adopt" } do
      assert.truthy(body:find(name .. ": [^\n]*client:" .. name .. ": this transport yields by its own means[^\n]*"
        .. "handle:wait%(%)"), body)
    end
    assert.truthy(body:find("spawn_yield is for hosts that own the loop: leave it out, client:spawn", 1, true), body)
    assert.truthy(body:find("io_thread is for hosts that own the loop", 1, true), body)
  end)
end)

describe("a list that fails in nginx", function()
  local REFUSE = [[write("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")]]

  it("is told in the log, of which nginx itself would say: unknown reason", function()
    local web = start("on", REFUSE)
    assert.are.equal(500, (web:get("/list")))
    web:await_log("HubProxy_ListConnectionsInGroup: server: 500")
  end)

  it("is not told there where it is caught, and keeps its fields", function()
    local web = start("on", REFUSE)
    assert.are.equal("false server\n", page(web, "/caught"))
    assert.is_nil(web:log():find("ListConnectionsInGroup", 1, true), web:log())
  end)
end)

describe("where nothing can be waited for", function()
  it("all, spawn, wait and drain say so, and what to do", function()
    local web = start("on")
    local body = page(web, "/nowhere")
    local callback = "[^\n]*nginx cannot wait for an answer inside a callback of table.sort[^\n]*\n"
    assert.truthy(body:find("^" .. callback .. callback .. "first later\n$"), body)
    local phase = "LOG [^\n]*nginx has no sockets in the phase log, so that no answer can be waited for: use enqueue"
    web:await_log(phase .. ".*" .. phase .. ".*" .. phase .. ".*" .. phase)
  end)
end)

describe("a request", function()
  it("that its client gives up takes its connection along, and blocks nobody", function()
    local web, service = start("on", "if path:find('slow') then hold() end ok()")
    for i = 1, 6 do
      local peer = socket.connect("127.0.0.1", web.port)
      peer:setmode("bn", "bn")
      peer:write("GET /slow HTTP/1.0\r\n\r\n")
      assert.are.equal(i, service:await("request", i), web:log())
      peer:close()
    end
    service:release()
    assert.are.equal("true\n", page(web, "/slow"))
    -- Once the collector has been there, nothing is counted as being out.
    assert.truthy(page(web, "/stats"):find("^7 "))
  end)

  it("leaves nothing in flight and nothing of itself to the next one", function()
    local web, service = start("on")
    for _ = 1, 20 do page(web, "/all") end
    assert.truthy(page(web, "/stats"):find(" 0\n$"))
    assert.is_true(service:count("open") <= 5)
  end)
end)

describe("lua_code_cache off", function()
  it("works: calls, the queue, and clients that are closed", function()
    local web, service = start("off")
    for _ = 1, 5 do
      assert.are.equal("true true\n", page(web, "/fresh"):match("^[^\n]*\n"))
      assert.truthy(page(web, "/fresh"):find("the client is closed", 1, true))
      assert.are.equal("true\n", page(web, "/queue"))
    end
    assert.are.equal(15, service:await("request", 15))
    assert.is_nil(web:log():find("[error]", 1, true))
    assert.is_nil(web:log():find("signal", 1, true))
  end)
end)
