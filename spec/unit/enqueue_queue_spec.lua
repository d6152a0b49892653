-- SPDX-License-Identifier: MIT
-- The queue that is kept in Lua: who is next, who is given up, and that nothing is uncounted.
local queues = require "azure.signalr.transport.queue"

local function balance(queue)
  local s = queue:stats()
  assert.are.equal(s.accepted, s.delivered + s.failed + s.dropped + s.lost + s.queued + s.in_flight)
  assert.is_true(s.queued >= 0 and s.in_flight >= 0 and s.bytes >= 0)
  if s.queued + s.in_flight == 0 then assert.are.equal(0, s.bytes) end
  return s
end

local function make(how)
  local dropped = {}
  how.limit, how.bytes = how.limit or 100, how.bytes or 10000
  how.dropped = function(entry) dropped[#dropped + 1] = entry.name end
  return queues.new(how), dropped
end

local function entry(name, fields)
  local e = { name = name, bytes = 10 }
  for k, v in pairs(fields or {}) do e[k] = v end
  return e
end

local function names(queue)
  local list, taken = {}, {}
  for e in function() return queue:take() end do
    list[#list + 1], taken[#taken + 1] = e.name, e
  end
  return table.concat(list, " "), taken
end

describe("the queue in Lua", function()
  it("is first in, first out", function()
    local queue = make {}
    for i = 1, 5 do assert.is_true(queue:push(entry(i))) end
    assert.are.equal("1 2 3 4 5", (names(queue)))
    assert.are.equal(5, balance(queue).in_flight)
  end)

  it("lets one at a time go for each destination", function()
    local queue = make {}
    for i = 1, 3 do
      queue:push(entry("a" .. i, { destination = "a" }))
      queue:push(entry("b" .. i, { destination = "b" }))
    end
    queue:push(entry "free")
    local list, taken = names(queue)
    assert.are.equal("a1 b1 free", list)
    queue:settle(taken[2], "failed")
    assert.are.equal("b2", (names(queue)))
    queue:settle(taken[1], "delivered")
    assert.are.equal("a2", (names(queue)))
    assert.are.same({ 1, 1 }, { balance(queue).delivered, queue:stats().failed })
  end)

  it("refuses what there is no room for", function()
    local queue, dropped = make { limit = 3, bytes = 25 }
    assert.is_true(queue:push(entry(1)))
    assert.is_true(queue:push(entry(2)))
    assert.is_false(queue:push(entry(3)))
    assert.is_true(queue:push(entry(4, { bytes = 5 })))
    assert.is_false(queue:push(entry(5, { bytes = 0 })))
    assert.are.equal(2, balance(queue).refused)
    assert.are.same({}, dropped)
    queue:settle(queue:take(), "delivered")
    assert.is_true(queue:push(entry(6)))
  end)

  it("drops the oldest that is not in flight, where it is asked to", function()
    local queue, dropped = make { limit = 3 }
    for i = 1, 3 do queue:push(entry(i, { drop_oldest = true })) end
    queue:take()
    assert.is_true(queue:push(entry(4, { drop_oldest = true })))
    assert.are.same({ 2 }, dropped)
    queue:take()
    queue:take()
    assert.is_false(queue:push(entry(5, { drop_oldest = true })))
    assert.is_false(queue:push(entry(6, { drop_oldest = true, bytes = 20000 })))
    assert.are.equal(1, balance(queue).dropped)
  end)

  it("moves a line up when the one in front is dropped", function()
    local queue, dropped = make { limit = 2 }
    queue:push(entry("a1", { destination = "a" }))
    queue:push(entry("a2", { destination = "a", drop_oldest = true }))
    queue:push(entry("a3", { destination = "a", drop_oldest = true }))
    queue:push(entry("a4", { destination = "a", drop_oldest = true }))
    assert.are.same({ "a1", "a2" }, dropped)
    local list, taken = names(queue)
    assert.are.equal("a3", list)
    queue:settle(taken[1], "delivered")
    assert.are.equal("a4", (names(queue)))
  end)

  it("gives up the oldest first, lines and all", function()
    local queue = make {}
    for i = 1, 2 do
      queue:push(entry("a" .. i, { destination = "a" }))
      queue:push(entry("f" .. i))
    end
    local flying = queue:take()
    local list = {}
    for e in function() return queue:give_up() end do list[#list + 1] = e.name end
    assert.are.equal("f1 a2 f2", table.concat(list, " "))
    queue:settle(flying, "lost")
    assert.are.equal(4, balance(queue).lost)
  end)

  it("keeps its counts whatever happens", function()
    math.randomseed(4)
    for _, limit in ipairs { 5, 40 } do
      local queue, flying, waiting = make { limit = limit, bytes = 3000 }, {}, {}
      for _ = 1, 4000 do
        local dice = math.random(10)
        if dice <= 5 then
          queue:push(entry(0, { bytes = math.random(200), drop_oldest = math.random(3) == 1,
            destination = math.random(2) == 1 and math.random(4) or nil }))
        elseif dice <= 7 then
          local e = queue:take()
          if e then
            assert.is_nil(e.destination and waiting[e.destination])
            if e.destination then waiting[e.destination] = true end
            flying[#flying + 1] = e
          end
        elseif dice <= 9 and #flying > 0 then
          local e = table.remove(flying, math.random(#flying))
          if e.destination then waiting[e.destination] = nil end
          queue:settle(e, dice == 8 and "delivered" or "failed")
        end
        balance(queue)
      end
      for _, e in ipairs(flying) do queue:settle(e, "lost") end
      while queue:give_up() do balance(queue) end
      local s = balance(queue)
      assert.are.equal(0, s.queued + s.in_flight)
      assert.is_true(s.dropped > 0 and s.refused > 0 and s.delivered > 0)
    end
  end)
end)
