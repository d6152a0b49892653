-- SPDX-License-Identifier: MIT
-- When a call is repeated: the table of decisions, and the pauses.
local http_date = require "azure.signalr.http_date"
local retry = require "azure.signalr.retry"

local safe, undone = { repeats = "safe" }, { repeats = "undone" }

-- What happened; may a safe operation be repeated; may one that could deliver twice.
local decisions = {
  { { kind = "connect", sent = "no" }, true, true },
  { { kind = "dns", sent = "no" }, true, true },
  { { kind = "proxy", sent = "no" }, true, true },
  { { kind = "timeout", sent = "no" }, true, true },
  { { kind = "reset", sent = "no" }, true, true },
  { { kind = "timeout", sent = "maybe" }, true, false },
  { { kind = "reset", sent = "maybe" }, true, false },
  { { kind = "connect", sent = "maybe" }, true, false },
  { { kind = "no_answer", sent = "maybe" }, false, false },
  { { kind = "tls", sent = "no" }, false, false },
  { { kind = "protocol", sent = "maybe" }, false, false },
  { { kind = "protocol", sent = "maybe", status = 200 }, false, false },
  { { kind = "reset", sent = "maybe", status = 200 }, true, false },
  { { kind = "too_large", sent = "maybe" }, false, false },
  { { kind = "cancelled", sent = "no" }, false, false },
  { { kind = "closed", sent = "no" }, false, false },
  { { kind = "credential", sent = "no" }, false, false },
  { { kind = "payload_too_large", sent = "no" }, false, false },
  { { kind = "failed", sent = "maybe", status = 200 }, false, false },
  { { kind = "bad_request", sent = "maybe", status = 400 }, false, false },
  { { kind = "unauthorized", sent = "maybe", status = 401 }, false, false },
  { { kind = "forbidden", sent = "maybe", status = 403 }, false, false },
  { { kind = "not_found", sent = "maybe", status = 404 }, false, false },
  { { kind = "unexpected", sent = "maybe", status = 408 }, true, false },
  { { kind = "conflict", sent = "maybe", status = 409 }, false, false },
  { { kind = "payload_too_large", sent = "maybe", status = 413 }, false, false },
  { { kind = "throttled", sent = "no", status = 429 }, true, true },
  { { kind = "unexpected", sent = "maybe", status = 301 }, false, false },
  { { kind = "server", sent = "maybe", status = 500 }, true, false },
  { { kind = "server", sent = "maybe", status = 502 }, true, false },
  { { kind = "unavailable", sent = "no", status = 503 }, true, true },
  { { kind = "unavailable", sent = "maybe", status = 503 }, true, false },
  { { kind = "server", sent = "maybe", status = 504 }, true, false },
  { { kind = "unexpected", sent = "maybe", status = 600 }, false, false },
}

describe("retry", function()
  for _, case in ipairs(decisions) do
    local err, for_safe, for_undone = case[1], case[2], case[3]
    it(("decides about %s %s, sent %s"):format(err.kind, err.status or "", err.sent), function()
      assert.are.equal(for_safe, retry.may(safe, err))
      assert.are.equal(for_undone, retry.may(undone, err))
    end)
  end

  local policy = { max = 3, base = 0.2, cap = 5 }

  it("grows its pauses, with chance, up to the cap", function()
    assert.are.equal(0.1, retry.delay(policy, 1, nil, 0))
    assert.are.equal(0.2, retry.delay(policy, 1, nil, 1))
    assert.are.equal(0.4, retry.delay(policy, 2, nil, 1))
    assert.are.equal(0.8, retry.delay(policy, 3, nil, 1))
    assert.are.equal(5, retry.delay(policy, 30, nil, 1))
    assert.are.equal(2.5, retry.delay(policy, 2000, nil, 0))
  end)

  it("never comes back before the service asked", function()
    assert.are.equal(7, retry.delay(policy, 1, 7, 0.5))
    assert.are.equal(60, retry.delay(policy, 1, 60, 1))
    assert.are.equal(0.2, retry.delay(policy, 1, 0, 1))
  end)

  it("stops after max retries, and at once without a policy", function()
    local err = { kind = "connect", sent = "no" }
    for attempts = 1, 5 do
      err.attempts = attempts
      assert.are.equal(attempts <= 3, retry.pause(undone, err, policy, 0.5) ~= nil)
      assert.is_nil(retry.pause(undone, err, false, 0.5))
    end
    err.attempts = 1
    assert.is_nil(retry.pause(safe, err, { max = 0, base = 1, cap = 1 }, 0.5))
  end)
end)

describe("http_date", function()
  it("reads the dates of HTTP", function()
    assert.are.equal(784111777, http_date.parse("Sun, 06 Nov 1994 08:49:37 GMT"))
    assert.are.equal(0, http_date.parse("Thu, 01 Jan 1970 00:00:00 GMT"))
    assert.are.equal(951827696, http_date.parse("Tue, 29 Feb 2000 12:34:56 GMT"))
    assert.are.equal(4102444799, http_date.parse("Thu, 31 Dec 2099 23:59:59 GMT"))
  end)

  it("and nothing else", function()
    for _, text in ipairs { "", "7", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37", "06 Nov 1994" } do
      assert.is_nil(http_date.parse(text))
    end
  end)
end)
