-- SPDX-License-Identifier: MIT
-- The queue against a service that refuses, breaks off, stays silent and lies: whatever happens, each message that was
-- accepted is delivered, or counted and told once.
local host = require "spec.games.host"
local raw_server = require "spec.support.raw_server"
local signalr = require "azure.signalr"
local support = require "spec.support.pool"

-- The table `string` is the same for all requests: what a script keeps there, the next one finds.
local CHAOS = [[
  local n = (string.n or 0) + 1
  string.n = n
  local dice = (n * 7919 + 3) % 12
  if dice == 0 then close()
  elseif dice == 1 then write("HTTP/1.1 429 x\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n")
  elseif dice == 2 then write("HTTP/1.1 503 x\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy")
  elseif dice == 3 then write("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n")
  elseif dice == 4 then sleep(60) write("HTTP/1.1 202 x\r\nContent-Length: 0\r\n\r\n")
  elseif dice == 5 then write("HTTP/1.1 202 x\r\nContent-Le") close()
  elseif dice == 6 then write("HTTP/1.1 202 x\r\nContent-Length: 19\r\n\r\n{\"isSuccess\":false}")
  elseif dice == 7 then write("HTTP/1.1 202 x\r\nContent-Length: 18\r\n\r\n{\"isSuccess\":true}")
  elseif dice == 8 then write("HTTP/1.1 202 x\r\nContent-Length: 3\r\n\r\nwow")
  else write("HTTP/1.1 202 x\r\nContent-Length: 0\r\n\r\n") end
]]

-- Two are refused before one is taken; two for one place at a time are an error; so is one before its turn.
local IN_TURN = [[
  local busy, tries = string.busy or {}, string.tries or {}
  string.busy, string.tries = busy, tries
  busy[path] = (busy[path] or 0) + 1
  local clash = busy[path] > 1
  sleep(0.002)
  busy[path] = busy[path] - 1
  tries[body] = (tries[body] or 0) + 1
  local status = clash and 400 or tries[body] < 3 and 503 or 202
  write("HTTP/1.1 " .. status .. " x\r\nX-Ms-Error-Code: Error.Test\r\nContent-Length: 0\r\n\r\n")
]]

local function balance(client)
  local s = client:queue_stats()
  assert.are.equal(s.accepted, s.delivered + s.failed + s.dropped + s.lost + s.pending)
  return s
end

