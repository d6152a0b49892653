-- SPDX-License-Identifier: MIT
local timers = require "azure.signalr.timers"

describe("timers", function()
  it("give out entries in the order of their moments, the same moment in the order of coming", function()
    local heap, seed = timers.new(), 42
    local function chance(n)
      seed = (seed * 16807) % 2147483647
      return seed % n
    end
    local left, entries = 0, {}
    for i = 1, 2000 do
      local entry = { name = i }
      entries[i] = entry
      heap:add(entry, chance(50))
      left = left + 1
      if chance(3) == 0 then
        local victim = entries[1 + chance(i)]
        if victim.place then left = left - 1 end
        heap:remove(victim)
        assert.is_nil(victim.place)
      end
      assert.equal(left, heap.count)
    end
    local last_at, last_serial = -1, 0
    while heap:first() do
      local entry = heap:first()
      assert.is_true(entry.at > last_at or entry.at == last_at and entry.serial > last_serial)
      last_at, last_serial = entry.at, entry.serial
      heap:remove(entry)
      left = left - 1
    end
    assert.equal(0, left)
    assert.equal(0, heap.count)
    assert.is_nil(next(heap.heap))
  end)

  it("cost no more than the logarithm of what is in", function()
    local compared = 0
    local number = { __lt = function(a, b)
      compared = compared + 1
      return a.value < b.value
    end, __eq = function(a, b) return a.value == b.value end }
    local function at(value) return setmetatable({ value = value }, number) end
    local heap, entries = timers.new(), {}
    for i = 1, 4096 do
      entries[i] = {}
      heap:add(entries[i], at(4097 - i)) -- each one rises to the top
    end
    assert.is_true(compared <= 4096 * 13, "adding compared " .. compared)
    compared = 0
    for i = 1, 4096 do heap:remove(entries[i]) end
    assert.is_true(compared <= 4096 * 26, "removing compared " .. compared)
  end)

  it("let go of an entry that is not in", function()
    local heap = timers.new()
    local entry = {}
    heap:remove(entry)
    heap:add(entry, 1)
    heap:remove(entry)
    heap:remove(entry)
    assert.equal(0, heap.count)
    assert.is_nil(heap:first())
  end)
end)
