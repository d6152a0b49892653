-- SPDX-License-Identifier: MIT
-- Closing connections: whose, with which reason, and who stays.
local logic = require "spec.emulator.logic"

describe("closing", function()
  local world, alice, alice2, bob, stranger
  before_each(function()
    world = logic.new()
    alice, alice2, bob = world:client("alice"), world:client("alice"), world:client("bob")
    stranger = world:client("alice", { hub = "other" })
    world:rest("PUT", "/api/hubs/chat/groups/g/connections/" .. alice.id)
    world:rest("PUT", "/api/hubs/chat/groups/g/connections/" .. bob.id)
  end)

  local function closed()
    local list = {}
    for i, client in ipairs { alice, alice2, bob, stranger } do list[i] = client.closed ~= nil end
    return list
  end

  -- path, query, who is closed
  local function cases()
    return {
      { "/api/hubs/chat/:closeConnections", "", { true, true, true, false } },
      { "/api/hubs/chat/:closeConnections", "&excluded=" .. alice.id, { false, true, true, false } },
      { "/api/hubs/chat/groups/g/:closeConnections", "", { true, false, true, false } },
      { "/api/hubs/chat/groups/g/:closeConnections", "&excluded=" .. bob.id, { true, false, false, false } },
      { "/api/hubs/chat/users/alice/:closeConnections", "", { true, true, false, false } },
      { "/api/hubs/chat/users/alice/:closeConnections", "&excluded=" .. alice2.id, { true, false, false, false } },
      { "/api/hubs/chat/users/nobody/:closeConnections", "", { false, false, false, false } },
      { "/api/hubs/chat/:closeConnections", "&application=app", { false, false, false, false } },
    }
  end
  for i = 1, 8 do
    it("ends those connections and no others, case " .. i, function()
      local case = cases()[i]
      local answer = world:rest("POST", case[1], { query = "reason=so%20long" .. case[2] })
      assert.are.equal(204, answer.status)
      assert.are.same(case[3], closed())
      for k, client in ipairs { alice, alice2, bob, stranger } do
        assert.are.equal(case[3][k] and '{"type":7,"error":"so long"}' or "", client:text())
        assert.are.equal(case[3][k] and "so long" or nil, client.closed and client.closed.reason)
      end
    end)
  end

  it("one connection tells it the reason, if there is one", function()
    local path = "/api/hubs/chat/connections/" .. alice.id
    assert.are.equal(200, world:rest("DELETE", path, { query = "reason=x" }).status)
    assert.are.equal('{"type":7,"error":"x"}', alice:text())
    assert.are.equal(200, world:rest("DELETE", "/api/hubs/chat/connections/" .. bob.id).status)
    assert.are.equal('{"type":7}', bob:text())
    assert.are.same({ true, false, true, false }, closed())
    local again = world:rest("DELETE", path)
    assert.are.equal(404, again.status)
    assert.are.equal("Warning.Connection.NotExisted", again.headers["x-ms-error-code"])
  end)

  it("tells MessagePack clients too", function()
    local client = world:client("carol", { protocol = "messagepack" })
    world:rest("DELETE", "/api/hubs/chat/connections/" .. client.id, { query = "reason=x" })
    assert.are.same({ "\5\147\7\161x\194" }, client:take())
  end)

  it("takes the connection out of everything", function()
    world:rest("POST", "/api/hubs/chat/:closeConnections")
    for _, path in ipairs { "connections/" .. alice.id, "groups/g", "users/alice" } do
      assert.are.equal(404, world:rest("HEAD", "/api/hubs/chat/" .. path).status)
    end
    assert.are.equal(200, world:rest("HEAD", "/api/hubs/other/users/alice").status)
  end)
end)
