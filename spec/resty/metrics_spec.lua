-- SPDX-License-Identifier: MIT
-- Metrics: what all workers counted, whoever ends meanwhile.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local http = require "spec.support.plain_http"
local raw_server = require "spec.support.raw_server"

local HTTP = [[
  lua_shared_dict numbers 1m;
  lua_shared_dict queues 1m;
  lua_shared_dict small 12k;
  init_by_lua_block {
    signalr = require "azure.signalr"
    local resty = require "azure.signalr.resty"
    metrics = resty.metrics { dict = "numbers" }
    client = signalr.new { connection_string = %q, on_attempt = metrics.on_attempt, retry = { max = 1, base = 0.01 } }
    metrics:watch(client)
    queues = resty.metrics { dict = "queues", prefix = "silent" }
    silent = signalr.new { endpoint = %q, access_key = ("k"):rep(32), timeout = 300 }
    queues:watch(silent)
    other = signalr.new { connection_string = %q }
    queues:watch(other)
    tight = resty.metrics { dict = "small", prefix = "tight" }
    chat = client:hub("chat")
  }]]

local SERVER = [[
  location /metrics { content_by_lua_block { metrics:handle() } }
  location /send { content_by_lua_block { ngx.print(tostring(chat:send("note", 1))) } }
  location /raw { content_by_lua_block { client:request { method = "GET", path = "/api/nowhere" } } }
  location /silent { content_by_lua_block { for i = 1, 20 do silent:hub("x"):enqueue("x", i) end } }
  location /queues { content_by_lua_block { queues:handle() } }
  location /other { content_by_lua_block { other:hub("x"):enqueue("x", 1) other:drain(60) } }
  location /short { content_by_lua_block {
    short = short or setmetatable({}, { __mode = "k" })
    local one = signalr.new { connection_string = client_string }
    short[one.context.transport] = true
    queues:watch(one)
    one:health()
    one:close()
  } }
  location /alive { content_by_lua_block {
    collectgarbage() collectgarbage()
    local n = 0
    for _ in pairs(short) do n = n + 1 end
    ngx.print(n)
  } }
  location /fill { content_by_lua_block {
    local n = 0
    for i = 1, 10000 do
      if not ngx.shared.small:safe_set("other" .. i, ("x"):rep(100)) then break end
      n = n + 1
    end
    ngx.print(n)
  } }
  location /left { content_by_lua_block {
    local n = 0
    for _, key in ipairs(ngx.shared.small:get_keys(0)) do
      if key:find("^other") then n = n + 1 end
    end
    ngx.print(n)
  } }
  location /push { content_by_lua_block {
    for i = 1, 2000 do ngx.shared.small:set("another" .. i, ("x"):rep(100)) end
  } }
  location /attempt { content_by_lua_block {
    for i = 1, 20 do tight.on_attempt { op = "Op" .. i, seconds = 0.1 } end
  } }
  location /tight { content_by_lua_block { tight:handle() } }]]

local service, mute

local function start(workers)
  local c = service.connection_string
  local web = nginx.start { workers = workers or 2, server = SERVER,
    http = HTTP:format(c, mute.url, c) .. ("init_worker_by_lua_block { client_string = %q }"):format(c) }
  finally(function() web:stop() end)
  return web
end

local function page(web, path)
  local status, body = web:get(path)
  assert.are.equal(200, status, body .. web:log())
  return body
end

local function value(text, name)
  return tonumber(text:match("\n" .. name:gsub("[%p]", "%%%0") .. " ([%d.]+)")) or 0
end

-- Workers publish twice a second.
local function await(web, path, accept)
  local deadline = cqueues.monotime() + 60
  while true do
    local text = page(web, path)
    if accept(text) then return text end
    if cqueues.monotime() > deadline then error("it did not come about:\n" .. text, 2) end
    cqueues.sleep(0.05)
  end
end

