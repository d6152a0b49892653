-- SPDX-License-Identifier: MIT
-- What moves the queue, who is told where, and what becomes of it at the end of a client and of a process.
local curl = require "azure.signalr.curl"
local host = require "spec.games.host"
local jwt = require "spec.support.jwt"
local raw_server = require "spec.support.raw_server"
local signalr = require "azure.signalr"
local support = require "spec.support.pool"

host.describe(describe, "the queue", function(kind)
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  after_each(function() server.close_clients() end)

  local function open(options)
    local told = {}
    local all = { on_error = function(err, what) told[#told + 1] = { err = err, what = what } end }
    for name, value in pairs(options or {}) do all[name] = value end
    return server.client(all), told
  end

  it("is moved by step, and a step(0) never waits for it", function()
    local client = open()
    for i = 1, 10 do client:hub("heldstep"):enqueue("m", i) end
    -- No answer comes until it is released: a step that waited for one would hang.
    host.step_until(client, function() return server.requests("heldstep") == 10 end, 0)
    assert.are.equal(10, client:queue_stats().pending)
    server.release "heldstep"
    host.step_until(client, function() return client:queue_stats().pending == 0 end)
    assert.are.equal(10, server.requests("heldstep"))
    assert.are.equal(10, client:queue_stats().delivered)
  end)

  it("does not count as calls in flight", function()
    local client = open()
    client:hub("wait50"):enqueue("m")
    assert.are.equal(0, client:step(0))
    client:spawn(function() return client:hub("wait200"):send("m") end)
    assert.are.equal(1, client:step(0))
    client:run()
    assert.are.equal(1, client:queue_stats().delivered)
  end)

  it("is moved by calls that block, and by a sleep", function()
    local client, told = open()
    client:hub("chat"):enqueue("m")
    client:hub("status500"):enqueue("m")
    assert(client:hub("wait200"):send("m"))
    local s = client:queue_stats()
    assert.are.same({ 1, 1, 0 }, { s.delivered, s.failed, s.pending })
    assert.are.equal(1, #told)
    client:hub("status400"):enqueue("m")
    local deadline = host.now() + 60
    while #told < 2 and host.now() < deadline do client:sleep(0.02) end
    assert.are.equal(2, #told)
  end)

  it("lets on_error make calls, and tells of each once", function()
    local client, n, depth, deepest = nil, 0, 0, 0
    client = server.client { on_error = function()
      n, depth = n + 1, depth + 1
      deepest = math.max(deepest, depth)
      assert(client:hub("chat"):send("m"))
      depth = depth - 1
    end }
    for i = 1, 300 do client:hub("status500"):enqueue("m", i) end
    client:run()
    assert.are.same({ 300, 1 }, { n, deepest })
  end)

  it("lets on_error close the client, and tells of the rest all the same", function()
    local client, n = nil, 0
    client = server.client { max_connections = 2, on_error = function()
      n = n + 1
      client:close()
    end }
    for i = 1, 30 do client:hub("status500"):enqueue("m", i) end
    client:run()
    assert.are.equal(30, n)
    local s = client:queue_stats()
    assert.are.same({ 30, 0, 0 }, { s.failed + s.lost, s.pending, s.unreported })
  end)

  it("lets on_error step or close the client in the middle of a blocking call, which keeps its answer", function()
    for _, method in ipairs { "step", "close" } do
      local client, told = nil, 0
      client = server.client { on_error = function()
        told = told + 1
        client[method](client)
      end }
      client:hub("status400"):enqueue("m")
      local ok, err = client:hub("wait100"):send("x")
      assert.is_true(ok, tostring(err))
      assert.are.equal(1, told)
    end
  end)

  it("is emptied by run", function()
    local client = open()
    for i = 1, 100 do client:hub("chat"):enqueue("m", i) end
    client:run()
    assert.are.equal(100, client:queue_stats().delivered)
  end)

  it("makes the descriptor readable when there is something to tell", function()
    local client, told = open()
    client:hub("status500"):enqueue("m")
    local deadline = host.now() + 60
    repeat
      local left = client:timeout()
      if not left or left > 0 then curl.poll({ client:pollfd() }, math.min(left or 5, 5)) end
      client:step(0)
    until #told == 1 or host.now() > deadline
    assert.are.equal(1, #told)
    assert.is_nil(client:timeout())
  end)

  it("is drained in a spawned function, which waits as elsewhere", function()
    local client = open()
    for i = 1, 5 do client:hub("helddrain"):enqueue("m", i) end
    local ticks = 0
    local handle = client:spawn(function() return client:drain(60) end)
    client:spawn(function()
      while not handle:done() do
        ticks = ticks + 1
        if ticks == 4 then server.release "helddrain" end
        client:sleep(0.005)
      end
    end)
    client:run()
    assert.is_true(select(2, handle:result()))
    assert.is_true(ticks >= 4)
  end)

  it("lets drain give up in time, and keeps what is left", function()
    local client = open()
    for i = 1, 5 do client:hub("heldlate"):enqueue("m", i) end
    local took, ok, undelivered = host.timed(client.drain, client, 0.1)
    assert.is_nil(ok)
    assert.are.equal(5, undelivered.pending)
    assert.is_true(took >= 0.09 and took < 30, "took " .. took)
    server.release "heldlate"
    assert.is_true(client:drain(60))
    assert.are.equal(5, client:queue_stats().delivered)
  end)

  it("signs when it sends, not when a message is put in", function()
    local echo = raw_server.start { on_request = [[
      local token = string.match(headers.authorization, "^Bearer (.*)$")
      if string.find(body, "first") then sleep(1.2) end
      write("HTTP/1.1 400 x\r\nx-ms-request-id: " .. string.reverse(token) .. "\r\nContent-Length: 0\r\n\r\n")
    ]] }
    local client, told = open({ endpoint = echo.url, ordered = true })
    client:hub("chat"):enqueue("first")
    client:hub("chat"):enqueue("second")
    client:drain(60)
    echo:stop()
    local first = jwt.open(told[1].err.request_id:reverse(), "key")
    local second = jwt.open(told[2].err.request_id:reverse(), "key")
    assert.is_true(second.iat - first.iat >= 1, second.iat - first.iat)
    assert.are.equal(3600, second.exp - second.iat)
    assert.are.equal(echo.url .. "/api/hubs/chat/:send", second.aud)
  end)

  it("asks a token provider in step, and sends by the pool all the same", function()
    local asked, told = 0, {}
    local client = signalr.new {
      endpoint = server.url, io_thread = kind.io_thread, retry = false, timeout = 60,
      on_error = function(err) told[#told + 1] = err end,
      token_provider = function()
        asked = asked + 1
        return "token-for-the-queue", os.time() + 3600
      end,
    }
    for i = 1, 50 do client:hub("heldtoken"):enqueue("m", i) end
    client:hub("status400"):enqueue("m")
    assert.are.equal(0, asked)
    host.step_until(client, function() return server.requests("heldtoken") >= 8 end) -- not one by one
    server.release "heldtoken"
    local ok, undelivered = client:drain(60)
    assert.is_nil(ok)
    assert.are.same({ 1, 1, 1 }, { undelivered.failed, asked, #told })
    for i = 1, 40 do client:hub("wait60000"):enqueue("m", i) end
    client:step(0)
    local _, lost = client:close()
    assert.are.equal(40, lost.lost)
    assert.are.equal(41, #told)
  end)

  if kind.io_thread then
    it("moves by itself", function()
      local client = open()
      local before = server.requests("chat")
      for i = 1, 20 do client:hub("chat"):enqueue("m", i) end
      client:hub("status500"):with({ retry = { max = 2, base = 0.01 } }):enqueue("m")
      local deadline = host.now() + 60
      while client:queue_stats().pending > 0 and host.now() < deadline do curl.sleep(0.01) end
      local s = client:queue_stats()
      assert.are.same({ 20, 1, 1 }, { s.delivered, s.failed, s.unreported })
      assert.are.equal(20, server.requests("chat") - before)
    end)

    it("tells nobody before the host steps", function()
      local client, told = open()
      client:hub("status500"):enqueue("m")
      local deadline = host.now() + 60
      while client:queue_stats().unreported == 0 and host.now() < deadline do curl.sleep(0.01) end
      assert.are.equal(0, #told)
      client:step(0)
      assert.are.equal(1, #told)
    end)
  end

  describe("at the end", function()
    local function run(case, hooked)
      local words = { "spec/games/enqueue_case.lua", server.url, case, tostring(kind.io_thread), tostring(hooked) }
      return support.lua(words, { ASAN_OPTIONS = "detect_leaks=0" })
    end

    local function all_lost(out)
      local n = 0
      for line in out:gmatch("[^\n]+") do
        if line:find("^closed\tlost\tm%d$") then n = n + 1 end
      end
      return n
    end

    local number = "azure.signalr: a client was collected with 8 messages of its queue not sent\n"

    it("of a client that is collected is told by its number, and runs no code of the host's in a finalizer", function()
      assert.are.equal(number .. "collected\n", run("collect", true))
      assert.are.equal(number .. "collected\n", run("collect", false))
      assert.are.equal(number .. "collected\n", run("collect_calls", true))
    end)

    it("of a script that forgot to close is told by its number, and runs no code of the host's in lua_close", function()
      for _, hooked in ipairs { true, false } do
        assert.are.equal(number, run("forget", hooked))
        assert.are.equal(number, run("exit_closing", hooked))
      end
    end)

    it("of a client whose failures were not told yet says so too", function()
      assert.are.equal("azure.signalr: a client was collected with 0 messages of its queue not sent, and 3 failures of "
        .. "which on_error was not told yet\n", run("untold", true))
    end)

    it("of a client that was closed is nothing more", function()
      assert.are.equal(8, all_lost(run("close", true)))
    end)

    it("cannot be told by os.exit, which ends everything", function()
      assert.are.equal("", run("exit", true))
    end)

    it("of a fork's child is nothing: the messages are the parent's", function()
      for _, case in ipairs { "fork", "fork_calls", "fork_drained" } do
        local out = run(case, true)
        assert.is_truthy(out:find("child\t0\n", 1, true), out)
        assert.is_truthy(out:find("8\ttrue\tmessages that were not delivered: 8 lost", 1, true), out)
        assert.are.equal(8, all_lost(out), out)
      end
    end)
  end)
end)
