-- SPDX-License-Identifier: MIT
-- Functions that are told what happens (on_attempt, on_error) and decide nothing, whatever they do.
local recorded = require "spec.support.recorded"

-- Runs a function; gives what was written to standard error meanwhile.
local function overheard(fn)
  local stderr, lines = io.stderr, {}
  io.stderr = { write = function(_, ...) lines[#lines + 1] = table.concat { ... } end } -- luacheck: ignore
  local fine, problem = pcall(fn)
  io.stderr = stderr -- luacheck: ignore
  assert(fine, problem)
  return lines
end

-- A new one each time: what one function throws again and again is told once.
local function yielding()
  return function() coroutine.yield("rubbish") end
end

-- A client whose observer does that; and a send that fails twice before it is taken.
local function send_with(on_attempt)
  local client, transport = recorded { on_attempt = on_attempt }
  transport:fail { kind = "connect", sent = "no" }:reply { status = 429 }
  local ok, info = client:hub("chat"):send("t")
  return ok, info, transport
end

describe("what on_attempt throws", function()
  it("does not turn a message that was taken into an exception", function()
    local ok, transport
    local lines = overheard(function()
      local _
      ok, _, transport = send_with(function(t) return t.op .. t.status end)
    end)
    assert.is_true(ok)
    assert.are.equal(3, #transport.requests)
    assert.is_truthy(lines[1]:find("azure.signalr: on_attempt threw: .*observers_spec.*status"), lines[1])
  end)

  it("is told once, however many attempts it sees, and in one line", function()
    local lines = overheard(function() send_with(function() error "not\n\27[31mnow" end) end)
    assert.are.equal(1, #lines)
    assert.is_truthy(lines[1]:find("not ?[31mnow", 1, true), lines[1])
    assert.are.equal(#lines[1], (lines[1]:find("\n", 1, true)))
  end)

  it("is told again when it is something else", function()
    local n = 0
    assert.are.equal(3, #overheard(function()
      send_with(function()
        n = n + 1
        error("number " .. n)
      end)
    end))
  end)

  it("ends nothing where it cannot be told", function()
    local stderr = io.stderr
    io.stderr = { write = function() error "closed" end } -- luacheck: ignore
    local fine, ok = pcall(send_with, function() error(setmetatable({}, { __tostring = error })) end)
    io.stderr = stderr -- luacheck: ignore
    assert.is_true(fine and ok)
  end)

  it("does not change a refusal", function()
    local client, transport = recorded { retry = false, on_attempt = function() error "boom" end }
    transport:reply { status = 403 }
    local ok, err
    overheard(function() ok, err = client:hub("chat"):send("t") end)
    assert.is_nil(ok)
    assert.are.equal("forbidden", err.kind)
  end)
end)

describe("an on_attempt that yields", function()
  it("does not end the spawned function whose call it sees", function()
    local client, handle
    local lines = overheard(function()
      client = recorded { on_attempt = yielding() }
      handle = client:spawn(function() return client:hub("chat"):send("t") end)
      client:run()
    end)
    assert.are.same({ true, true, {} }, { handle:result() })
    assert.are.equal(1, #lines)
  end)

  it("gives the host's coroutine nothing but its result", function()
    local client = recorded { on_attempt = yielding() }
    local thread = coroutine.create(function() return client:hub("chat"):send("t") end)
    local lines = overheard(function() assert.are.same({ true, true, {} }, { coroutine.resume(thread) }) end)
    assert.are.equal("dead", coroutine.status(thread))
    assert.are.equal(1, #lines)
  end)
end)

describe("what an on_attempt changes", function()
  it("is its own copy: the caller's error stays as it was", function()
    local client, transport = recorded { retry = { max = 1, base = 0 }, on_attempt = function(t)
      assert(tostring(t.error):find("unavailable", 1, true))
      t.error.kind, t.error.message, t.error.attempts = "fine", nil, nil
      for name in pairs(t) do t[name] = nil end
    end }
    local busy = { status = 503, headers = { ["retry-after"] = "0" }, body = '{"details":[{"code":"a"}]}' }
    transport:reply(busy):reply(busy)
    local _, err = client:hub("chat"):send("t")
    assert.are.same({ "unavailable", 2, { { code = "a" } } }, { err.kind, err.attempts, err.details })
  end)
end)

describe("an on_error that yields", function()
  it("does not silence the reports after it", function()
    local seen = 0
    local client, transport = recorded { retry = false, on_error = function()
      seen = seen + 1
      coroutine.yield()
    end }
    transport:reply { status = 400 }:reply { status = 400 }
    local lines = overheard(function()
      local thread = coroutine.wrap(function()
        client:hub("chat"):enqueue("a")
        client:hub("chat"):enqueue("b")
        client:drain()
        return "done"
      end)
      assert.are.equal("done", thread())
    end)
    assert.are.equal(2, seen)
    assert.are.equal(2, #lines)
    assert.is_truthy(lines[1]:find("on_error threw: ", 1, true), lines[1])
  end)
end)
