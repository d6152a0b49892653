-- SPDX-License-Identifier: MIT
-- Time: deadlines in every phase, and giving up in the middle.
local curl = require "azure.signalr.curl"
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local fetch, request = support.fetch, support.request
local now = curl.monotonic

support.describe(describe, "curl pool, time", function(open)
  local server, pool

  setup(function() server = raw_server.start() end)
  teardown(function() server:stop() end)
  after_each(function() pool:close() end)

  local function url(path) return server.url .. (path or "/") end
  local function submit(...) return assert(pool:submit(request(url(), ...))) end

  describe("timeouts", function()
    -- Wants the request to time out after `least` seconds, and before anything else could end it: that takes a minute.
    -- The message says in which phase.
    local function timed_out(sent, least, phase, url_or_script, more)
      local target, script = url_or_script, nil
      if not target:match "^https?:" then target, script = url(), url_or_script end
      local req = request(target, script, more)
      local started = now()
      local ticket = assert(pool:submit(req))
      repeat until pool:wait(ticket, 60)
      local took = now() - started
      local reply, failure = pool:collect(ticket)
      assert.is_nil(reply)
      assert.same({ "timeout", sent }, { failure.kind, failure.sent }, failure.message)
      assert.is_true(took >= least and took < 30, "took " .. took)
      assert.matches(phase, failure.message)
    end

    it("count the waiting in the queue", function()
      pool = open { max_connections = 1 }
      local first = submit("hold 'queue' ok()", { timeout = 60 })
      timed_out("no", 0.1, "others had all connections", "ok()", { timeout = 0.1 })
      assert.is_false(pool:wait(first, 0))
      server:release "queue"
      repeat until pool:wait(first, 60)
      assert.equal(200, pool:collect(first).status)
    end)

    it("hold for a silent server, and nothing of it is left for the next request", function()
      pool = open { max_connections = 1 }
      timed_out("maybe", 0.1, "without an answer", "hold 'late' ok('late')", { timeout = 0.1 })
      server:release "late"
      assert.equal("mine", fetch(pool, url(), "ok('mine')").body)
    end)

    it("hold in the middle of the head and of the body", function()
      pool = open {}
      timed_out("maybe", 0.1, "without an answer", "write('HTTP/1.1 200 OK\\r\\nX-A: ') sleep(60)", { timeout = 0.1 })
      timed_out("maybe", 0.1, "within the answer",
        "write('HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nab') sleep(60)", { timeout = 0.1 })
    end)

    it("hold while the body is being sent", function()
      pool = open {}
      timed_out("maybe", 0.3, "without an answer", "sleep(60)",
        { method = "POST", body = ("x"):rep(20000000), headers = { "X-Body: unread" }, timeout = 0.3 })
    end)

    it("hold while connecting, and nothing was sent", function()
      local mute = raw_server.start { on_connect = "sleep(60)" }
      local target = mute.url:gsub("^http:", "https:")
      pool = open { connect_timeout = 0.2 }
      timed_out("no", 0.2, "time", target, { timeout = 60 })
      pool:close()
      pool = open { connect_timeout = 60 }
      timed_out("no", 0.1, "before there was a connection", target, { timeout = 0.1 })
      mute:stop()
    end)

    it("of nothing is over at once", function()
      pool = open {}
      timed_out("no", 0, "time allowed", "ok()", { timeout = 0 })
      timed_out("no", 0, "time allowed", "ok()", { timeout = -1 })
    end)
  end)

  describe("cancel", function()
    it("ends a ticket that waits, without touching the wire", function()
      pool = open { max_connections = 1 }
      local before = server:count "request"
      local first, second = submit "hold 'cancel' ok()", submit "ok('never')"
      pool:step(0)
      assert.is_true(pool:cancel(second))
      assert.is_true(pool:wait(second, 20))
      assert.is_false(pool:cancel(second))
      local _, failure = pool:collect(second)
      assert.same({ "cancelled", "no" }, { failure.kind, failure.sent })
      server:release "cancel"
      repeat until pool:wait(first, 60)
      assert.equal(200, pool:collect(first).status)
      assert.equal(before + 1, server:await("request", before + 1))
    end)

    it("in the middle of a body leaves nothing for the next request", function()
      pool = open { max_connections = 1 }
      for i = 1, 5 do
        local before = server:count "request"
        local ticket = submit(("write('HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nold') " ..
          "hold 'stale %d' write('-stale')"):format(i))
        while server:count "request" == before do pool:step(0.005) end
        for _ = 1, 5 do pool:step(0.005) end
        assert.is_true(pool:cancel(ticket))
        assert.is_true(pool:wait(ticket, 20))
        server:release("stale " .. i)
        local _, failure = pool:collect(ticket)
        assert.same({ "cancelled", "maybe" }, { failure.kind, failure.sent })
        local reply = fetch(pool, url(), "ok('new')")
        assert.same({ "new", false }, { reply.body, reply.reused })
      end
      assert.is_true(pool:stats().sockets <= 1)
    end)
  end)
end)
