-- SPDX-License-Identifier: MIT
-- No list is cut short: one with a hole, with other keys, or whose elements come from a metatable, is refused.
local check = require "azure.signalr.check"
local core = require "azure.signalr.core"
local recorded = require "spec.support.recorded"
local signalr = require "azure.signalr"

local command = signalr.command

local function noop() end

-- What takes a list: its title, two elements that are right, and a call. Each returns what proves that both were used.
local takers = {
  { "hub:execute", command.join("a"), command.close("b"), function(hub, list)
    assert(hub:execute(list, { everyone = true }))
    return '[{"type":"JoinGroup","group":"a"},{"type":"CloseConnection","reason":"b"}]'
  end },
  { "signalr.filter with %s", "a", "b", function(_, list)
    return signalr.filter("x in %s", list) == "x in ('a','b')"
  end },
  { "signalr.filter with %d", 1, 2, function(_, list) return signalr.filter("x in %d", list) == "x in (1,2)" end },
  { "the filter of hub:execute", "userId in %s", { "a" }, function(hub, list)
    assert(hub:execute({ command.close("b") }, { filter = list }))
    return "&filter=userId%20in%20%28%27a%27%29"
  end },
  { "signalr.all", noop, noop, function(_, list) return #signalr.all(list) == 2 end },
  { "hub:users", "a", "b", function(hub, list) return #hub:users(list):send("t") == 2 end },
  { "hub:groups", "a", "b", function(hub, list) return #hub:groups(list):send("t") == 2 end },
  { "hub:connections", "a", "b", function(hub, list) return #hub:connections(list):send("t") == 2 end },
  { "hub:except", "a", "b", function(hub, list)
    assert(hub:except(list):send("t"))
    return "&excluded=a&excluded=b"
  end },
  { "group:except", "a", "b", function(hub, list)
    assert(hub:group("g"):except(list):send("t"))
    return "&excluded=a&excluded=b"
  end },
  { "except of close_connections", "a", "b", function(hub, list)
    assert(hub:user("u"):close_connections { except = list })
    return "&excluded=a&excluded=b"
  end },
  { "hub:send_list", "a", "b", function(hub, list)
    assert(hub:send_list("t", list))
    return '"arguments":["a","b"]'
  end },
  { "an argument of hub:send", "a", "b", function(hub, list)
    assert(hub:send("t", list))
    return '"arguments":[["a","b"]]'
  end },
  { "an argument of hub:enqueue", "a", "b", function(hub, list) return (hub:enqueue("t", { list })) end },
  { "an item of a stream", "a", "b", function(hub, list)
    assert(hub:connection("c"):stream("s"):send(list))
    return '["a","b"]'
  end },
  { "command.send", "a", "b", function(_, list)
    return tostring(command.send("t", list)):find('[["a","b"]]', 1, true)
  end },
  { "the values of a claim", "a", "b", function(hub, list) return (hub:negotiate { claims = { role = list } }) end },
  { "pairs of claims", { "a", "b" }, { "c", "d" }, function(hub, list) return (hub:negotiate { claims = list }) end },
  { "a pair of claims", "a", "b", function(hub, list) return (hub:negotiate { claims = { list } }) end },
  { "a query of client:request", "a", "b", function(_, list, client)
    assert(client:request { method = "GET", path = "/x", query = { q = list } })
    return "?q=a&q=b&"
  end },
  { "a body of client:request", "a", "b", function(_, list, client)
    assert(client:request { method = "POST", path = "/x", body = list })
    return '["a","b"]'
  end },
}

local function with_keys(a, b)
  return {
    hole = { [1] = a, [3] = b }, ["a hole at the beginning"] = { [2] = a }, ["a wide hole"] = { [1] = a, [1000] = b },
    ["a named key"] = { a, b, last = b }, ["a fraction"] = { a, b, [1.5] = b }, ["a zero"] = { [0] = a, b },
    ["a negative key"] = { a, b, [-1] = b }, ["a boolean key"] = { a, b, [true] = b },
  }
end

-- By their metatables these have two elements.
local function of_metatables(a, b)
  local both = { a, b }
  return {
    ["__index"] = setmetatable({}, { __index = both }),
    ["__index, a function"] = setmetatable({ a }, { __index = function(_, i) return both[i] end }),
  }
end

-- Claims may be by name, too; there a named key is another claim.
local function is_right(title, flaw) return title == "pairs of claims" and flaw == "a named key" end

-- JSON is made of what a table itself holds, whatever its metatable shows.
local function is_data(title)
  return title:find("^an? [abi]") ~= nil or title == "hub:send_list" or title == "command.send"
    or title == "the values of a claim"
end

local function try(taker, list)
  local client, transport = recorded()
  local hub = client:hub("chat")
  local fine, proof = pcall(taker[4], hub, list, client)
  client:close()
  return fine, proof, transport.requests
end

describe("a list", function()
  for _, taker in ipairs(takers) do
    local title = taker[1]
    it("that is whole is used to its end by " .. title, function()
      for _, list in ipairs { { taker[2], taker[3] }, signalr.array({ taker[2], taker[3] }, 2) } do
        local fine, proof, requests = try(taker, list)
        assert(fine, tostring(proof))
        assert.is_truthy(proof)
        if type(proof) == "string" then
          local request = requests[#requests]
          assert.is_truthy((request.url .. " " .. (request.body or "")):find(proof, 1, true), proof)
        end
      end
    end)

    for flaw, list in pairs(with_keys(taker[2], taker[3])) do
      if not is_right(title, flaw) then
        it(("with %s is not cut short by %s"):format(flaw, title), function()
          local fine, message, requests = try(taker, list)
          assert.is_false(fine)
          assert.is_truthy(message:find("lists_spec.lua:", 1, true), message)
          assert.are.equal(0, #requests)
        end)
      end
    end

    if not is_data(title) then
      for flaw, list in pairs(of_metatables(taker[2], taker[3])) do
        it(("whose elements come from %s is not taken for an empty one by %s"):format(flaw, title), function()
          local fine, message, requests = try(taker, list)
          assert.is_false(fine, tostring(message))
          assert.are.equal(0, #requests)
        end)
      end
    end
  end

  it("says where its hole is, or what its other key is", function()
    local function told(list)
      local ok, message = pcall(check.array, list, "f", "list")
      assert.is_false(ok)
      return message:match("other keys: (.*)$")
    end
    assert.are.equal("[2] is nil, and [3] is not", told { 1, nil, 3 })
    assert.are.equal('it has the key "x"', told { 1, x = 2 })
    assert.are.equal("it has the key of 3 bytes", told { ["a\nb"] = 2 })
    assert.are.equal("it has the key 1.5", told { [1.5] = 2 })
    assert.are.equal("it is marked as an object", told(signalr.object { 1 }))
  end)

  it("is as long as the core says", function()
    assert.are.equal(0, core.array_length {})
    assert.are.equal(2, core.array_length { 1, 2 })
    assert.are.equal(3, core.array_length(signalr.array({ 1 }, 3)))
    assert.is_nil(core.array_length(signalr.array({ 1, nil, 3 })))
    assert.is_nil(core.array_length(signalr.array({ 1, 2, 3 }, 2)))
    assert.is_nil(core.array_length { a = 1 })
  end)

  it("of ids with an element that signalr.array says is nil is not shortened, either", function()
    local hub = recorded():hub("chat")
    assert.is_false(pcall(hub.except, hub, signalr.array({ "a" }, 2)))
    assert.is_false(pcall(hub.users, hub, signalr.array({ "a", nil, "b" }, 3)))
    assert.is_false(pcall(signalr.all, signalr.array({ noop }, 2)))
  end)

  it("of a pair with a third element is no claim", function()
    local hub = recorded():hub("chat")
    assert.is_false(pcall(hub.negotiate, hub, { claims = { { "role", "a", "b" } } }))
    assert.is_false(pcall(hub.negotiate, hub, { claims = { { "role" } } }))
    assert.is_false(pcall(hub.negotiate, hub, { claims = { { name = "role", value = "a" } } }))
  end)
end)
