-- SPDX-License-Identifier: MIT
local core = require "azure.signalr.core"

describe("core.lower", function()
  it("changes ASCII letters alone", function()
    assert.equal("abc-\195\132\0z", core.lower("ABC-\195\132\0Z"))
    assert.has_error(function() core.lower(1) end)
  end)
end)

describe("core.clean", function()
  it("keeps text from forging a line of a log", function()
    assert.equal("a b?c", core.clean("a\nb\27c", 100))
    assert.equal("x??y", core.clean("x\194\133y", 100))
    assert.equal("?", core.clean("\0", 100))
    assert.equal("grün", core.clean("grün", 100))
  end)

  it("cuts between characters", function()
    assert.equal("gr...", core.clean("grün", 3))
    assert.equal("grü...", core.clean("grün", 4))
    assert.equal("grün", core.clean("grün", 5))
  end)
end)

describe("core.chance", function()
  it("lies within 0 and 1 and does not move the host's sequence", function()
    math.randomseed(7)
    local wanted = math.random()
    math.randomseed(7)
    local seen = {}
    for _ = 1, 1000 do
      local x = core.chance()
      assert.is_true(x >= 0 and x < 1)
      seen[x] = true
    end
    local n = 0
    for _ in pairs(seen) do n = n + 1 end
    assert.is_true(n > 990)
    assert.equal(wanted, math.random())
  end)
end)
