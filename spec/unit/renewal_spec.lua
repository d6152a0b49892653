-- SPDX-License-Identifier: MIT
-- What is fetched, kept and fetched again in time.
local renewal = require "azure.signalr.renewal"
local testing = require "azure.signalr.testing"

describe("a renewal", function()
  local transport, fetched, works
  local function fetch(now, what)
    fetched = fetched + 1
    if works == "throws" then error("boom", 0) end
    if not works then return nil, "no " .. what end
    return { value = fetched, renew = now + 100, expires = now + 200 }
  end
  local function get(r) return r:get(transport, transport:now() + 5, "luck") end

  before_each(function() transport, fetched, works = testing.transport(), 0, true end)

  it("fetches once, and again when it is time", function()
    local r = renewal.new(fetch)
    assert.are.equal(1, get(r).value)
    transport:advance(99)
    assert.are.equal(1, get(r).value)
    transport:advance(1)
    assert.are.equal(2, get(r).value)
  end)

  it("gives the problem, or what is thrown", function()
    local r = renewal.new(fetch)
    works = false
    assert.are.same({ nil, "no luck" }, { get(r) })
    works = "throws"
    assert.are.same({ nil, "boom" }, { get(r) })
    works = true
    assert.are.equal(3, get(r).value)
  end)

  it("keeps the old thing while it is good, and does not ask all the time", function()
    local r = renewal.new(fetch)
    get(r)
    works = false
    transport:advance(100)
    for _ = 1, 10 do assert.are.equal(1, get(r).value) end
    assert.are.equal(2, fetched)
    transport:advance(15)
    assert.are.equal(1, get(r).value)
    assert.are.equal(3, fetched)
    transport:advance(85)
    assert.is_nil(get(r))
  end)

  it("takes a fetch that is never heard of again for abandoned", function()
    local r = renewal.new(function(now)
      fetched = fetched + 1
      if fetched == 1 then coroutine.yield() end
      return { value = fetched, renew = now + 1, expires = now + 2 }
    end)
    coroutine.resume(coroutine.create(function() get(r) end))
    local none, problem = r:get(transport, transport:now() + 4)
    assert.is_nil(none)
    assert.is_truthy(problem:find("another call", 1, true))
    assert.are.equal(1, fetched)
    assert.are.equal(2, r:get(transport, transport:now() + 2).value)
  end)

  it("uses the old thing while another call fetches", function()
    local r = renewal.new(fetch)
    get(r)
    transport:advance(100)
    r.fetch = function() coroutine.yield() end
    coroutine.resume(coroutine.create(function() get(r) end))
    assert.are.equal(1, get(r).value)
    assert.are.equal(0, #transport.sleeps)
  end)

  it("forgets", function()
    local r = renewal.new(fetch)
    get(r)
    r:clear()
    assert.are.equal(2, get(r).value)
  end)
end)
