-- SPDX-License-Identifier: MIT
-- The queue of a worker: limits, order, and what becomes of it when nginx is
-- told to reload, to quit and to terminate.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local cqueues = require "cqueues"
local socket = require "cqueues.socket"
local raw_server = require "spec.support.raw_server"

local SERVER = [[
  location /push { content_by_lua_block { queue.push(app) } }
  location /stats { content_by_lua_block { ngx.say(queue.line(app)) } }
  location /drain { content_by_lua_block {
    local done, undelivered = app.client:drain(tonumber(ngx.var.arg_for))
    ngx.say(tostring(done), " ", tostring(undelivered)) } }
  location /close { content_by_lua_block {
    local _, undelivered = app.client:close()
    ngx.say(tostring(undelivered)) } }]]

-- A service that answers as the code says, and an nginx whose queue goes there.
local function start(on_request, options, more)
  more = more or {}
  local service = raw_server.start { on_request = on_request }
  local web = nginx.start {
    workers = more.workers or 1, server = SERVER .. (more.server or ""), http = (more.http or "") .. ([[
      init_by_lua_block { queue = require "spec.resty.queue" app = queue.new(%q, %s) }
      exit_worker_by_lua_block { ngx.log(ngx.WARN, "AT EXIT ", queue.line(app)) }
    ]]):format(service.url, options or "{}"),
  }
  finally(function()
    web:stop()
    service:stop()
  end)
  return web, service
end

local function numbers(line)
  local all = {}
  for name, value in line:gmatch("([%a_]+) (%d+)") do all[name] = tonumber(value) end
  return all
end

local function stats(web) return numbers((select(2, web:get("/stats")))) end

local function await(web, accept)
  local deadline = cqueues.monotime() + 10
  local seen
  repeat
    seen = stats(web)
    if accept(seen) then return seen end
    cqueues.sleep(0.02)
  until cqueues.monotime() > deadline
  error("it did not come about; accepted " .. seen.accepted .. ", delivered " .. seen.delivered, 2)
end

-- The last words of all workers that ended so far, added up.
local function totals(web)
  local sum = { left = 0, accepted = 0, delivered = 0, failed = 0, lost = 0, queued = 0, in_flight = 0, reported = 0 }
  for line in web:log():gmatch("AT EXIT ([^\n]*)") do
    for name, value in pairs(numbers(line)) do sum[name] = (sum[name] or 0) + value end
  end
  for count in web:log():gmatch("ended with (%d+) messages") do sum.left = sum.left + tonumber(count) end
  return sum
end

