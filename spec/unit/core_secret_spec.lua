-- SPDX-License-Identifier: MIT
-- signer:authorization and core.secret: tokens that no dump of a table shows.
local collector = require "spec.support.collector"
local core = require "azure.signalr.core"
local reach = require "spec.support.reach"

local KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"
local URL = "http://localhost:8888/api/hubs/chat/:send"

local function message_of(...)
  local ok, message = pcall(...)
  assert.is_false(ok)
  return message
end

describe("signer:authorization", function()
  it("is the line of the token that signer:token signs", function()
    local signer = core.signer(KEY, "id")
    local line, expires = signer:authorization(URL, 1000.75, 3600, 60)
    assert.are.equal("Authorization: Bearer " .. signer:token(URL, 1000, 3600), line)
    assert.are.equal(4600, expires)
  end)

  it("gives the same line again for as long as it may be used again", function()
    local signer = core.signer(KEY)
    local first = signer:authorization(URL, 1000, 3600, 60)
    local line, expires = signer:authorization(URL, 1059.9, 3600, 60)
    assert.are.equal(first, line)
    assert.are.equal(4600, expires)
    line, expires = signer:authorization(URL, 1060, 3600, 60)
    assert.are.equal("Authorization: Bearer " .. signer:token(URL, 1060, 3600), line)
    assert.are.equal(4660, expires)
  end)

  it("signs anew for another lifetime, another audience, and a clock that was set back", function()
    local signer = core.signer(KEY)
    signer:authorization(URL, 1000, 3600, 60)
    assert.are.equal(1010 + 60, (select(2, signer:authorization(URL, 1010, 60, 60))))
    assert.are.equal("Authorization: Bearer " .. signer:token("b", 1010, 60), (signer:authorization("b", 1010, 60, 60)))
    assert.are.equal(900 + 60, (select(2, signer:authorization(URL, 900, 60, 60))))
    assert.are.equal(901 + 60, (select(2, signer:authorization(URL, 901, 60, 0))))
  end)

  it("stays right for more audiences than are kept", function()
    local signer = core.signer(KEY)
    for round = 1, 2 do
      for i = 1, 2000 do
        local audience = URL .. i
        local line, expires = signer:authorization(audience, 1000 + round, 60, 60)
        assert.are.equal("Authorization: Bearer " .. signer:token(audience, expires - 60, 60), line)
      end
    end
    local long = URL .. ("x"):rep(20000)
    for _ = 1, 2 do
      assert.are.equal("Authorization: Bearer " .. signer:token(long, 5, 60), (signer:authorization(long, 5, 60, 60)))
    end
  end)

  it("leaves no token within reach of a dump", function()
    local held = { signer = core.signer(KEY) }
    held.signer:authorization(URL, 1000, 3600, 60)
    assert.is_nil(reach.find(held, "eyJ"))
    assert.is_nil(reach.find(held, KEY))
    assert.is_nil(tostring(held.signer):find("eyJ"))
    assert.is_truthy(reach.find({ function() return held end, [held] = { "x eyJ" } }, "eyJ"))
  end)

  it("ends with the signer", function()
    local signer = core.signer(KEY)
    signer:authorization(URL, 1000, 3600, 60)
    signer:close()
    signer:close()
    assert.matches("the signer is closed", message_of(signer.authorization, signer, URL, 1000, 3600, 60))
  end)

  it("does not use a signer that a finalizer closes meanwhile", function()
    local signer = core.signer(KEY)
    local function armed()
      local function close() signer:close() end
      if newproxy then -- luacheck: ignore 113
        getmetatable(newproxy(true)).__gc = close -- luacheck: ignore 113
      else
        setmetatable({}, { __gc = close })
      end
    end
    for _ = 1, 50 do
      armed()
      local ran, line = pcall(function()
        for i = 1, 2000 do
          local text = signer:authorization(URL .. i % 7, 1000, 3600, 60)
          assert(text:find("^Authorization: Bearer [%w_-]+%.[%w_-]+%.[%w_-]+$"), text)
        end
      end)
      if not ran then assert.matches("the signer is closed", line) end
      signer = core.signer(KEY)
    end
  end)

  it("throws at misuse, naming the argument", function()
    local signer = core.signer(KEY)
    for _, case in ipairs {
      { "audience must be a string, got nil" },
      { "audience must be valid UTF%-8", "\255", 1, 1, 1 },
      { "now must be a number, got string", "a", "1", 1, 1 },
      { "now must be a finite number", "a", 0 / 0, 1, 1 },
      { "now is out of range", "a", -1, 1, 1 },
      { "lifetime must be a number, got nil", "a", 1 },
      { "lifetime must be a whole number", "a", 1, 1.5, 1 },
      { "reuse must be a number, got nil", "a", 1, 1 },
      { "reuse is out of range", "a", 1, 1, -1 },
    } do
      assert.matches(case[1], message_of(signer.authorization, signer, case[2], case[3], case[4], case[5]))
    end
  end)
end)

describe("core.secret", function()
  it("makes the line of a request and shows nothing else", function()
    local secret = core.secret "abc.def-ghi"
    assert.are.equal("Authorization: Bearer abc.def-ghi", secret:header())
    assert.are.equal("azure.signalr.secret (open)", tostring(secret))
    assert.is_nil(reach.find({ secret }, "abc.def"))
  end)

  it("closes once and for all", function()
    local secret = core.secret "abc"
    secret:close()
    secret:close()
    assert.are.equal("azure.signalr.secret (closed)", tostring(secret))
    assert.matches("the secret is closed", message_of(secret.header, secret))
  end)

  it("gives the whole of it or says that it is closed, where a finalizer closes it meanwhile", function()
    for _, method in ipairs { "text", "header" } do
      local closed = 0
      for at = 1, 6 do
        local secret = core.secret "abc.def-ghi"
        local stop = collector.watch(function(count)
          if count == at then secret:close() end
        end)
        local fine, text = collector.hurry(secret[method], secret)
        stop()
        if fine then assert.matches("abc%.def%-ghi$", text) else assert.matches("the secret is closed", text) end
        closed = closed + (fine and 0 or 1)
      end
      assert.is_true(closed > 0)
    end
  end)

  it("refuses what would forge a request", function()
    for _, case in ipairs {
      { "token must not be empty", "" },
      { "token must not hold control characters", "a\r\nHost: b" },
      { "token must not hold control characters", "a\0" },
      { "token must be a string, got nil" },
      { "token must be a string, got number", 12 },
    } do
      local message = message_of(core.secret, case[2])
      assert.matches(case[1], message)
      assert.is_nil(message:find("Host", 1, true))
    end
    assert.matches("a colon may be missing", message_of(core.secret("a").header))
  end)
end)
