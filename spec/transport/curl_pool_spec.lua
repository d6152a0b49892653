-- SPDX-License-Identifier: MIT
-- Tickets: the limits, the queue, closing, collection, misuse.
local curl = require "azure.signalr.curl"
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local fetch, request = support.fetch, support.request
local now = curl.monotonic

support.describe(describe, "curl pool, tickets", function(open, threaded)
  local server, pool

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)
  after_each(function()
    if pool then pool:close() end
    pool = nil
  end)

  local function url(path) return server.url .. (path or "/") end
  local function submit(...) return assert(pool:submit(request(url(), ...))) end

  -- Steps until nothing is in flight.
  local function settle(seconds)
    local deadline = now() + (seconds or 60)
    while pool:step(0.5) > 0 do assert.is_true(now() < deadline, "the pool did not settle") end
  end

  it("does nothing by itself: nothing is opened before a step", function()
    local before = server:count "open"
    pool = open {}
    assert.is_nil(pool:timeout())
    local ticket = submit "ok('a')"
    assert.equal(1, pool:in_flight())
    if not threaded then
      require("cqueues").sleep(0.05)
      assert.same({ 0, 0 }, { pool:stats().sockets, pool:timeout() })
      assert.equal(before, server:count "open")
    end
    settle()
    assert.equal(before + 1, server:count "open")
    assert.equal("a", pool:collect(ticket).body)
  end)

  it("never has more connections than the limit, and runs them in parallel", function()
    pool = open { max_connections = 4 }
    local tickets, before, requests = {}, server:count "open", server:count "request"
    for i = 1, 12 do tickets[i] = submit "hold 'limit' ok()" end
    while server:count "request" < requests + 4 do pool:step(0.01) end -- four at once, before any is answered
    server:release "limit"
    while pool:step(0.05) > 0 do
      local stats = pool:stats()
      assert.is_true(stats.sockets <= 4 and stats.active <= 4)
      if not threaded then assert.equal(stats.in_flight, stats.active + stats.waiting) end
    end
    for _, ticket in ipairs(tickets) do assert.equal(200, pool:collect(ticket).status) end
    assert.equal(before + 4, server:count "open")
    assert.equal(4, pool:stats().handles)
  end)

  it("starts what waits in the order of arrival, and tells what finished in the order of finishing", function()
    pool = open { max_connections = 1 }
    local tickets = {}
    for i = 1, 5 do tickets[i] = submit("ok('" .. i .. "')") end
    settle()
    for i = 1, 5 do assert.equal(tickets[i], pool:poll_finished()) end
    assert.is_nil(pool:poll_finished())
    for i = 1, 5 do assert.equal(tostring(i), pool:collect(tickets[i]).body) end
  end)

  it("leaves other tickets for their owners while one is waited for", function()
    pool = open {}
    local a, b = submit "ok('a')", submit "sleep(0.1) ok('b')"
    assert.is_true(pool:wait(b, 60))
    assert.equal("b", pool:collect(b).body)
    settle()
    assert.equal(a, pool:poll_finished())
    assert.equal("a", pool:collect(a).body)
  end)

  it("takes 2,000 at once", function()
    pool = open { max_connections = 32 }
    local tickets = {}
    for i = 1, 2000 do tickets[i] = submit("ok('" .. i .. "')", { timeout = 120 }) end
    settle(120)
    for i = 1, 2000 do assert.equal(tostring(i), pool:collect(tickets[i]).body) end
    local stats = pool:stats()
    assert.is_true(stats.opened <= 32)
    assert.equal(2000, stats.opened + stats.reused)
  end)

  it("refuses more than max_in_flight, and takes more once some are collected", function()
    pool = open { max_in_flight = 3 }
    local tickets = {}
    for i = 1, 3 do tickets[i] = submit "ok()" end
    local none, kind, message = pool:submit(request(url()))
    assert.is_nil(none)
    assert.equal("queue_full", kind)
    assert.is_string(message)
    settle()
    assert.is_nil((pool:submit(request(url()))))
    pool:collect(tickets[2])
    assert.is_number((pool:submit(request(url()))))
  end)

  it("never mistakes an old ticket for a new one", function()
    pool = open {}
    local old = submit "ok()"
    settle()
    pool:collect(old)
    local new = submit "ok()"
    assert.are_not.equal(old, new)
    assert.has_error(function() pool:collect(old) end, "no such ticket, or it was collected")
    assert.has_error(function() pool:collect(new) end, "the ticket is still in flight")
    assert.is_true(pool:wait(old, 0))
    assert.is_false(pool:cancel(old))
    assert.has_error(function() pool:collect(12345678) end)
  end)

  it("can be polled: the descriptor and the timeout say when to step", function()
    pool = open {}
    local cqueues = require "cqueues"
    local ticket = submit "sleep(0.05) ok('x')"
    local loop, finished = cqueues.new(), nil
    local pollable = { pollfd = pool:fd(), events = pool:events(), timeout = function() return pool:timeout() end }
    loop:wrap(function()
      while not finished do
        pool:step(0)
        finished = pool:poll_finished()
        if not finished then cqueues.poll(pollable) end
      end
    end)
    assert(loop:loop(60))
    assert.equal(ticket, finished)
    assert.equal("x", pool:collect(ticket).body)
  end)

  describe("the end", function()
    it("of a pool comes at once, whatever is in flight, and can be repeated", function()
      pool = open { max_connections = 8 }
      local ticket
      for _ = 1, 100 do ticket = submit "sleep(60) ok()" end
      pool:step(0.05)
      local started = now()
      pool:close()
      pool:close()
      assert.is_true(now() - started < 2) -- a millisecond, as a rule
      assert.matches("closed", tostring(pool))
      assert.same({ 0, 0, true, false }, { pool:step(1), pool:in_flight(), pool:wait(ticket, 1), pool:cancel(ticket) })
      assert.is_nil(pool:poll_finished() or pool:fd() or pool:events() or pool:timeout())
      local reply, failure = pool:collect(ticket)
      assert.same({ nil, "closed" }, { reply, failure.kind })
      local none, kind = pool:submit(request(url()))
      assert.same({ nil, "closed" }, { none, kind })
      assert.equal(0, pool:stats().opened)
    end)

    it("comes with collection too", function()
      local watched = server:count "open"
      for i = 1, 10 do
        local own = open {}
        own:submit(request(url(), "sleep(60) ok()"))
        while server:count "open" < watched + i do own:step(0.01) end
      end
      collectgarbage()
      collectgarbage()
      pool = open {}
      assert.equal(200, fetch(pool, url(), "ok()").status)
    end)

    it("comes at the end of a block, where Lua has that", function()
      pool = open {}
      local meta = debug.getmetatable(pool)
      meta.__close(pool)
      meta.__gc(pool)
      assert.matches("closed", tostring(pool))
    end)
  end)

  describe("misuse", function()
    before_each(function() pool = open {} end)
    local function fails(pattern, fn, ...)
      local args, n = { ... }, select("#", ...)
      local fine, message = pcall(function() return fn((unpack or table.unpack)(args, 1, n)) end) -- luacheck: ignore
      assert.is_false(fine)
      assert.matches(pattern, message)
    end

    it("of options throws, naming the option", function()
      for name, value in pairs { max_connections = 0, max_in_flight = 0, max_response = 0, connect_timeout = 0,
        verify = "yes", ca_file = 1, ca_path = "", proxy = "", io_thread = "on" } do
        fails(name, curl.pool, { [name] = value })
      end
      fails("options", curl.pool, 5)
      fails("max_connections", curl.pool, { max_connections = 1.5 })
      fails("ca_file", curl.pool, { ca_file = "a\0b" })
    end)

    it("of requests throws, naming the field, and forges no line", function()
      local function bad(pattern, fields)
        local req = request(url())
        for name, value in pairs(fields) do req[name] = value end
        fails(pattern, pool.submit, pool, req)
      end
      bad("method", { method = "G T" })
      bad("method", { method = "get" })
      bad("method", { method = "GET\r\nX: y" })
      bad("method", { method = 1 })
      bad("url", { url = "file:///etc/passwd" })
      bad("url", { url = url() .. "a b" })
      bad("url", { url = url() .. "\r\nX: y" })
      bad("url", { url = "" })
      bad("headers%[1%]", { headers = { "X: a\r\nY: b" } })
      bad("headers%[2%]", { headers = { "X: a", "no colon" } })
      bad("headers%[1%]", { headers = { "X: a\0" } })
      bad("headers%[1%]", { headers = { 5 } })
      bad("headers", { headers = "X: a" })
      bad("body", { body = 5 })
      bad("timeout", { timeout = "1" })
      bad("timeout", { timeout = 0 / 0 })
      bad("max_response", { max_response = -1 })
      fails("request", pool.submit, pool)
      fails("colon", pool.submit, request(url()))
      fails("ticket", pool.collect, pool, "x")
      fails("ticket", pool.wait, pool, 0)
      assert.equal(0, pool:in_flight())
    end)
  end)

  it("speaks over a unix socket when told to", function()
    local path = os.tmpname()
    local near = raw_server.start { path = path }
    pool = open { unix_socket = path }
    assert.equal("localhost", fetch(pool, "http://localhost/", "ok(authority)").body)
    assert.is_true(fetch(pool, "http://localhost/", "ok()").reused)
    near:stop()
    os.remove(path)
    pool:close()
    pool = open { unix_socket = path }
    local _, failure = fetch(pool, "http://localhost/", "ok()")
    assert.same({ "connect", "no" }, { failure.kind, failure.sent })
  end)

  it("copies what it is given", function()
    pool = open {}
    local body = ("b"):rep(1000)
    local req = request(url("/copied"), "ok(path .. #body)", { method = "POST", body = body .. "1" })
    local ticket = assert(pool:submit(req))
    for name in pairs(req) do req[name] = nil end
    collectgarbage()
    collectgarbage()
    settle()
    assert.equal("/copied1001", pool:collect(ticket).body)
  end)
end)
