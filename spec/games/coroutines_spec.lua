-- SPDX-License-Identifier: MIT
-- Coroutines inside spawned functions, and those of the host's own.
local host = require "spec.games.host"

host.describe(describe, "coroutines", function(kind)
  local server, client

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)
  before_each(function() client = server.client() end)
  after_each(function() server.close_clients() end)

  local function send(ms) return client:hub("wait" .. ms):send("x") end

  describe("made inside a spawned function", function()
    it("throw at a call, and point to client:wrap", function()
      local handle = client:spawn(function()
        local each = coroutine.wrap(function() coroutine.yield((send(11))) end)
        return each()
      end)
      local fine, message = handle:result()
      assert.is_false(fine)
      assert.truthy(message:find("coroutines_spec.lua:%d+: .*client:wrap%(fn%) instead of coroutine.wrap"))
      assert.equal(0, client:step(0))
      assert.equal(0, server.requests "wait11")
    end)

    it("throw at a pause too", function()
      local handle = client:spawn(function()
        return coroutine.resume(coroutine.create(function() client:sleep(0.01) end))
      end)
      local fine, resumed, message = handle:result()
      assert.same({ true, false }, { fine, resumed })
      assert.truthy(message:find("client:wrap", 1, true))
    end)

    it("may yield and be resumed as ever, as long as they make no calls", function()
      local handle = client:spawn(function()
        local sum = 0
        for n in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do
          send(5)
          sum = sum + n
        end
        return sum
      end)
      client:run()
      assert.same({ true, 6 }, { handle:result() })
    end)

    it("make calls when client:wrap made them, values and all", function()
      local handle = client:spawn(function()
        local got = {}
        local each = client:wrap(function(first)
          for i = first, first + 2 do
            assert(send(10))
            got[#got + 1] = coroutine.yield(i, nil, i * 2)
          end
          return "end"
        end)
        local values = { { n = select("#", each(1)) } }
        for i = 2, 4 do values[i] = { each("answer " .. i) } end
        assert.is_false(pcall(each))
        return values, got
      end)
      assert.is_false(handle:done())
      client:run()
      local fine, values, got = handle:result()
      assert.is_true(fine)
      assert.same({ { n = 3 }, { 2, nil, 4 }, { 3, nil, 6 }, { "end" } }, values)
      assert.same({ "answer 2", "answer 3", "answer 4" }, got)
    end)

    it("nest as deep as they like when all are made by client:wrap", function()
      local handle = client:spawn(function()
        return client:wrap(function()
          local inner = client:wrap(function()
            assert(send(10))
            client:sleep(0.01)
            return "deep"
          end)
          return inner() .. "er"
        end)()
      end)
      client:run()
      assert.same({ true, "deeper" }, { handle:result() })
    end)

    it("throw when one in the chain was not", function()
      local handle = client:spawn(function()
        return coroutine.wrap(function()
          return client:wrap(function() return send(10) end)()
        end)()
      end)
      local fine, message = handle:result()
      assert.is_false(fine)
      assert.truthy(message:find("client:wrap", 1, true))
    end)

    it("bring errors and cancellation through client:wrap", function()
      local handle = client:spawn(function()
        return pcall(client:wrap(function()
          send(5)
          error({ code = 7 })
        end))
      end)
      client:run()
      assert.same({ true, false, { code = 7 } }, { handle:result() })
      local seen
      handle = client:spawn(function()
        client:wrap(function()
          local fine, err = pcall(send, 1000)
          seen = not fine and err.kind
          error(err, 0)
        end)()
      end)
      assert.is_true(handle:cancel())
      assert.equal("cancelled", seen)
      assert.equal("cancelled", select(2, handle:result()).kind)
    end)

    it("of client:wrap block on the main line", function()
      local each = client:wrap(function()
        coroutine.yield((send(20)))
        coroutine.yield((send(20)))
      end)
      assert.is_true(each())
      assert.is_true(each())
      assert.is_nil(each())
    end)
  end)

  it("cannot be left in a callback of a C function: the message says so, and nothing is sent", function()
    local before = server.requests "wait7"
    local handle = client:spawn(function()
      local fine, message = pcall(table.sort, { 2, 1 }, function(a, b)
        send(7)
        return a < b
      end)
      return fine, message, (send(7))
    end)
    client:run()
    local fine, sorted, message, sent = handle:result()
    assert.same({ true, false, true }, { fine, sorted, sent })
    assert.truthy(message:find("table.sort", 1, true))
    assert.equal(before + 1, server.requests "wait7")
    handle = client:spawn(function()
      local each = client:wrap(function() return send(7) end)
      return pcall(string.gsub, "a", "a", function() each() end)
    end)
    fine, sorted, message = handle:result()
    assert.same({ true, false }, { fine, sorted })
    assert.truthy(message:find("client:wrap", 1, true))
    client:run()
    assert.equal(before + 1, server.requests "wait7")
  end)

  describe("of the host's own", function()
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
