-- SPDX-License-Identifier: MIT
-- The queue of a worker: limits, order, and what hooks and scarce timers do to it.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local queue = require "spec.resty.queue_nginx"

local scarce, stats, await = queue.scarce, queue.stats, queue.await

local function start(...)
  local web, service = queue.start(...)
  finally(function()
    web:stop()
    service:stop()
  end)
  return web, service
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
    assert.are.equal("10 queue_full\n", said)
    web:await_log("REFUSED [^\n]*10 messages %(%d+ bytes%) wait in this worker's queue: queue_limit is 10 ")
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

  it("can be waited for", function()
    local web, service = start("hold() ok()")
    web:get("/push?n=100")
    assert.are.equal("nil messages that were not delivered: 100 pending\n", (select(2, web:get("/drain?for=0.1"))))
    service:release()
    assert.are.equal("true nil\n", (select(2, web:get("/drain?for=60"))))
    assert.are.equal(100, stats(web).delivered)
  end)

  it("gives up and reports what is left when closed", function()
    local web, service = start("hold() ok()")
    web:get("/push?n=100")
    assert.are.equal(16, service:await("request", 16))
    assert.truthy(select(2, web:get("/close")):find("84 lost", 1, true))
    service:release()
    local seen = await(web, function(s) return s.accepted == s.delivered + s.failed + s.lost end)
    assert.are.same({ 84, 16, 84 }, { seen.lost, seen.delivered, seen.reported })
    assert.are.equal(500, (web:get("/push?n=1")))
    assert.truthy(web:log():find("the client is closed", 1, true))
  end)

  it("puts no message in for which nginx would start no timer, and names the directive", function()
    local web = start("ok()", nil, scarce "lua_max_pending_timers 8;")
    web:get("/pending?n=8")
    assert.are.equal("0 queue_full\n", (select(2, web:get("/push?n=50"))))
    local why = select(2, web:get("/why"))
    assert.truthy(why:find("lua_max_pending_timers", 1, true), why)
    assert.is_nil(why:find("queue_limit", 1, true), why)
    local seen = stats(web)
    assert.are.same({ 0, 51 }, { seen.accepted, seen.refused })
    web:get("/free")
    await(web, function(s)
      web:get("/push?n=1")
      return s.delivered > 0
    end)
  end)

  it("sends what it took although nginx starts no more timers", function()
    local web = start("ok()", nil, scarce "lua_max_pending_timers 8;")
    web:get("/pending?n=6") -- two are left: that one which sends cannot be started
    for n = 1, 3 do
      assert.are.equal("50 none\n", (select(2, web:get("/push?n=50"))))
      await(web, function(s) return s.delivered == n * 50 end)
    end
  end)

  it("starts a sender without a finalizer", function()
    local web = start("ok()", nil, { http = "init_worker_by_lua_block { proxies = 0; local real = newproxy; "
      .. "newproxy = function(...) proxies = proxies + 1 return real(...) end }",
      server = "location /proxies { content_by_lua_block { ngx.print(proxies) } }" })
    for n = 1, 5 do
      web:get("/push?n=1")
      await(web, function(s) return s.delivered == n end)
    end
    assert.are.equal("0", (select(2, web:get("/proxies"))))
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
    local web = start("ok()", nil, scarce "lua_max_running_timers 4;")
    web:get("/running?n=4")
    assert.are.equal("50 none\n", (select(2, web:get("/push?n=50"))))
    -- All senders fall, and then the first of the long timers.
    await(web, function() return select(2, web:log():gsub("lua_max_running_timers are not enough", "")) > 16 end)
    assert.are.equal(50, stats(web).queued)
    web:get("/free")
    await(web, function(s) return s.delivered == 50 end)
  end)
end)
