-- SPDX-License-Identifier: MIT
-- Coroutines of the host's own, with client:adopt and without; and what a spawned function yields to its host.
local host = require "spec.games.host"

host.describe(describe, "the host's coroutines", function(kind)
  local server, client

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  before_each(function() client = server.client() end)
  after_each(function() server.close_clients() end)

  local function send(ms) return client:hub("wait" .. ms):send("x") end

  describe("without a spawned function around them", function()
    it("block", function()
      local resumed, over = false, false
      client:spawn(function()
        send(20)
        resumed = true
      end)
      local thread = coroutine.create(function() over = send(100) end)
      local took, fine = host.timed(coroutine.resume, thread)
      assert.is_true(fine and over and took > 0.09)
      assert.equal("dead", coroutine.status(thread))
      assert.is_false(resumed)
      client:run()
      assert.is_true(resumed)
    end)

    -- A host with a list of coroutines that can go on.
    local function adopting()
      local ready, parked = {}, {}
      local function go(thread, ...)
        local fine, problem = coroutine.resume(thread, ...)
        assert(fine, problem)
      end
      client:adopt {
        yield = function(thread)
          parked[thread] = true
          assert(coroutine.yield "parked" == "by the host")
        end,
        resume = function(thread) ready[#ready + 1] = thread end,
      }
      return {
        start = function(fn) go(coroutine.create(fn)) end,
        turn = function()
          local now = ready
          ready = {}
          for _, thread in ipairs(now) do go(thread, "by the host") end
        end,
        parked = parked,
        wake_all = function() for thread in pairs(parked) do go(thread, "by the host") end end,
      }
    end

    it("wait in the host's way after client:adopt", function()
      local scripts, done = adopting(), {}
      for i = 1, 3 do
        scripts.start(function()
          local ok = send(100)
          client:sleep(0.05)
          done[#done + 1] = ok and i
        end)
      end
      assert.equal(3, client:step(0))
      local took = host.timed(function()
        repeat
          client:step(0.05)
          scripts.turn()
        until #done == 3
      end)
      assert.is_true(took > 0.14 and took < 0.4, "took " .. took)
      assert.equal(0, client:step(0))
    end)

    it("wait on when the host resumes them too early", function()
      local scripts, done = adopting(), nil
      scripts.start(function() done = send(100) end)
      scripts.wake_all()
      scripts.wake_all()
      assert.is_nil(done)
      host.step_until(client, function()
        scripts.turn()
        return done
      end)
    end)

    it("wait in the host's way inside client:wrap, for handles and for many at once", function()
      local scripts, got = adopting(), nil
      scripts.start(function()
        local each = client:wrap(function()
          coroutine.yield((send(20)))
          return (send(20))
        end)
        local a, b = each(), each()
        local fine, c = client:spawn(function() return (send(20)) end):wait()
        local results, bad = client:hub("wait20"):users({ "u", "v" }):send("x")
        got = { a, b, fine, c, #results, bad }
      end)
      host.step_until(client, function()
        scripts.turn()
        return got
      end)
      assert.same({ true, true, true, true, 2, 0 }, got)
      assert.is_true((client:wrap(function() return send(5) end)())) -- the main line still blocks
    end)

    it("give their requests up when the host throws into them", function()
      client:adopt { yield = function() error("killed", 0) end, resume = print }
      local fine, message = coroutine.resume(coroutine.create(function() send(1000) end))
      assert.same({ false, "killed" }, { fine, message })
      assert.equal(0, client:step(0))
    end)

    it("block in signalr.all again once the client that adopted them is closed", function()
      adopting()
      client:close()
      local second, results = server.client(), nil
      coroutine.wrap(function()
        results = require("azure.signalr").all { function() return second:hub("wait10"):send("x") end }
      end)()
      assert.is_true(results[1].ok)
    end)

    it("block again after client:adopt(nil)", function()
      adopting()
      client:adopt(nil)
      local over
      coroutine.wrap(function() over = send(20) end)()
      assert.is_true(over)
    end)

    it("are told of misuse", function()
      assert.has_error(function() client:adopt { yield = print } end)
      assert.has_error(function() client:adopt { yield = print, resume = print, other = 1 } end)
      assert.has_error(function() client:adopt { yield = 1, resume = print } end)
    end)

    it("report what the host's resume throws", function()
      local told = {}
      client:close()
      client = server.client { on_error = function(err, what) told[#told + 1] = { err, what.source } end }
      client:adopt { yield = function() coroutine.yield() end, resume = function() error("no", 0) end }
      coroutine.wrap(function() send(10) end)()
      client:run()
      assert.same({ { "no", "adopt" } }, told)
    end)
  end)

  describe("that yield something of their own inside a spawned function", function()
    it("are an error in the handle without spawn_yield", function()
      local went_on = false
      local handle = client:spawn(function()
        coroutine.yield("to the host")
        went_on = true
      end)
      local fine, message = handle:result()
      assert.is_false(fine or went_on)
      assert.truthy(message:find("spawn_yield", 1, true))
    end)

    it("go to spawn_yield, which resumes them with values", function()
      local parked
      client:close()
      client = server.client { spawn_yield = function(resume, ...) parked = { resume = resume, ... } end }
      local handle = client:spawn(function()
        assert(send(10))
        local a, b = coroutine.yield("wait", nil, 3)
        assert(send(10))
        return a, b
      end)
      host.step_until(client, function() return parked end)
      assert.same({ "wait", nil, 3 }, { parked[1], parked[2], parked[3] })
      assert.equal(0, client:step(0))
      assert.is_nil(handle:wait(1)) -- nothing that stepping could bring
      assert.is_true(parked.resume("x", "y"))
      assert.is_false(parked.resume("again"))
      client:run()
      assert.same({ true, "x", "y" }, { handle:result() })
    end)

    it("may be resumed before spawn_yield returns", function()
      client:close()
      client = server.client { spawn_yield = function(resume, n) resume(n + 1) end }
      local handle = client:spawn(function() return coroutine.yield(1) + coroutine.yield(2) end)
      assert.same({ true, 5 }, { handle:result() })
    end)

    it("end with what spawn_yield throws", function()
      client:close()
      client = server.client { spawn_yield = function() error("not mine", 0) end }
      assert.same({ false, "not mine" }, { client:spawn(function() coroutine.yield() end):result() })
    end)

    it("tell on_error what spawn_yield throws after it has resumed them", function()
      local told
      client:close()
      client = server.client {
        on_error = function(err) told = err end,
        spawn_yield = function(resume)
          resume(1)
          error("too late", 0)
        end,
      }
      assert.same({ true, 1 }, { client:spawn(function() return coroutine.yield() end):result() })
      assert.equal("too late", told)
    end)

    it("can be cancelled meanwhile", function()
      local resume
      client:close()
      client = server.client { spawn_yield = function(go_on) resume = go_on end }
      local handle = client:spawn(function() coroutine.yield() end)
      assert.is_true(handle:cancel())
      assert.is_false(handle:cancel())
      assert.equal("cancelled", select(2, handle:result()).kind)
      assert.is_false(resume())
    end)
  end)
end)