describe("metrics", function()
  setup(function()
    service = emulator.start("--control")
    mute = raw_server.start { on_request = "hold()" }
  end)
  teardown(function()
    mute:stop()
    service:stop()
  end)

  it("count for all workers together", function()
    local web = start()
    for _ = 1, 20 do page(web, "/send") end
    page(web, "/raw")
    local opened, reused = "azure_signalr_connections_opened_total", "azure_signalr_connections_reused_total"
    local text = await(web, "/metrics", function(all) return value(all, opened) + value(all, reused) == 21 end)
    assert.are.equal(20, value(text, 'azure_signalr_requests_total{operation="SignalR_Broadcast",outcome="ok"}'), text)
    local times = "azure_signalr_request_seconds_"
    assert.are.equal(20, value(text, times .. 'count{operation="SignalR_Broadcast"}'))
    assert.are.equal(20, value(text, times .. 'bucket{operation="SignalR_Broadcast",le="+Inf"}'))
    assert.truthy(text:find('requests_total{operation="request",outcome="not_found"} 1\n', 1, true), text)
    assert.is_true(value(text, opened) >= 1 and value(text, opened) <= 8)
    for _, worker in ipairs { 0, 1 } do
      assert.truthy(text:find(('azure_signalr_queue_depth{worker="%d"} 0\n'):format(worker), 1, true), text)
    end
    for line in text:gmatch("[^\n]+") do
      assert.truthy(line:find("^# HELP [%l_]+ .") or line:find("^# TYPE [%l_]+ %l+$")
        or line:find("^[%l_]+[^ ]* [%d.e+-]+$"), line)
    end
    local _, _, headers = web:get("/metrics")
    assert.are.equal("text/plain; version=0.0.4", headers["content-type"])
  end)

  it("tell of a queue whose service is silent, and add up those of several clients", function()
    local web = start()
    page(web, "/silent")
    page(web, "/other")
    local text = await(web, "/queues", function(all)
      return all:find('\nsilent_queue_depth{worker="%d"} 4\n') and value(all, "silent_queue_accepted_total") == 21
        and value(all, "silent_queue_delivered_total") == 1
    end)
    assert.truthy(text:find('\nsilent_queue_in_flight{worker="%d"} 16\n'), text)
  end)

  it("count retries and how requests fail", function()
    local web = start()
    local status = http.request(tonumber(service.endpoint:match(":(%d+)$")), "/__control/faults", { method = "POST",
      body = '{"status":503,"code":"Error.Busy","count":3}', headers = { "Content-Type: application/json" } })
    assert.is_true(status < 300)
    page(web, "/send")
    page(web, "/send")
    local text = page(web, "/metrics")
    assert.truthy(text:find('requests_total{operation="SignalR_Broadcast",outcome="unavailable"} 3\n', 1, true), text)
    assert.truthy(text:find('retries_total{operation="SignalR_Broadcast"} 2\n', 1, true), text)
  end)

  it("let go of clients that are closed, and keep what they counted", function()
    local web = start(1)
    for _ = 1, 20 do page(web, "/short") end
    await(web, "/alive", function(n) return n == "0" end)
    local text = page(web, "/queues")
    assert.are.equal(20,
      value(text, "silent_connections_opened_total") + value(text, "silent_connections_reused_total"))
  end)

  it("take no other entry's place in a dictionary that is full, and say once that it is", function()
    local web = start(1)
    local had = page(web, "/fill")
    for _ = 1, 5 do page(web, "/attempt") end
    assert.are.equal(had, page(web, "/left"))
    page(web, "/tight")
    local _, said = web:log():gsub("the lua_shared_dict small is full", "")
    assert.are.equal(1, said, web:log())
  end)

  it("say once that other entries took the place of counts", function()
    local web = start(1)
    page(web, "/attempt")
    page(web, "/push")
    for _ = 1, 5 do page(web, "/attempt") end
    local _, said = web:log():gsub("the lua_shared_dict small lost counts to other entries", "")
    assert.are.equal(1, said, web:log())
  end)

  it("show no state of workers that are no more", function()
    local web = start(2)
    for _ = 1, 20 do page(web, "/silent") end
    local function depths(text)
      local sum, lines = 0, 0
      for depth in text:gmatch('\nsilent_queue_depth{worker="%d"} (%d+)') do sum, lines = sum + depth, lines + 1 end
      return sum, lines
    end
    await(web, "/queues", function(text) return depths(text) >= 300 end)
    local before = web:workers()
    os.execute("kill -9 " .. table.concat(before, " "))
    await(web, "/queues", function(text) return depths(text) == 0 end)
    -- After a reload there is one worker only.
    os.execute("sed -i 's/worker_processes 2/worker_processes 1/' " .. web.dir .. "/nginx.conf")
    web:signal("HUP")
    await(web, "/queues", function(text) return select(2, depths(text)) == 1 end)
  end)
end)