local function open(server, options)
  local told = {}
  local all = {
    endpoint = server.url, access_key = "key", timeout = 60, retry = { max = 3, base = 0.005, cap = 0.02 },
    on_error = function(err, what) told[#told + 1] = { err = err, what = what } end,
  }
  for name, value in pairs(options) do all[name] = value end
  return signalr.new(all), told
end

-- Each body is told at most once, with what it was.
local function check_told(told, count)
  local seen = {}
  for _, one in ipairs(told) do
    assert.are.equal("enqueue", one.what.source)
    assert.are.equal("m", one.what.target)
    assert.is_nil(seen[one.what.body])
    seen[one.what.body] = true
  end
  assert.are.equal(count, #told)
end

host.describe(describe, "the queue under faults", function(kind)
  for _, ordered in ipairs { false, true } do
    it("counts and tells everything" .. (ordered and ", ordered" or ""), function()
      local server = raw_server.start { on_request = CHAOS }
      local client, told = open(server, { io_thread = kind.io_thread, ordered = ordered, timeout = 1.5 })
      local hub = client:hub("chat")
      for i = 1, 300 do
        assert(hub:group("g" .. i % 40):enqueue("m", i))
        if i % 20 == 0 then
          client:step(0)
          balance(client)
        end
      end
      local deadline = host.now() + 60
      while balance(client).pending > 0 and host.now() < deadline do client:step(0.05) end
      client:step(0)
      local s = balance(client)
      server:stop()
      assert.are.same({ 300, 0, 0, 0 }, { s.accepted, s.pending, s.unreported, s.bytes })
      assert.is_true(s.delivered > 30 and s.failed > 20, ("%d delivered, %d failed"):format(s.delivered, s.failed))
      check_told(told, s.failed)
      local kinds = {}
      for _, one in ipairs(told) do kinds[one.err.kind] = true end
      for _, name in ipairs { "reset", "timeout", "server", "failed", "protocol" } do
        assert.is_true(kinds[name], "none of kind " .. name)
      end
      client:close()
    end)
  end

  it("sends one at a time for each destination, in order, across retries", function()
    local server = raw_server.start { on_request = IN_TURN }
    local client, told = open(server, { io_thread = kind.io_thread, ordered = true })
    local hub = client:hub("chat")
    for i = 1, 60 do assert(hub:group("g" .. i % 5):enqueue("m", i, ("x"):rep(2 * i))) end
    assert(client:drain(60))
    assert.are.equal(0, #told)
    local longest, seen = {}, 0
    for _, line in ipairs(server:events()) do
      local path, size = line:match("^request %d+ POST (%S+) (%d+)$")
      if path then
        seen, size = seen + 1, tonumber(size)
        assert.is_true(size >= (longest[path] or 0), line)
        longest[path] = size
      end
    end
    assert.are.equal(180, seen)
    server:stop()
    client:close()
  end)

  it("honours Retry-After, as seconds and as a date", function()
    for _, headers in ipairs {
      "Retry-After: 1\\r\\n",
      "Retry-After: Wed, 01 Jan 2070 00:00:01 GMT\\r\\nDate: Wed, 01 Jan 2070 00:00:00 GMT\\r\\n",
    } do
      local server = raw_server.start { on_request = [[
        string.n = (string.n or 0) + 1
        local refused = string.n == 1
        write("HTTP/1.1 " .. (refused and 429 or 202) .. " x\r\n" .. (refused and "]] .. headers .. [[" or "")
          .. "Content-Length: 0\r\n\r\n")
      ]] }
      local client = open(server, { io_thread = kind.io_thread })
      client:hub("chat"):enqueue("m")
      local took, ok = host.timed(client.drain, client, 60)
      server:stop()
      client:close()
      assert.is_true(ok)
      assert.is_true(took >= 0.99 and took < 30, "took " .. took)
    end
  end)

  it("gives up on a service that is not there, after its attempts", function()
    local retry = { max = 2, base = 0.005, cap = 0.02 }
    local client, told = open({ url = "http://127.0.0.1:1" }, { io_thread = kind.io_thread, retry = retry })
    for i = 1, 20 do client:hub("chat"):enqueue("m", i) end
    local ok, undelivered = client:drain(60)
    assert.is_nil(ok)
    assert.are.equal("messages that were not delivered: 20 failed", tostring(undelivered))
    check_told(told, 20)
    assert.are.same({ "connect", 3, "no" }, { told[1].err.kind, told[1].err.attempts, told[1].err.sent })
    balance(client)
    client:close()
  end)

  it("reads a lie in a 2xx as send does", function()
    local server = raw_server.start {
      on_request = [[write("HTTP/1.1 202 x\r\nContent-Length: 19\r\n\r\n{\"isSuccess\":false}")]],
    }
    local client, told = open(server, { io_thread = kind.io_thread })
    local _, err = client:hub("chat"):send("m")
    client:hub("chat"):enqueue("m")
    client:drain(60)
    server:stop()
    local other = told[1].err
    assert.are.same({ err.kind, err.message, err.status }, { other.kind, other.message, other.status })
    client:close()
  end)

  it("explains an error as send does", function()
    local server = raw_server.start {
      on_request = [[write("HTTP/1.1 401 x\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n")]],
    }
    local client, told = open(server, { io_thread = kind.io_thread })
    client:hub("chat"):enqueue("m")
    client:drain(60)
    server:stop()
    local text = tostring(told[1].err)
    assert.is_truthy(text:find("/api/hubs/chat/:send", 1, true) and text:find("behind the service's", 1, true), text)
    client:close()
  end)

  it("tells what close cuts off", function()
    local server = raw_server.start { on_request = "sleep(60)" }
    local client, told = open(server, { io_thread = kind.io_thread, max_connections = 4 })
    for i = 1, 30 do client:hub("chat"):enqueue("m", i) end
    client:step(0.02)
    client:step(0.02)
    local took, ok, undelivered = host.timed(client.close, client)
    assert.is_true(took < host.AT_ONCE)
    assert.is_true(ok)
    assert.are.same({ 0, 0, 30 }, { undelivered.pending, undelivered.failed, undelivered.lost })
    check_told(told, 30)
    local sent = { no = 0, maybe = 0 }
    for _, one in ipairs(told) do
      assert.are.same({ "lost", "closed" }, { one.what.reason, one.err.kind })
      sent[one.err.sent] = sent[one.err.sent] + 1
    end
    assert.are.equal(30, balance(client).lost)
    assert.is_true(sent.maybe <= 4 and sent.no >= 26)
    server:stop()
  end)

  it("drops the oldest, never one on its way", function()
    local server = raw_server.start { on_request = "hold() " .. support.answer("202 x", "") }
    local client, told = open(server, {
      io_thread = kind.io_thread, max_connections = 2, queue_limit = 6, queue_policy = "drop_oldest",
    })
    for i = 1, 2 do client:hub("chat"):enqueue("m", i) end
    host.step_until(client, function() return client:queue_stats().in_flight == 2 end)
    for i = 3, 20 do assert(client:hub("chat"):enqueue("m", i)) end
    assert.are.same({ 14, 6, 0 }, { balance(client).dropped, client:queue_stats().pending, #told })
    server:release()
    assert.is_nil((client:drain(60)))
    assert.are.equal(6, balance(client).delivered)
    local rest = table.remove(told) -- six are told, as many as the queue holds, and the number of the rest
    assert.are.same({ source = "enqueue", reason = "failed", count = 8 }, rest.what)
    check_told(told, 6)
    server:stop()
    client:close()
  end)
end)
