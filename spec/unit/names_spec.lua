-- SPDX-License-Identifier: MIT
-- Whole numbers are ids: their digits, exact to 64 bits, on both Luas.
local int64 = require "spec.support.int64"
local recorded = require "spec.support.recorded"
local signalr = require "azure.signalr"

local numbers = {
  { 42, "42" }, { 10 / 2, "5" }, { 0, "0" }, { -7, "-7" }, { 2 ^ 53, "9007199254740992" },
  { int64 "9007199254740993", "9007199254740993" }, { int64 "-9223372036854775807", "-9223372036854775807" },
  { signalr.uint64 "18446744073709551615", "18446744073709551615" },
}

describe("a whole number", function()
  for _, case in ipairs(numbers) do
    local number, digits = case[1], case[2]
    it("is an id wherever there is one: " .. digits, function()
      local client, transport = recorded()
      local hub = client:hub("chat")
      hub:user(number):send("t")
      hub:connection(number):exists()
      hub:group(number):add(number)
      hub:user("u"):join(number)
      hub:connection("c"):stream(number):complete()
      hub:except { "a", number }:send("t")
      hub:close_connections { except = { number } }
      assert.are.equal(0, select(2, hub:users({ number }):send("t")))
      local paths, base = {}, "/api/hubs/chat/"
      for i, request in ipairs(transport.requests) do paths[i] = request.url:match("//[^/]*([^?]*)") end
      assert.are.same({
        base .. "users/" .. digits .. "/:send", base .. "connections/" .. digits,
        base .. "groups/" .. digits .. "/connections/" .. digits, base .. "users/u/groups/" .. digits,
        base .. "connections/c/streams/" .. digits .. "/:complete", base .. ":send", base .. ":closeConnections",
        base .. "users/" .. digits .. "/:send",
      }, paths)
      assert.is_truthy(transport.requests[6].url:find("&excluded=a&excluded=" .. digits, 1, true))
      assert.is_truthy(transport.requests[7].url:find("&excluded=" .. digits, 1, true))
      assert.are.equal(digits, hub:user(number).id)
      assert.is_true(hub:user(number) == hub:user(digits))
    end)

    it("is an id in tokens and in what is sent: " .. digits, function()
      local client, transport = recorded()
      transport:reply { status = 200, body = '{"token":"t"}' }
      assert(client:hub("chat"):client_token { user_id = number })
      assert.is_truthy(transport.requests[1].url:find("&userId=" .. digits, 1, true))
      client:hub("chat"):execute({ signalr.command.join(number) }, { everyone = true })
      assert.are.equal('[{"type":"JoinGroup","group":"' .. digits .. '"}]', transport.requests[2].body)
      client:request { method = "GET", path = "/x", query = { id = number } }
      assert.is_truthy(transport.requests[3].url:find("?id=" .. digits .. "&", 1, true))
    end)
  end

  it("that has lost digits, or is none, is not taken for one", function()
    local hub = recorded():hub("chat")
    for _, number in ipairs { 1.5, 2 ^ 53 * 2, -2 ^ 60, 1 / 0, 0 / 0 } do
      for _, make in ipairs { "user", "connection", "group" } do
        local ok, message = pcall(hub[make], hub, number)
        assert.is_false(ok)
        assert.is_truthy(message:find("must be a string, or a whole number that has not lost digits", 1, true), message)
      end
    end
  end)

  it("is no hub", function()
    local client = recorded()
    assert.is_false(pcall(client.hub, client, 7))
  end)
end)

describe("names", function()
  it("are counted in characters, not bytes", function()
    local client = recorded()
    local hub = client:hub(("x"):rep(128), { application = ("A"):rep(128) })
    assert(hub:group(("é"):rep(1024)):send("t"))
    assert(hub:connection("c"):stream(("日"):rep(100)):send(1))
  end)

  it("that are odd but good are left alone", function()
    local hub, transport = recorded()
    hub = hub:hub("chat")
    for _, name in ipairs { "...", "a/../b", " x ", ".a", "%2e%2e", "\127", "a\0b" } do
      assert(hub:group(name):send("t"))
      assert(hub:user(name):exists())
      assert.are.equal(name, hub:group(name).name)
    end
    assert.are.equal(14, #transport.requests)
  end)
end)
