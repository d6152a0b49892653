-- SPDX-License-Identifier: MIT
-- What the core knows of coroutines and of its host.
local core = require "azure.signalr.core"
local support = require "spec.support.pool"

describe("core.unbroken", function()
  it("hands on arguments, results and errors", function()
    local fn = core.unbroken(function(...) return select("#", ...), ... end)
    assert.same({ 3, 1, nil, 3 }, { fn(1, nil, 3) })
    assert.same({ 0 }, { fn() })
    local problem = {}
    local fine, thrown = pcall(core.unbroken(error), problem)
    assert.is_false(fine)
    assert.equal(problem, thrown)
    assert.has_error(function() core.unbroken(1) end)
  end)

  it("cannot yield, and lets nobody preempt it", function()
    local inside
    local thread = coroutine.create(core.unbroken(function()
      inside = core.yieldable()
      coroutine.yield()
    end))
    assert.is_false((coroutine.resume(thread)))
    assert.is_false(inside)
  end)

  it("lets coroutines that are resumed inside yield as ever", function()
    local fn = core.unbroken(function(thread) return select(2, coroutine.resume(thread)) end)
    assert.equal("out", fn(coroutine.create(function() coroutine.yield "out" end)))
  end)
end)

describe("core.preempted", function()
  it("is false for what yields itself, has not begun, runs, has ended, or is no coroutine", function()
    local thread = coroutine.create(function() coroutine.yield() end)
    assert.is_false(core.preempted(thread))
    coroutine.resume(thread)
    assert.is_false(core.preempted(thread))
    coroutine.resume(thread)
    assert.is_false(core.preempted(thread))
    assert.is_false(core.preempted(nil))
    coroutine.wrap(function() assert.is_false(core.preempted((coroutine.running()))) end)()
  end) -- and true in spec/games/preempted_spec.lua, where core.go_on goes on with such a one
end)

describe("core.go_on", function()
  it("refuses a coroutine that waits for somebody else", function()
    local thread = coroutine.create(function() coroutine.yield() end)
    coroutine.resume(thread)
    for _, value in ipairs { thread, 1 } do assert.has_error(function() core.go_on(value) end) end
  end)
end)

describe("core.need", function()
  it("names what is no function", function()
    core.need()
    core.need("a", print, "b", error)
    local fine, message = pcall(core.need, "a", print, "b.c", nil, "d", false, "e", {})
    assert.is_false(fine)
    assert.truthy(message:find("missing: b.c, d, e (lend them", 1, true), message)
  end)
end)

describe("core.library", function()
  it("gives Lua's own, whatever the global of its name", function()
    assert.equal(string, core.library "string")
    assert.is_nil(core.library "no such")
    assert.has_error(function() core.library() end)
  end)
end)

describe("core.complain", function()
  it("writes to standard error, where the host has no io", function()
    assert.equal("azure\0 here\n", support.lua { "-e",
      'local core = require "azure.signalr.core" io = nil core.complain "azure\\0 here"' })
  end)
end)