describe("the queue of a worker", function()
  it("sends what it takes, over a few kept connections", function()
    local web, service = start("ok()")
    assert.are.equal("200 none\n", (select(2, web:get("/push?n=200"))))
    local seen = await(web, function(s) return s.delivered == 200 end)
    assert.are.same({ 0, 0, 0 }, { seen.failed, seen.queued, seen.in_flight })
    assert.are.equal(200, service:count("request"))
    assert.is_true(service:count("open") <= 16)
  end)

  it("is bounded by count and by bytes, and says so", function()
    local web = start("sleep(0.5) ok()", "{ queue_limit = 10, queue_bytes = 2000 }")
    local _, said = web:get("/push?n=50")
    assert.are.equal("queue_full", said:match("%d+ (%S+)"))
    local seen = stats(web)
    assert.are.same({ 10, 40 }, { seen.accepted, seen.refused })
    await(web, function(s) return s.delivered == seen.accepted end)
    _, said = web:get("/push?n=3&size=1000")
    assert.are.equal("1 queue_full\n", said)
  end)

  it("gives up the oldest where the caller wants that, and reports each", function()
    local web = start("sleep(0.3) ok()", '{ queue_limit = 10, queue_policy = "drop_oldest" }')
    assert.are.equal("60 none\n", (select(2, web:get("/push?n=60"))))
    local seen = await(web, function(s) return s.delivered + s.dropped == 60 end)
    assert.are.same({ 10, 50, 50, 0 }, { seen.delivered, seen.dropped, seen.reported, seen.failed })
    assert.truthy(web:log():find("REPORT queue_full", 1, true))
  end)

  it("keeps the order for a destination, one in flight", function()
    local web, service = start("sleep(0.002) ok()", "{ ordered = true }")
    assert.are.equal("40 none\n", (select(2, web:get("/push?n=40"))))
    await(web, function(s) return s.delivered == 40 end)
    local ends = {}
    for _, line in ipairs(service:events()) do
      local size = line:match("^request %d+ POST %S+ (%d+)")
      ends[#ends + 1] = tonumber(size)
    end
    -- The numbers 1 to 9 have one digit: bodies never become shorter.
    for i = 2, #ends do assert.is_true(ends[i] >= ends[i - 1]) end
    assert.are.equal(1, service:count("open"))
  end)

  it("reports what fails, and goes on", function()
    local web = start([[
      if count % 2 == 1 then return ok() end
      write("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")]])
    web:get("/push?n=100")
    local seen = await(web, function(s) return s.delivered + s.failed == 100 end)
    assert.is_true(seen.failed > 20 and seen.failed == seen.reported)
  end)

  it("can be waited for, and gives up and reports what is left when closed", function()
    local web = start("sleep(0.2) ok()")
    web:get("/push?n=100")
    assert.truthy(select(2, web:get("/drain?for=0.1")):find("^nil messages that were not delivered: %d+ pending"))
    assert.are.equal("true nil\n", (select(2, web:get("/drain?for=5"))))
    assert.are.equal(100, stats(web).delivered)
    web:get("/push?n=100")
    assert.truthy(select(2, web:get("/close")):find("%d+ lost"))
    local seen = await(web, function(s) return s.accepted == s.delivered + s.failed + s.lost end)
    assert.is_true(seen.lost >= 80)
    assert.are.equal(seen.failed + seen.lost, seen.reported)
    assert.are.equal(500, (web:get("/push?n=1")))
    assert.truthy(web:log():find("the client is closed", 1, true))
  end)
end)

describe("the queue of a worker, whatever hooks do:", function()
  local REFUSE = [[write("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")]]
  local GC = { server = [[ location /gc { content_by_lua_block { collectgarbage() } } ]] }

  it("reports that put messages in do not go round in circles", function()
    local web = start("sleep(0.3) ok()", [[{ queue_limit = 40, queue_policy = "drop_oldest",
      on_error = function(app) app.hub:enqueue("report", 1) end }]])
    assert.are.equal("60 none\n", (select(2, web:get("/push?n=60"))))
    local seen = await(web, function(s) return s.queued + s.in_flight == 0 and s.reported == s.dropped end)
    assert.is_true(seen.dropped >= 20 and seen.delivered >= 40)
    assert.are.equal(60 + seen.dropped, seen.accepted + seen.refused)
  end)

  it("nor do those of messages that fail at once", function()
    local web = start("ok()", [[{ endpoint = "http://nowhere.test", queue_limit = 40,
      on_error = function(app) app.hub:enqueue("report", 1) end }]])
    assert.are.equal("20 none\n", (select(2, web:get("/push?n=20"))))
    local seen = await(web, function(s) return s.reported > 1000 end)
    assert.is_true(seen.queued + seen.in_flight <= 40)
  end)

  it("a report that ends its timer stops no later message", function()
    local web = start(REFUSE, "{ on_error = function() ngx.exit(200) end }", GC)
    web:get("/push?n=40")
    local seen = await(web, function(s)
      web:get("/gc")
      web:get("/push?n=1")
      return s.failed >= 40
    end)
    assert.are.equal(seen.failed, seen.reported)
  end)

  it("a hook that ends its timer in the middle of a message makes a failure of it", function()
    local web = start("ok()", "{ on_attempt = function() ngx.exit(200) end }", GC)
    web:get("/push?n=20")
    local seen = await(web, function(s)
      web:get("/gc")
      web:get("/push?n=1")
      return s.failed >= 20
    end)
    assert.are.same({ 0, seen.failed }, { seen.delivered, seen.reported })
    assert.truthy(web:log():find("REPORT cancelled a hook ended the timer", 1, true))
  end)

  it("timers that nginx lets fall because too many run stop no later message", function()
    local web = start("ok()", nil, { http = "lua_max_running_timers 4;", server = [[
      location /busy { content_by_lua_block {
        for _ = 1, 4 do ngx.timer.at(0, function() ngx.sleep(0.5) end) end
      } }]] })
    web:get("/busy")
    cqueues.sleep(0.1)
    assert.are.equal("50 none\n", (select(2, web:get("/push?n=50"))))
    cqueues.sleep(0.6)
    assert.are.equal(50, stats(web).queued, "no timer fell")
    await(web, function(s) return s.delivered == 50 end)
  end)
end)

describe("a full queue", function()
  local function fill(web, n)
    local _, said = web:get("/push?n=" .. n)
    assert.are.equal(n .. " none\n", said)
  end

  it("is sent when nginx reloads, while new workers take over", function()
    local web, service = start("sleep(0.05) ok()", "{ queue_limit = 1000 }", { workers = 2 })
    fill(web, 300)
    web:signal("HUP")
    web:await_log("AT EXIT [^\n]*\n.*AT EXIT ", 15)
    local sum = totals(web)
    assert.are.same({ 300, 300, 0, 0 }, { sum.accepted, sum.delivered, sum.failed + sum.lost, sum.left })
    assert.are.equal(300, service:count("request"))
    fill(web, 1)
  end)

  it("is sent when nginx quits", function()
    local web, service = start("sleep(0.05) ok()", "{ queue_limit = 1000 }", { workers = 2 })
    fill(web, 300)
    web:signal("QUIT")
    assert.is_true(web:await_end())
    local sum = totals(web)
    assert.are.same({ 300, 300, 0, 0 }, { sum.accepted, sum.delivered, sum.failed + sum.lost, sum.left })
    assert.are.equal(300, service:count("request"))
  end)

  it("is given up when the time for that is over, and each message is reported", function()
    local web, service = start("sleep(0.3) ok()", "{ queue_limit = 1000, drain_timeout = 1 }")
    fill(web, 300)
    local began = cqueues.monotime()
    web:signal("QUIT")
    assert.is_true(web:await_end())
    assert.is_true(cqueues.monotime() - began < 4)
    local sum = totals(web)
    assert.are.equal(300, sum.accepted)
    assert.are.equal(300, sum.delivered + sum.failed + sum.lost)
    assert.is_true(sum.delivered > 0 and sum.lost > 100)
    assert.are.same({ sum.failed + sum.lost, 0 }, { sum.reported, sum.left })
    assert.is_true(service:count("request") >= sum.delivered)
    assert.truthy(web:log():find("REPORT closed the worker had to end", 1, true))
  end)

  it("takes messages of requests that outlive the end of their worker", function()
    local web = start("ok()", "{ drain_timeout = 0.3 }", { server = [[
      location /hold {
        content_by_lua_block { ngx.say("begun") ngx.flush(true) ngx.sleep(1.5) }
        log_by_lua_block { ngx.log(ngx.WARN, "LATE ", tostring(app.hub:enqueue("late", 1))) }
      }]] })
    local peer = socket.connect("127.0.0.1", web.port)
    peer:setmode("bn", "bn")
    peer:write("GET /hold HTTP/1.0\r\n\r\n")
    assert(peer:read("*l"))
    fill(web, 5)
    web:signal("HUP")
    assert.are.equal("true", web:await_log("LATE (%a+)"))
    web:await_log("AT EXIT ")
    local sum = totals(web)
    assert.are.same({ 6, 6, 0 }, { sum.accepted, sum.delivered, sum.left })
  end)

  it("does not keep a worker that ends when reports put messages in", function()
    local web = start("sleep(5) ok()", [[{ drain_timeout = 0.3, timeout = 1,
      on_error = function(app) ngx.log(ngx.WARN, "THEN ", tostring(select(2, app.hub:enqueue("report", 1)))) end }]])
    fill(web, 40)
    web:signal("QUIT")
    assert.is_true(web:await_end(5))
    local sum = totals(web)
    assert.are.same({ 40, 40, 0 }, { sum.accepted, sum.failed + sum.lost, sum.left })
    assert.truthy(web:log():find("THEN SignalR_Broadcast: closed: this worker ends", 1, true))
  end)

  it("is counted in the log when nginx terminates and nothing can be sent", function()
    local web, service = start("sleep(0.05) ok()", "{ queue_limit = 1000 }", { workers = 2 })
    fill(web, 300)
    cqueues.sleep(0.12)
    web:signal("TERM")
    assert.is_true(web:await_end())
    local sum = totals(web)
    assert.are.equal(300, sum.accepted)
    assert.is_true(sum.left > 100)
    assert.are.equal(300, sum.delivered + sum.failed + sum.left)
    assert.are.equal(sum.queued + sum.in_flight, sum.left)
    assert.is_true(service:count("request") >= sum.delivered)
    assert.is_nil(web:log():find("signal 11", 1, true))
    assert.is_nil(web:log():find("signal 6", 1, true))
  end)
end)
