-- SPDX-License-Identifier: MIT
-- The pipeline: one deadline, repeats, hooks; on the clock of the recording transport.
local errors = require "azure.signalr.errors"
local recorded = require "spec.support.recorded"

local function fresh(options) return recorded(options) end

local busy = { status = 503, headers = { ["x-ms-error-code"] = "Error.Busy" } }
local throttled = { status = 429, headers = { ["Retry-After"] = "7" } }

describe("a call", function()
  it("turns its timeout into one deadline", function()
    local client, transport = fresh { timeout = 12 }
    client:hub("chat"):send("t")
    client:hub("chat"):with { timeout = 0.5 }:send("t")
    assert.are.equal(1012, transport.requests[1].deadline)
    assert.are.equal(1000.5, transport.requests[2].deadline)
  end)

  it("repeats with the deadline it began with", function()
    local client, transport = fresh()
    transport:reply { status = 500, after = 2 }:reply { status = 500, after = 2 }:reply { status = 200 }
    assert.is_true(client:hub("chat"):group("g"):exists())
    assert.are.equal(3, #transport.requests)
    for _, request in ipairs(transport.requests) do assert.are.equal(1030, request.deadline) end
    assert.is_true(transport.sleeps[1] >= 0.1 and transport.sleeps[1] <= 0.2)
    assert.is_true(transport.sleeps[2] >= 0.2 and transport.sleeps[2] <= 0.4)
  end)

  it("gives up after max retries, and says how often it tried", function()
    local client, transport = fresh { retry = { max = 2 } }
    for _ = 1, 5 do transport:reply { status = 500 } end
    local ok, err = client:hub("chat"):group("g"):exists()
    assert.is_nil(ok)
    assert.are.equal("server", err.kind)
    assert.are.equal(3, err.attempts)
    assert.are.equal(3, #transport.requests)
    assert.is_truthy(tostring(err):find("(after 3 attempts)", 1, true))
  end)

  it("does not go on once the client was closed meanwhile", function()
    local client, transport
    client, transport = fresh { token_lifetime = 2, on_attempt = function() client:close() end }
    transport:reply { status = 503, headers = { ["Retry-After"] = "3" } } -- longer than the token is kept
    local ok, err = client:hub("chat"):send("t")
    assert.is_nil(ok)
    assert.are.equal("closed", err.kind)
    assert.are.equal(1, err.attempts)
    assert.are.equal(1, #transport.requests)
  end)

  it("does not repeat with retry = false", function()
    local client, transport = fresh { retry = false }
    transport:reply { status = 503 }
    local _, err = client:health()
    assert.are.equal("unavailable", err.kind)
    assert.are.equal(1, #transport.requests)
    transport:reply { status = 503 }
    assert.is_true((client:with { retry = { max = 1 } }:health()))
  end)

  it("repeats a send only when it surely was not carried out", function()
    local client, transport = fresh()
    local hub = client:hub("chat")
    transport:reply { status = 500 }
    assert.are.equal("server", select(2, hub:send("t")).kind)
    transport:fail { kind = "reset", sent = "maybe" }
    assert.are.equal("reset", select(2, hub:send("t")).kind)
    transport:fail { kind = "timeout", sent = "maybe" }
    assert.are.equal("timeout", select(2, hub:send("t")).kind)
    assert.are.equal(3, #transport.requests)
    transport:fail { kind = "connect", sent = "no" }:reply(throttled):reply(busy)
    assert.is_true((hub:send("t")))
    assert.are.equal(7, #transport.requests)
  end)

  it("does not deliver twice behind a gateway whose 503 is not the service's", function()
    local client, transport = fresh()
    for _, headers in ipairs { {}, { server = "envoy", ["content-type"] = "text/plain" }, { ["retry-after"] = "" },
      { ["x-ms-error-code"] = " , " } } do
      local before = #transport.requests
      transport:reply { status = 503, headers = headers, body = "upstream connect error" }
      local ok, err = client:hub("chat"):send("t")
      assert.is_nil(ok)
      assert.are.same({ "unavailable", "maybe", 1 }, { err.kind, err.sent, err.attempts })
      assert.are.equal(before + 1, #transport.requests)
    end
    transport:reply { status = 503 }
    assert.is_true((client:hub("chat"):group("g"):exists())) -- what does no harm is asked again
  end)

  it("says of a refusal that is whole that nothing was carried out, and of no other answer", function()
    local client, transport = fresh { retry = false }
    local refusals = {}
    for status in ("400 401 403 404 405 409 411 412 413 414 415 416 417 421 422 426 429 431"):gmatch("%d+") do
      refusals[tonumber(status)] = true
    end
    for status = 300, 599 do
      transport:reply { status = status }
      local _, err = client:hub("chat"):send("t")
      assert.are.equal(refusals[status] and "no" or "maybe", err.sent, status)
      transport:reply { status = status, truncated = true }
      assert.are.equal("maybe", select(2, client:hub("chat"):send("t")).sent, status)
    end
  end)

  it("waits as long as Retry-After says, in seconds or as a date", function()
    local client, transport = fresh(nil)
    transport:reply(throttled):reply { status = 202 }
    assert.is_true((client:hub("chat"):send("t")))
    assert.are.equal(7, transport.sleeps[1])
    transport:reply { status = 503, headers = {
      date = "Sun, 06 Nov 1994 08:49:37 GMT", ["retry-after"] = "Sun, 06 Nov 1994 08:49:48 GMT",
    } }
    assert.is_true((client:hub("chat"):send("t")))
    assert.are.equal(11, transport.sleeps[2])
  end)

  it("does not wait for what comes after its deadline", function()
    local client, transport = fresh()
    transport:reply { status = 429, headers = { ["retry-after"] = "31" } }
    local ok, err = client:hub("chat"):send("t")
    assert.is_nil(ok)
    assert.are.equal("throttled", err.kind)
    assert.are.equal(31, err.retry_after)
    assert.are.equal("no", err.sent)
    assert.are.equal(0, #transport.sleeps)
  end)

  it("ends at its deadline", function()
    local client, transport = fresh { timeout = 3 }
    transport:reply { status = 500, after = 2 }:reply { status = 200, after = 2 }
    local ok, err = client:hub("chat"):group("g"):exists()
    assert.is_nil(ok)
    assert.are.equal("timeout", err.kind)
    assert.are.equal(2, err.attempts)
    assert.are.equal(1003, transport:now())
  end)

  it("passes max_response on", function()
    local client, transport = fresh()
    client:hub("chat"):with { max_response = 10 }:send("t")
    client:hub("chat"):send("t")
    assert.are.equal(10, transport.requests[1].max_response)
    assert.are.equal(4194304, transport.requests[2].max_response)
  end)

  it("shows each attempt to on_attempt", function()
    local seen = {}
    local client, transport = fresh { on_attempt = function(facts) seen[#seen + 1] = facts end }
    transport:reply { status = 503, headers = busy.headers, after = 1 }:reply { status = 202, after = 2 }
    client:hub("chat"):send("t")
    assert.are.equal(2, #seen)
    assert.are.equal("SignalR_Broadcast", seen[1].op)
    assert.are.equal(1, seen[1].attempt)
    assert.are.equal(503, seen[1].status)
    assert.are.equal("unavailable", seen[1].kind)
    assert.are.equal(1, seen[1].seconds)
    assert.are.equal(transport.sleeps[1], seen[1].retry_in)
    assert.is_true(errors.is(seen[1].error))
    assert.are.same({ op = "SignalR_Broadcast", attempt = 2, seconds = 2, status = 202 }, seen[2])
  end)

  it("ends when its pause is cancelled", function()
    local client, transport = fresh()
    transport.sleep = function() return nil, { kind = "cancelled", message = "cancelled", sent = "no" } end
    transport:reply(busy)
    local ok, err = client:hub("chat"):send("t")
    assert.is_nil(ok)
    assert.are.equal("cancelled", err.kind)
    assert.are.equal(1, err.attempts)
  end)

  it("refuses a body over 1 MB before sending, naming size and limit", function()
    local client, transport = fresh()
    local ok, err = client:hub("chat"):send("t", ("x"):rep(1048576))
    assert.is_nil(ok)
    assert.are.equal("payload_too_large", err.kind)
    assert.are.equal("no", err.sent)
    assert.is_truthy(err.message:find("1048607 bytes", 1, true), err.message)
    assert.is_truthy(err.message:find("1048576", 1, true))
    assert.are.equal(0, #transport.requests)
    assert.is_true((client:hub("chat"):send("t", ("x"):rep(1048576 - 31))))
    assert.are.equal(1048576, #transport.requests[1].body)
  end)

  it("refuses an excluded list that does not fit, and points elsewhere", function()
    local client, transport = fresh()
    local ids = {}
    for i = 1, 400 do ids[i] = ("connection-%020d"):format(i) end
    local ok, err = client:hub("chat"):except(ids):send("t")
    assert.is_nil(ok)
    assert.are.equal("uri_too_long", err.kind)
    assert.is_truthy(err.message:find("400 excluded connections", 1, true))
    assert.is_truthy(err.message:find("group", 1, true) and err.message:find("filter", 1, true))
    assert.are.equal(0, #transport.requests)
    local few = {}
    for i = 1, 280 do few[i] = ids[i] end
    assert.is_true((client:hub("chat"):except(few):send("t")))
    assert.is_true(#transport.requests[1].url > 11000)
  end)

  it("refuses headers over 16 KB: a long name is in the URL and, encoded again, in the token", function()
    local client, transport = fresh()
    local ok, err = client:hub("chat"):group(("日"):rep(1024)):send("t")
    assert.is_nil(ok)
    assert.are.equal("headers_too_large", err.kind)
    assert.is_truthy(err.message:find("16384", 1, true))
    assert.is_truthy(err.message:find("the names and parameters make", 1, true))
    assert.is_nil(err.message:find("excluded", 1, true))
    assert.are.equal(0, #transport.requests)
    assert.is_true((client:hub("chat"):group(("x"):rep(1024)):send("t")))
  end)

  it("can yield in send and sleep, across pcall", function()
    local client, transport = fresh()
    local send, sleep = transport.send, transport.sleep
    local yields = 0
    transport.send = function(self, req) coroutine.yield() return send(self, req) end
    transport.sleep = function(self, seconds) coroutine.yield() return sleep(self, seconds) end
    transport:reply { status = 503 }:reply { status = 200, body = '{"value":[{"connectionId":"a"}]}' }
    local items = {}
    local co = coroutine.create(function()
      assert(pcall(function()
        for item in client:hub("chat"):group("g"):connections() do items[#items + 1] = item.connection_id end
      end))
    end)
    while coroutine.status(co) ~= "dead" do
      assert(coroutine.resume(co))
      yields = yields + 1
    end
    assert.are.same({ "a" }, items)
    assert.are.equal(4, yields)
  end)
end)
