-- SPDX-License-Identifier: MIT
-- What works in which phase of nginx, tried in each.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cjson = require "cjson"
local emulator = require "spec.support.emulator"
local hub_client = require "spec.support.hub_client"
local process = require "spec.support.process"

local function try(name) return ('phases.try(app, "%s")'):format(name) end

local HTTP = ([[
  lua_ssl_trusted_certificate $top/build/certs/ca.pem;
  init_by_lua_block {
    local real = ngx.get_phase
    ngx.get_phase = function()
      if other_phase == "nameless" then error("unknown phase: 1048576") end
      return other_phase or real()
    end
    phases = require "spec.resty.phases"
    app = phases.new(%q)
    INIT
  }
  init_worker_by_lua_block { WORKER ngx.timer.at(0, function() TIMER end) }
  exit_worker_by_lua_block { EXIT }
  ssl_session_store_by_lua_block { STORE }
  ssl_session_fetch_by_lua_block { FETCH }
  upstream far { server 0.0.0.1; balancer_by_lua_block {
    BALANCER
    require("ngx.balancer").set_current_peer("127.0.0.1", $port)
  } }
  server {
    listen 127.0.0.1:$otherport ssl;
    ssl_certificate $top/build/certs/server.pem;
    ssl_certificate_key $top/build/certs/server.key;
    ssl_protocols TLSv1.2; ssl_session_tickets off; ssl_session_cache shared:S:1m;
    ssl_client_hello_by_lua_block { HELLO }
    ssl_certificate_by_lua_block { CERT }
    location / { return 200 "tls"; }
  }]]):gsub("INIT", try "init"):gsub("WORKER", try "init_worker"):gsub("TIMER", try "timer")
  :gsub("EXIT", try "exit_worker"):gsub("STORE", try "ssl_session_store"):gsub("FETCH", try "ssl_session_fetch")
  :gsub("BALANCER", try "balancer"):gsub("HELLO", try "ssl_client_hello"):gsub("CERT", try "ssl_cert")

