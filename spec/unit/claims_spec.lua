-- SPDX-License-Identifier: MIT
-- Which claims a client's token may carry: none of them may choose the user id behind the option user_id.
local recorded = require "spec.support.recorded"
local jwt = require "spec.support.jwt"
local signalr = require "azure.signalr"
local testing = require "azure.signalr.testing"

local long = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"

local function payload(options)
  local answer = assert(recorded():hub("chat"):negotiate(options))
  return (jwt.open(answer.accessToken, testing.access_key))
end

local function refused(options)
  local hub = recorded():hub("chat")
  local ok, message = pcall(function()
    local answer = hub:negotiate(options)
    return answer
  end)
  assert.is_false(ok)
  assert.is_truthy(message:find("^%.?/?spec/unit/claims_spec%.lua:%d+: hub:negotiate: claims%["), message)
  return message
end

-- The same claim by name, as a pair, and among several values.
local function ways(name, value)
  return {
    { [name] = value }, { { name, value } }, { [name] = { value, "b" } }, { { "role", "r" }, { name, { value } } },
    { [name] = signalr.array { value } },
  }
end

describe("a claim", function()
  it("that the service takes for the user id is refused, and the option user_id is named", function()
    for _, name in ipairs { "sub", "SUB", "nameid", "NameId", long, long:upper() } do
      for _, claims in ipairs(ways(name, "mallory")) do
        assert.is_truthy(refused { claims = claims }:find("would choose the user id: use the option user_id", 1, true))
      end
    end
  end)

  it("of another name of the user id is refused beside user_id, too", function()
    for _, name in ipairs { "nameid", long } do
      for _, claims in ipairs(ways(name, "mallory")) do refused { user_id = "alice", claims = claims } end
    end
  end)

  it("sub beside user_id chooses nothing and is kept; of several, the first", function()
    assert.are.equal("s", payload { user_id = "alice", claims = { sub = "s" } }.sub)
    for _, claims in ipairs { { sub = { "a", "b", "c" } }, { { "sub", "a" }, { "sub", { "b", "c" } } },
      { sub = signalr.array { "a", "b", "c" } } } do
      local found = payload { user_id = "alice", claims = claims }
      assert.are.equal("a", found.sub)
      assert.are.same({ "b", "c" }, found["asrs.u.sub"])
      assert.are.equal("alice", found["asrs.s.uid"])
    end
    local found = payload { user_id = "alice", claims = { { "Sub", "a" }, { "sub", "b" } } }
    assert.are.same({ "a", "b", nil }, { found.Sub, found["asrs.u.sub"], found.sub })
    assert.is_truthy(refused { user_id = "alice", claims = { sub = { x = "a" } } }:find("must be a text", 1, true))
    assert.is_truthy(refused { user_id = "alice", claims = { sub = {} } }:find("must be a text", 1, true))
  end)

  it("that begins with asrs.s. is refused", function()
    for _, name in ipairs { "asrs.s.uid", "ASRS.S.dc" } do
      for _, claims in ipairs(ways(name, "x")) do
        assert.is_truthy(refused { user_id = "u", claims = claims }:find("asrs.s. are the service's own", 1, true))
      end
    end
  end)

  it("of a name that is the token's own goes under another", function()
    assert.are.equal("x", payload { claims = { jti = "x" } }["asrs.u.jti"])
  end)

  it("may be a number of 64 bits, and the user id a whole number", function()
    local found = payload { user_id = 42, claims = { level = 7 } }
    assert.are.same({ "42", 7 }, { found["asrs.s.uid"], found.level })
  end)

  it("without a value, or in a table of its own kind, is misuse", function()
    refused { claims = { { "role" } } }
    for _, claims in ipairs { setmetatable({}, { __index = { role = "admin" } }), recorded():hub("chat") } do
      local hub = recorded():hub("chat")
      local ok, message = pcall(hub.negotiate, hub, { claims = claims })
      assert.is_false(ok)
      assert.is_truthy(message:find("claims must be a plain table", 1, true), message)
    end
  end)
end)
