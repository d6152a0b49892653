-- SPDX-License-Identifier: MIT
-- What becomes of a full queue when nginx is told to reload, to quit and to terminate.
local nginx = require "spec.support.openresty"
if not nginx.here then return end

local queue = require "spec.resty.queue_nginx"
local socket = require "cqueues.socket"

local totals = queue.totals

local function start(...)
  local web, service = queue.start(...)
  finally(function()
    web:stop()
    service:stop()
  end)
  return web, service
end

describe("a full queue", function()
  local function fill(web, n)
    local _, said = web:get("/push?n=" .. n)
    assert.are.equal(n .. " none\n", said)
  end

  -- Ends with a worker in the middle of 300 messages, 16 of which are with the service.
  local function half_way(options, workers)
    local web, service = start("hold() ok()", options, { workers = workers })
    fill(web, 300)
    assert.are.equal(16, service:await("request", 16))
    return web, service
  end

  it("is sent when nginx reloads, while new workers take over", function()
    local web, service = half_way("{ queue_limit = 1000, drain_timeout = 300 }", 2)
    web:signal("HUP")
    web:await_log("gracefully shutting down")
    service:release()
    web:await_log("AT EXIT [^\n]*\n.*AT EXIT ", 120)
    local sum = totals(web)
    assert.are.same({ 300, 300, 0, 0 }, { sum.accepted, sum.delivered, sum.failed + sum.lost, sum.left })
    assert.are.equal(300, service:count("request"))
    fill(web, 1)
  end)

  it("is sent when nginx quits", function()
    local web, service = half_way("{ queue_limit = 1000, drain_timeout = 300 }", 2)
    web:signal("QUIT")
    web:await_log("gracefully shutting down")
    service:release()
    assert.is_true(web:await_end(120))
    local sum = totals(web)
    assert.are.same({ 300, 300, 0, 0 }, { sum.accepted, sum.delivered, sum.failed + sum.lost, sum.left })
    assert.are.equal(300, service:count("request"))
  end)

  it("is given up when the time for that is over, and each message is reported", function()
    local web = half_way("{ queue_limit = 1000, drain_timeout = 1, timeout = 5 }")
    web:signal("QUIT")
    assert.is_true(web:await_end())
    local sum = totals(web)
    assert.are.same({ 300, 0, 16, 284 }, { sum.accepted, sum.delivered, sum.failed, sum.lost })
    assert.are.same({ 300, 0 }, { sum.reported, sum.left })
    assert.truthy(web:log():find("REPORT closed the worker had to end", 1, true))
  end)

  it("takes messages of requests that outlive the end of their worker", function()
    local web = start("ok()", "{ drain_timeout = 0.3 }", { server = [[
      location /hold {
        content_by_lua_block {
          ngx.say("begun") ngx.flush(true)
          while not ngx.worker.exiting() do ngx.sleep(0.02) end
          ngx.sleep(0.6)
        }
        log_by_lua_block { ngx.log(ngx.WARN, "LATE ", tostring(app.hub:enqueue("late", 1))) }
      }]] })
    local peer = socket.connect("127.0.0.1", web.port)
    peer:setmode("bn", "bn")
    peer:write("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n")
    peer:settimeout(60)
    assert(peer:read("*l"))
    fill(web, 5)
    web:signal("HUP")
    assert.are.equal("true", web:await_log("LATE (%a+)"))
    web:await_log("AT EXIT ")
    local sum = totals(web)
    assert.are.same({ 6, 6, 0 }, { sum.accepted, sum.delivered, sum.left })
  end)

  it("does not keep a worker that ends when reports put messages in", function()
    local web = start("hold() ok()", [[{ drain_timeout = 0.3, timeout = 6,
      on_error = function(app) ngx.log(ngx.WARN, "THEN ", tostring(select(2, app.hub:enqueue("report", 1)))) end }]])
    fill(web, 40)
    web:signal("QUIT")
    assert.is_true(web:await_end())
    local sum = totals(web)
    assert.are.same({ 40, 40, 0 }, { sum.accepted, sum.failed + sum.lost, sum.left })
    assert.truthy(web:log():find("THEN SignalR_Broadcast: closed: this worker ends", 1, true))
  end)

  it("is counted in the log when nginx terminates and nothing can be sent", function()
    local web, service = start("shared.n = (shared.n or 0) + 1 if shared.n > 40 then hold() end ok()",
      "{ queue_limit = 1000 }", { workers = 2 })
    fill(web, 300)
    assert.are.equal(56, service:await("request", 56))
    web:signal("TERM")
    assert.is_true(web:await_end())
    local sum = totals(web)
    assert.are.same({ 300, 40, 0, 260 }, { sum.accepted, sum.delivered, sum.failed, sum.left })
    assert.are.equal(sum.queued + sum.in_flight, sum.left)
    assert.is_nil(web:log():find("signal 11", 1, true))
    assert.is_nil(web:log():find("signal 6", 1, true))
  end)
end)
