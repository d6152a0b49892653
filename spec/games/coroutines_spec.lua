-- SPDX-License-Identifier: MIT
-- Coroutines inside spawned functions.
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

    it("of client:wrap are resumed by nobody else while they wait", function()
      local each = client:wrap(function()
        local first = send(30)
        coroutine.yield(first)
        return "second"
      end)
      local owner = client:spawn(each)
      local other = client:spawn(each)
      local fine, message = other:result()
      assert.is_false(fine)
      assert.truthy(message:find("runs, or waits for an answer", 1, true))
      client:run()
      assert.same({ true, true }, { owner:result() })
      assert.equal("second", each())
      assert.is_false(pcall(each))
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
    assert.truthy(message:find("string.gsub", 1, true))
    client:run()
    assert.equal(before + 1, server.requests "wait7")
  end)
end)
