-- SPDX-License-Identifier: MIT
-- examples/game_loop.lua runs: over TLS, with a thread, a queue and a real client that reads.
local support = require "spec.support.pool"

describe("the example of a game's loop", function()
  it("loses nothing on the way to a real client, and says what each tick paid", function()
    local out = support.lua { "examples/game_loop.lua", "2" }
    local accepted, delivered = out:match "^120 ticks at 60 Hz, 200 players; (%d+) snapshots accepted, (%d+) delivered"
    assert.equal("120", accepted)
    local dropped, failed = out:match "delivered, (%d+) dropped for newer ones, (%d+) failed\n"
    assert.equal(120, delivered + dropped)
    assert.equal("0", failed)
    local cpu = out:match "each tick, cpu  %(microseconds%): p50 ([%d.]+)"
    local wall = out:match "each tick, wall %(microseconds%): p50 ([%d.]+)"
    assert.is_true(tonumber(cpu) > 0 and tonumber(wall) > 0)
    assert.truthy(out:find(("the reader saw %s snapshots, in order, the last one of tick 120; 2 answers of 2\n"):format(
      delivered), 1, true), out)
  end)

  -- What a rock installs is the library and the examples, and no specs.
  describe("outside a checkout", function()
    local example = os.getenv "PWD" .. "/examples/game_loop.lua"

    it("runs with a connection string", function()
      local server = require("spec.games.host").start()
      local out = support.lua({ example, "1", "Endpoint=" .. server.url .. ";AccessKey=key" }, {}, "/tmp")
      server.stop()
      assert.truthy(out:find "^60 ticks at 60 Hz, 200 players; 60 snapshots accepted, %d+ delivered", out)
      assert.truthy(out:find(" 0 failed\n", 1, true), out)
    end)

    it("asks for one", function()
      local fine, out = pcall(support.lua, { example, "1" }, {}, "/tmp")
      assert.is_false(fine)
      assert.truthy(out:find("give a connection string: the emulator is started in a checkout alone\n$"), out)
    end)
  end)
end)
