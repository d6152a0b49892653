-- SPDX-License-Identifier: MIT
-- Groups: who is in, how long, and how one leaves.
local logic = require "spec.emulator.logic"

local HUB = "/api/hubs/chat/"

describe("a group", function()
  local world
  before_each(function() world = logic.new() end)

  local function call(method, path, query)
    return world:rest(method, HUB .. path, { query = query })
  end
  local function ok(method, path, query)
    local answer = call(method, path, query)
    assert(answer.status < 300, answer.body)
    return answer
  end
  local function is_in(client, group)
    client:take()
    ok("HEAD", "users/" .. client.session.user_id)
    world:rest("POST", HUB .. "groups/" .. group .. "/:send", { body = '{"target":"t"}' })
    return client:text() ~= ""
  end
  local function exists(path) return call("HEAD", path).status == 200 end

  it("is joined and left by a connection", function()
    local alice, other = world:client("alice"), world:client("alice")
    assert.is_false(exists("groups/g"))
    ok("PUT", "groups/g/connections/" .. alice.id)
    assert.is_true(is_in(alice, "g"))
    assert.is_false(is_in(other, "g"))
    assert.is_true(exists("groups/g"))
    assert.is_true(exists("users/alice/groups/g"))
    assert.is_false(is_in(alice, "h"))
    ok("DELETE", "groups/g/connections/" .. alice.id)
    assert.is_false(is_in(alice, "g"))
    assert.is_false(exists("groups/g"))
    -- not in it any more: still a success, as the connection is there
    ok("DELETE", "groups/g/connections/" .. alice.id)
  end)

  it("is no group of another hub", function()
    local alice = world:client("alice")
    ok("PUT", "groups/g/connections/" .. alice.id)
    assert.are.equal(404, world:rest("HEAD", "/api/hubs/other/groups/g").status)
    assert.are.equal(404, call("HEAD", "groups/g", "application=app").status)
    assert.are.equal(404, world:rest("PUT", "/api/hubs/other/groups/g/connections/" .. alice.id).status)
  end)

  it("is left with all others at once", function()
    local alice, bob = world:client("alice"), world:client("bob")
    for _, group in ipairs { "g", "h" } do
      ok("PUT", "groups/" .. group .. "/connections/" .. alice.id)
      ok("PUT", "groups/" .. group .. "/connections/" .. bob.id)
    end
    ok("DELETE", "connections/" .. alice.id .. "/groups")
    assert.are.same({ false, false, true, true },
      { is_in(alice, "g"), is_in(alice, "h"), is_in(bob, "g"), is_in(bob, "h") })
    ok("DELETE", "connections/" .. alice.id .. "/groups")
  end)

  it("takes no connection that is gone", function()
    local alice = world:client("alice")
    alice.session:closed("gone")
    local answer = call("PUT", "groups/g/connections/" .. alice.id)
    assert.are.same({ 404, "Error.Connection.NotExisted" }, { answer.status, answer.headers["x-ms-error-code"] })
    for _, path in ipairs { "groups/g/connections/" .. alice.id, "connections/" .. alice.id .. "/groups" } do
      answer = call("DELETE", path)
      assert.are.same({ 404, "Warning.Connection.NotExisted" }, { answer.status, answer.headers["x-ms-error-code"] })
    end
  end)

  it("joined by a user holds for later connections, also of one who is not there", function()
    local answer = ok("PUT", "users/alice/groups/g")
    assert.are.equal(200, answer.status)
    assert.is_true(exists("users/alice/groups/g"))
    assert.is_false(exists("groups/g"))
    local alice = world:client("alice")
    assert.is_true(is_in(alice, "g"))
    assert.is_true(is_in(world:client("alice"), "g"))
    assert.is_false(is_in(world:client("bob"), "g"))
    assert.is_true(exists("groups/g"))
  end)

  it("joined by a user for a time is over after it, to the second", function()
    local alice = world:client("alice")
    ok("PUT", "users/alice/groups/g", "ttl=10")
    world.clock = world.clock + 9
    local late = world:client("alice")
    assert.are.same({ true, true }, { is_in(alice, "g"), is_in(late, "g") })
    -- no tick is needed: who asks, knows
    world.clock = world.clock + 1
    assert.are.same({ false, false }, { is_in(alice, "g"), is_in(late, "g") })
    assert.are.same({ false, false }, { exists("groups/g"), exists("users/alice/groups/g") })
    assert.is_false(is_in(world:client("alice"), "g"))
    world.service:tick()
    assert.is_nil(next(world.service:hub("chat").groups.members))
    assert.is_nil(next(world.service:hub("chat").groups.users))
  end)

  it("joined again by a user: the last word about the time counts", function()
    local alice = world:client("alice")
    ok("PUT", "users/alice/groups/g", "ttl=100")
    ok("PUT", "users/alice/groups/g", "ttl=10")
    world.clock = world.clock + 11
    assert.is_false(is_in(alice, "g"))
    ok("PUT", "users/alice/groups/g", "ttl=10")
    ok("PUT", "users/alice/groups/g")
    world.clock = world.clock + 11
    world.service:tick()
    assert.is_true(is_in(alice, "g"))
    assert.is_true(exists("users/alice/groups/g"))
  end)

  it("joined by a connection itself outlives its user's time", function()
    local alice = world:client("alice")
    ok("PUT", "groups/g/connections/" .. alice.id)
    ok("PUT", "users/alice/groups/g", "ttl=1")
    world:advance(2)
    assert.is_true(is_in(alice, "g"))
    assert.is_false(is_in(world:client("alice"), "g"))
  end)

  it("joined with ttl=0 is for the connections of this moment", function()
    local alice = world:client("alice")
    ok("PUT", "users/alice/groups/g", "ttl=0")
    local late = world:client("alice")
    assert.are.same({ true, false }, { is_in(alice, "g"), is_in(late, "g") })
    assert.is_true(exists("users/alice/groups/g"))
    alice.session:closed("gone")
    assert.is_false(exists("users/alice/groups/g"))
  end)

  it("joined without ttl lasts a year at most", function()
    ok("PUT", "users/alice/groups/g")
    ok("PUT", "users/alice/groups/h", "ttl=2000000000")
    world.clock = world.clock + 365 * 86400 - 1
    assert.are.same({ true, true }, { exists("users/alice/groups/g"), exists("users/alice/groups/h") })
    world.clock = world.clock + 1
    assert.are.same({ false, false }, { exists("users/alice/groups/g"), exists("users/alice/groups/h") })
  end)

  it("joined without ttl is forgotten after 100 later ones", function()
    local alice = world:client("alice")
    ok("PUT", "groups/own/connections/" .. alice.id)
    ok("PUT", "users/alice/groups/timed", "ttl=1000")
    ok("PUT", "users/alice/groups/own")
    for i = 1, 100 do ok("PUT", "users/alice/groups/g" .. i) end
    -- joined again: it is the latest now, and g2 the oldest
    ok("PUT", "users/alice/groups/g1")
    ok("PUT", "users/alice/groups/g101")
    local late = world:client("alice")
    local function both(group) return { is_in(alice, group), is_in(late, group) } end
    assert.are.same({ true, true }, both "g1")
    assert.are.same({ false, false }, both "g2")
    assert.are.same({ true, true }, both "g3")
    assert.are.same({ true, true }, both "g101")
    assert.are.same({ true, true }, both "timed")
    -- its own membership is not its user's
    assert.are.same({ true, false }, both "own")
  end)

  it("left by a user is left by all its connections, now and later", function()
    local alice, alice2, bob = world:client("alice"), world:client("alice"), world:client("bob")
    ok("PUT", "users/alice/groups/g")
    ok("PUT", "users/bob/groups/g")
    ok("PUT", "groups/g/connections/" .. alice2.id)
    assert.are.equal(204, ok("DELETE", "users/alice/groups/g").status)
    assert.are.same({ false, false, true }, { is_in(alice, "g"), is_in(alice2, "g"), is_in(bob, "g") })
    assert.is_false(is_in(world:client("alice"), "g"))
    assert.is_false(exists("users/alice/groups/g"))
    assert.are.equal(204, ok("DELETE", "users/alice/groups/g").status)
  end)

  it("is left by a user together with all others", function()
    local alice, bob = world:client("alice"), world:client("bob")
    for _, group in ipairs { "g", "h" } do
      ok("PUT", "users/alice/groups/" .. group)
      ok("PUT", "users/bob/groups/" .. group)
    end
    ok("PUT", "groups/own/connections/" .. alice.id)
    assert.are.equal(204, ok("DELETE", "users/alice/groups").status)
    assert.are.same({ false, false, false, true }, { is_in(alice, "g"), is_in(alice, "h"), is_in(alice, "own"),
      is_in(bob, "h") })
    assert.is_false(is_in(world:client("alice"), "h"))
    assert.are.equal(204, ok("DELETE", "users/nobody/groups").status)
  end)

  it("left by one connection still takes its user's later ones", function()
    local alice = world:client("alice")
    ok("PUT", "users/alice/groups/g")
    ok("DELETE", "groups/g/connections/" .. alice.id)
    assert.is_false(is_in(alice, "g"))
    assert.is_true(is_in(world:client("alice"), "g"))
  end)

  it("refuses a ttl that is no whole number of seconds", function()
    for _, ttl in ipairs { "-1", "1.5", "x", "", "1e3", "99999999999" } do
      local answer = call("PUT", "users/alice/groups/g", "ttl=" .. ttl)
      assert.are.equal(400, answer.status)
      assert.is_truthy(answer.body:find('"target":"ttl"', 1, true))
    end
    assert.is_false(exists("users/alice/groups/g"))
  end)
end)
