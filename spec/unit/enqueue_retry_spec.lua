-- SPDX-License-Identifier: MIT
-- The rule for sending again is spelled twice: in retry.lua, and in C for the queue that a thread moves. They agree.
local curl = require "azure.signalr.curl"
local http_status = require "azure.signalr.http_status"
local operations = require "azure.signalr.operations"
local retry = require "azure.signalr.retry"

local op = operations.SignalR_GroupBroadcast

-- Every kind that a transport's failure has.
local KINDS = { "connect", "dns", "tls", "proxy", "timeout", "reset", "protocol", "too_large", "cancelled", "closed",
  "queue_full" }
local POLICIES = {
  { max = 3, base = 0.2, cap = 5 }, { max = 0, base = 0, cap = 0 }, { max = 100, base = 0.3, cap = 7 },
}
local ATTEMPTS = { 1, 2, 3, 4, 5, 99, 100, 101 }
local CHANCES = { 0, 0.25, 1 }
local ASKED = { -1, 0, 0.15, 3, 4000 }

local compared, repeated = 0, 0

local function compare(outcome, err)
  for _, policy in ipairs(POLICIES) do
    for _, attempts in ipairs(ATTEMPTS) do
      for _, chance in ipairs(CHANCES) do
        err.attempts = attempts
        local lua = retry.pause(op, err, policy, chance)
        outcome.attempts, outcome.chance = attempts, chance
        outcome.max, outcome.base, outcome.cap = policy.max, policy.base, policy.cap
        local c = curl.retry_pause(outcome)
        compared = compared + 1
        if lua then repeated = repeated + 1 end
        if (lua == nil) ~= (c == nil) or lua and math.abs(lua - c) > 1e-9 * math.max(1, lua) then
          error(("%s %s: retry.lua says %s, C says %s"):format(tostring(err.kind), tostring(err.status),
            tostring(lua), tostring(c)))
        end
      end
    end
  end
end

describe("the rule for sending again", function()
  it("is the one of operations that a queue takes", function()
    for _, id in ipairs { "SignalR_Broadcast", "SignalR_GroupBroadcast", "SignalR_SendToUser",
      "SignalR_SendToConnection" } do
      assert.are.equal("undone", operations[id].repeats)
    end
  end)

  it("is the same in Lua and in C for failures of the network", function()
    for _, kind in ipairs(KINDS) do
      for _, sent in ipairs { "no", "maybe" } do
        compare({ kind = kind, sent = sent ~= "no" }, { kind = kind, sent = sent })
      end
    end
  end)

  it("is the same in Lua and in C for answers", function()
    for status = 100, 620 do
      for _, asked in ipairs((status == 429 or status == 503 or status == 500) and ASKED or { -1 }) do
        local err = { kind = http_status.kind(status), status = status, retry_after = asked >= 0 and asked or nil }
        compare({ status = status, retry_after = asked }, err)
      end
    end
  end)

  it("was compared where it says yes and where it says no", function()
    assert.is_true(compared > 30000 and repeated > 300 and repeated < compared / 2)
  end)

  it("knows every kind of the pool's", function()
    assert.has_error(function() curl.retry_pause { kind = "weather" } end)
  end)
end)
