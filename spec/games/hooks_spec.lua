-- SPDX-License-Identifier: MIT
-- What functions of the host's do while the library calls them: throw, yield, spawn, cancel, close. None of it ends the
-- loop that steps, changes a result, or lets an error disappear.
local host = require "spec.games.host"

-- Runs a function; gives what was written to standard error meanwhile.
local function overheard(fn)
  local stderr, lines = io.stderr, {}
  io.stderr = { write = function(_, ...) lines[#lines + 1] = table.concat { ... } end } -- luacheck: ignore
  local fine, problem = pcall(fn)
  io.stderr = stderr -- luacheck: ignore
  assert(fine, problem)
  return lines
end

host.describe(describe, "functions of the host's", function(kind)
  local server, client, told

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  after_each(function() server.close_clients() end)

  local function open(options)
    told = {}
    local all = { on_error = function(err, what) told[#told + 1] = { err = err, source = what.source } end }
    for name, value in pairs(options or {}) do all[name] = value end
    if all.on_error == false then all.on_error = nil end
    client = server.client(all)
  end

  local function send(hub) return client:hub(hub):send("x") end

  describe("spawned without an on_error", function()
    it("are told once on standard error, with a traceback, when they throw", function()
      open { on_error = false }
      local lines = overheard(function()
        local handle = client:spawn(function()
          send "chat"
          error "nobody hears"
        end)
        client:run()
        assert.is_false((handle:wait()))
      end)
      assert.equal(1, #lines)
      assert.truthy(lines[1]:find("^azure.signalr: a spawned function failed: [^\n]*nobody hears\n"))
      assert.truthy(lines[1]:find("\n  stack traceback:\n", 1, true), lines[1])
      assert.truthy(lines[1]:find("hooks_spec.lua", 1, true), lines[1])
    end)

    it("are not told when they were cancelled, or when signalr.all gives what they threw", function()
      open { on_error = false }
      assert.same({}, overheard(function()
        client:spawn(client.sleep, client, 60):cancel()
        local signalr = require "azure.signalr"
        signalr.all { function() error "given" end, function() coroutine.yield() end }
        client:spawn(function() return signalr.all { function() coroutine.yield() end } end)
        client:close()
      end))
    end)
  end)

  describe("in on_error", function()
    it("that spawn are told on standard error of what fails at once there, and it ends", function()
      local calls = 0
      open { on_error = function()
        calls = calls + 1
        client:spawn(function() error("again " .. calls) end)
      end }
      local lines = overheard(function() client:spawn(error, "first") end)
      assert.equal(1, calls)
      assert.equal(1, #lines)
      assert.truthy(lines[1]:find("again 1", 1, true))
    end)

    it("that spawn get what they spawned to its end", function()
      local answers = 0
      open { on_error = function()
        client:spawn(function() if send "wait5" then answers = answers + 1 end end)
      end }
      client:spawn(error, "one")
      client:spawn(function()
        client:sleep(0)
        error "two"
      end)
      client:hub("status400"):enqueue "x"
      client:drain(5)
      client:run()
      assert.equal(3, answers)
    end)

    it("that cancel and close end what they end, and step comes back", function()
      local slow, calls = nil, 0
      open { on_error = function(_, what)
        calls = calls + 1
        if what.source == "spawn" then slow:cancel() else client:close() end
      end }
      slow = client:spawn(send, "wait5000")
      client:spawn(function()
        client:sleep(0)
        error "cancels"
      end)
      client:step(0)
      assert.equal("cancelled", select(2, slow:result()).kind)
      slow = client:spawn(send, "wait5000")
      for _ = 1, 3 do client:hub("status400"):enqueue "x" end
      host.step_until(client, function() return slow:done() end)
      assert.equal("closed", select(2, slow:result()).kind)
      assert.equal(4, calls)
      assert.equal(0, client:step(0))
    end)

    it("that yield in the coroutine that steps do not keep it from stepping, nor later reports", function()
      open { on_error = function(err)
        told[#told + 1] = err
        coroutine.yield()
      end }
      local over
      local lines = overheard(function()
        local stepper = coroutine.wrap(function()
          for _ = 1, 3 do
            client:spawn(function()
              client:sleep(0)
              error "boom"
            end)
            client:step(0)
          end
          over = true
        end)
        stepper()
      end)
      assert.is_true(over)
      assert.same({ 3, 3 }, { #told, #lines })
      assert.truthy(lines[1]:find("on_error threw: .*it was told: .*boom"))
    end)
  end)

  describe("in other hooks", function()
    it("that cancel the call's own function leave it its result, or end it at its next call", function()
      local own
      open { on_attempt = function() own:cancel() end }
      own = client:spawn(send, "wait5")
      client:run()
      assert.same({ true, true }, { (own:result()), (select(2, own:result())) })
      own = client:spawn(function()
        send "wait5"
        send "wait5"
      end)
      client:run()
      assert.equal("cancelled", select(2, own:result()).kind)
    end)

    it("spawn_yield that throw or yield end the function that yielded, and not the step", function()
      for _, hook in ipairs { function() error "no" end, function() coroutine.yield() end } do
        open { spawn_yield = hook }
        local handle = client:spawn(function()
          client:sleep(0)
          coroutine.yield "mine"
        end)
        local other = client:spawn(send, "chat")
        coroutine.wrap(function() client:run() end)()
        assert.is_false((handle:result()))
        assert.is_true(select(2, other:result()))
        assert.equal(1, #told)
      end
    end)

    it("resume of client:adopt that throw or yield do not keep the next one from being resumed", function()
      for _, bad in ipairs { function() error "no" end, function() coroutine.yield() end } do
        open()
        local threads, calls = {}, 0
        client:adopt {
          yield = function() coroutine.yield() end,
          resume = function(thread)
            calls = calls + 1
            if calls == 1 then bad() else assert(coroutine.resume(thread)) end
          end,
        }
        local answers = 0
        for i = 1, 3 do
          threads[i] = coroutine.create(function() if send "chat" then answers = answers + 1 end end)
          assert(coroutine.resume(threads[i]))
        end
        coroutine.wrap(function() host.step_until(client, function() return answers == 2 end) end)()
        assert.equal(3, calls)
        assert.same({ 1, "adopt" }, { #told, told[1].source })
      end
    end)
  end)

  it("token_provider that yields to nobody fails its message, which is told", function()
    open { token_provider = function() coroutine.yield "to nobody" end }
    client:hub("chat"):enqueue "x"
    client:drain(20)
    local s = client:queue_stats()
    assert.same({ 1, 0 }, { s.failed, s.pending })
    assert.same({ 1, "enqueue" }, { #told, told[1].source })
    assert.truthy(tostring(told[1].err):find("spawn_yield", 1, true))
  end)

  it("transport of the user's own that yields to nobody loses no message untold, and the queue goes on", function()
    local sends = 0
    open { io_thread = false, transport = {
      now = host.now, time = function() return os.time() end,
      close = function() end, sleep = function() return true end,
      send = function()
        sends = sends + 1
        if sends <= 40 then coroutine.yield() end
        return { status = 202, headers = {}, body = "" }
      end,
    } }
    for _ = 1, 45 do client:hub("chat"):enqueue "x" end
    client:drain(20)
    local s = client:queue_stats()
    assert.same({ 40, 5, 0 }, { s.failed, s.delivered, s.pending })
    assert.equal(40, #told)
  end)

  describe("to be closed, where Lua has them,", function()
    if not coroutine.close then return end -- luacheck: ignore
    local closing = load [[
      local handler, ending = ...
      local guard <close> = setmetatable({}, { __close = handler })
      ending()
    ]]

    it("are told when they throw", function()
      open()
      local handle = client:spawn(closing, function() error("in closing", 0) end, function() client:sleep(60) end)
      handle:cancel()
      assert.equal("cancelled", select(2, handle:result()).kind)
      assert.same({ { err = "in closing", source = "spawn" } }, told)
      open()
      handle = client:spawn(closing, function() end, function() error("itself", 0) end)
      assert.same({ false, "itself" }, { handle:result() })
      assert.same({ { err = "itself", source = "spawn" } }, told)
    end)

    it("cannot wait inside client:wrap, and the error is that of the function", function()
      open()
      local seen
      local handle = client:spawn(function()
        client:wrap(closing)(function() seen = { pcall(send, "chat") } end, function() error("itself", 0) end)
      end)
      client:run()
      assert.same({ false, "itself" }, { handle:result() })
      assert.is_false(seen[1])
      assert.truthy(seen[2]:find("what is to be closed", 1, true), seen[2])
    end)
  end)
end)
