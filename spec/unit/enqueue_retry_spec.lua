-- SPDX-License-Identifier: MIT
-- The rule for sending again is spelled twice: in retry.lua, and in C for the queue that a thread moves. They agree.
local curl = require "azure.signalr.curl"
local operations = require "azure.signalr.operations"
local response = require "azure.signalr.response"
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
local SENT_AT = 784111770

-- Header lines of answers, as services, gateways and bad gateways write them.
local HEADS = {
  {}, { "Retry-After: 3" }, { "Retry-After: 4, 4" }, { "Retry-After: 4", "retry-after: 20 " }, { "Retry-After:" },
  { "Retry-After: soon" }, { "Retry-After: soon, 4" }, { "Retry-After: , 7 ,," }, { "Retry-After: -1" },
  { "Retry-After: 1.5" }, { "Retry-After: 4000" }, { "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT" },
  { "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:57 GMT" },
  { "Retry-After: Sun,\t06 Nov 1994 08:49:37 GMT", "Date: Sun, 06 Nov 1994 08:49:30 GMT" },
  { "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT", "Date: rubbish, x", "Date: Sun, 06 Nov 1994 08:49:27 GMT" },
  { "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT", "Date: Sun, 06 Nov 1994 08:49:39 GMT" },
  { "Retry-After: Sun, 06 Nov 1994 08:49:37 CET, 2" }, { "Retry-After: Sun, " },
  { "X-Ms-Error-Code: Error.Busy" }, { "x-ms-error-code:" }, { "x-ms-error-code: a", "X-MS-Error-Code: b" },
  { "Server: envoy", "Content-Type: text/plain" }, { "Retry-After: 1", "X-Ms-Error-Code: Error.Busy" },
}

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
          error(("%s %s: retry.lua says %s, C says %s"):format(err.kind, outcome.head or "", tostring(lua),
            tostring(c)))
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

  -- As a transport gives it: names in lower case, repeats joined.
  local function headers_of(lines)
    local headers = {}
    for _, line in ipairs(lines) do
      local name, value = line:match("^([^:]+):[ \t]*(.-)[ \t]*$")
      name = name:lower()
      headers[name] = headers[name] and headers[name] .. ", " .. value or value
    end
    return headers
  end

  local req = { url = "http://h/", body = "{}", target = { audience = "http://h/" }, sent_at = SENT_AT }

  it("is the same in Lua and in C for answers, whatever their headers", function()
    for status = 300, 620 do
      for _, lines in ipairs((status == 429 or status == 503 or status == 500) and HEADS or { {}, HEADS[2] }) do
        for _, truncated in ipairs { false, true } do
          local head = ("HTTP/1.1 %d X\r\n%s\r\n"):format(status, table.concat(lines, "\r\n") .. "\r\n")
          local reply = { status = status, headers = headers_of(lines), body = "", truncated = truncated }
          local _, err = response.read(op, reply, req, {})
          compare({ head = head, truncated = truncated, sent_at = SENT_AT }, err)
        end
      end
    end
  end)

  it("was compared where it says yes and where it says no", function()
    assert.is_true(compared > 20000 and repeated > 300 and repeated < compared / 2)
  end)

  it("knows every kind of the pool's", function()
    assert.has_error(function() curl.retry_pause { kind = "weather" } end)
  end)
end)