local SERVER = ([[
  location /all {
    set_by_lua_block $x { SET return 1 }
    rewrite_by_lua_block { REWRITE }
    access_by_lua_block { ACCESS }
    content_by_lua_block { CONTENT ngx.say("done") }
    header_filter_by_lua_block { HEADER }
    body_filter_by_lua_block { if not ngx.arg[2] then BODY end }
    log_by_lua_block { LOG }
  }
  location /early { server_rewrite_by_lua_block { } return 200 "early"; }
  location /far { proxy_pass http://far/near; }
  location /near { return 200 "near"; }
  location /inner { content_by_lua_block {
    local ran, problem = pcall(table.sort, { 2, 1, 3 }, function(a, b) app.hub:send("called", "sort") return a < b end)
    ngx.say(tostring(problem))
    ran, problem = pcall(string.gsub, "x", "x", function() app.hub:send("called", "gsub") end)
    ngx.say(tostring(problem))
    for name in coroutine.wrap(function() coroutine.yield("wrapped") end) do
      ngx.say(tostring(app.hub:send("called", name)))
    end
    local list = setmetatable({}, { __index = function(_, key) return app.hub:send("called", key) end })
    ngx.say(tostring(list.index))
  } }
  location /future {
    content_by_lua_block {
      for _, name in ipairs { "precontent", "nameless" } do
        other_phase = name
        local ok, err = app.hub:send("called", name)
        ngx.say(tostring(ok), " ", tostring(app.client:spawn(function() return 1 end):wait()), " ",
          tostring(app.hub:enqueue("queued", name)))
        other_phase = nil
      end
    }
    header_filter_by_lua_block {
      other_phase = "header_filter_2"
      ngx.log(ngx.WARN, "FUTURE ", tostring(select(2, pcall(app.hub.send, app.hub, "called", "later"))))
      other_phase = nil
    }
  }
  location /negotiate { content_by_lua_block {
    ngx.say(require("cjson").encode(app.hub:negotiate { user_id = "alice" })) } }
  server_rewrite_by_lua_block { if ngx.var.uri == "/early" then SERVER_REWRITE end }]])
  :gsub("SERVER_REWRITE", try "server_rewrite"):gsub("SET", try "set"):gsub("REWRITE", try "rewrite")
  :gsub("ACCESS", try "access"):gsub("CONTENT", try "content"):gsub("HEADER", try "header_filter")
  :gsub("BODY", try "body_filter"):gsub("LOG", try "log"):gsub("server_rewrite_by_lua_block { }", "")

-- phase -> whether calls work, whether the queue does. In those of TLS calls work with OpenResty's patches only.
local expected = {
  init = {}, init_worker = { queue = true }, timer = { call = true, queue = true },
  ssl_client_hello = { tls = true, queue = true }, ssl_cert = { tls = true, queue = true },
  ssl_session_fetch = { tls = true, queue = true }, ssl_session_store = { queue = true },
  set = { queue = true }, server_rewrite = { call = true, queue = true }, rewrite = { call = true, queue = true },
  access = { call = true, queue = true }, content = { call = true, queue = true }, balancer = { queue = true },
  header_filter = { queue = true }, body_filter = { queue = true }, log = { queue = true }, exit_worker = {},
}

local service, web, listener

-- A TLS client that comes back with its old session.
local function knock()
  local words = { "timeout", "10", "openssl", "s_client", "-connect", "127.0.0.1:" .. web.other_port, "-tls1_2",
    "-no_ticket", "-reconnect", "-CAfile", "build/certs/ca.pem" }
  local fine, text = process.run(words)
  assert(fine, text .. web:log())
end

-- What came for another phase before is in `seen`.
local function await_queued(phase)
  local function is_it(event) return event.target == "queued" and event.arguments == ('["%s"]'):format(phase) end
  for _, event in ipairs(listener.seen) do
    if is_it(event) then return end
  end
  listener:await("invocation", is_it)
end

describe("in each phase of nginx", function()
  setup(function()
    assert(process.run { "sh", "spec/support/make_certs.sh", "build/certs" })
    service = emulator.start()
    web = nginx.start { workers = 1, http = HTTP:format(service.connection_string), server = SERVER }
    listener = hub_client.connect(cjson.decode((select(2, web:get("/negotiate")))))
    for _, path in ipairs { "/all", "/early", "/far" } do assert.are.equal(200, (web:get(path)), web:log()) end
    knock()
  end)
  teardown(function()
    listener:stop()
    web:stop()
    service:stop()
  end)

  for phase, what in pairs(expected) do
    if phase ~= "exit_worker" then
      it(phase .. (what.call and " calls" or " refuses calls") .. (what.queue and " and queues" or " and no queue"),
        function()
          local call = web:await_log("PHASE " .. phase .. " call: ([^\n]*)")
          local queue = web:await_log("PHASE " .. phase .. " queue: ([^\n]*)")
          if what.call or what.tls and call:find("^sent") then
            assert.truthy(call:find("^sent"), call)
          elseif what.tls then
            assert.truthy(call:find("without OpenResty's patch", 1, true), call)
            assert.truthy(call:find("cannot wait in the phase " .. phase .. ": use enqueue", 1, true), call)
          else
            assert.truthy(call:find("thrown", 1, true), call)
            assert.truthy(call:find("in the phase " .. phase, 1, true), call)
            assert.truthy(call:find(phase == "init" and "init_worker_by_lua" or "use enqueue", 1, true), call)
          end
          assert.truthy(queue:find(what.queue and "^taken" or "^closed nothing can be enqueued"), queue)
          if what.queue and phase ~= "init_worker" and phase ~= "timer" then
            await_queued(phase)
          end
        end)
    end
  end

  it("a callback of a C function cannot wait, and says so; other inner functions can", function()
    local _, body = web:get("/inner")
    local lines = {}
    for line in body:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.truthy(lines[1]:find("inside a callback of table.sort", 1, true), body)
    assert.truthy(lines[2]:find("inside a callback of table.sort, string.gsub", 1, true), body)
    assert.are.same({ "true", "true" }, { lines[3], lines[4] })
  end)

  it("phases of versions to come are tried, and refused only where nginx refuses them", function()
    assert.are.equal("true true true\ntrue true true\n", (select(2, web:get("/future"))))
    await_queued("nameless")
    web:await_log("FUTURE [^\n]*nginx has no sockets in the phase header_filter_2")
  end)

  it("exit_worker does neither, and says so", function()
    web:signal("QUIT")
    assert.is_true(web:await_end())
    assert.truthy(web:await_log("PHASE exit_worker call: ([^\n]*)"):find("in the phase exit_worker", 1, true))
    assert.truthy(web:await_log("PHASE exit_worker queue: ([^\n]*)"):find("nginx starts no timer any more", 1, true))
    assert.is_nil(web:log():find("signal 11", 1, true))
  end)
end)
