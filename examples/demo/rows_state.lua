-- SPDX-License-Identifier: MIT
-- Rows of the demo: who is there, who is in which group, and who is sent away.
-- Each change is read back through another operation.
local M = {}

function M.SignalR_CheckConnectionExistence(stage)
  local id = stage.people.bob.connection_id
  stage.equal("a connection that is there", true, stage.must(stage.chat:connection(id):exists()))
  stage.equal("one that is not", false, stage.must(stage.chat:connection("nobody"):exists()))
  return "true; for another false", stage:saw{}
end

function M.SignalR_CheckUserExistence(stage)
  stage.equal("a user who is there", true, stage.must(stage.chat:user("alice"):exists()))
  stage.equal("one who is not", false, stage.must(stage.chat:user("mallory"):exists()))
  return "true; for another false", stage:saw{}
end

function M.SignalR_CheckGroupExistence(stage)
  stage.equal("a group with a member", true, stage.must(stage:group("bob"):exists()))
  stage.equal("one without", false, stage.must(stage:group():exists()))
  return "true; for another false", stage:saw{}
end

function M.SignalR_CheckUserExistenceInGroup(stage)
  local _, name = stage:group()
  stage.must(stage.chat:user("alice"):join(name))
  stage.equal("alice in the group", true, stage.must(stage.chat:user("alice"):in_group(name)))
  stage.equal("bob in the group", false, stage.must(stage.chat:user("bob"):in_group(name)))
  return "true; for bob false", stage:saw{}
end

function M.SignalR_AddConnectionToGroup(stage)
  local group = stage:group()
  stage.must(group:add(stage.people.phone.connection_id))
  stage.equal("the group's list", "phone", stage:members(group))
  stage.must(group:send("note", "welcome"))
  return "true", stage:saw{ phone = { 'note ["welcome"]' } }
end

function M.SignalR_RemoveConnectionFromGroup(stage)
  local group = stage:group("phone", "desk")
  stage.must(group:remove(stage.people.phone.connection_id))
  stage.equal("the group's list", "desk", stage:members(group))
  stage.must(group:send("note", "who is left"))
  return "true", stage:saw{ desk = { 'note ["who is left"]' } }
end

function M.SignalR_RemoveConnectionFromAllGroups(stage)
  local one, two = stage:group("phone", "desk"), stage:group("phone")
  stage.must(stage.chat:connection(stage.people.phone.connection_id):leave_all())
  stage.equal("the first group's list", "desk", stage:members(one))
  stage.equal("the second group", false, stage.must(two:exists()))
  stage.must(one:send("note", "first"))
  stage.must(two:send("note", "second"))
  return "true", stage:saw{ desk = { 'note ["first"]' } }
end

function M.HubProxy_ListConnectionsInGroup(stage)
  local group = stage:group("phone", "desk", "bob")
  stage.equal("the list", "phone desk bob", stage:members(group))
  stage.equal("the list in pages of 2", "phone desk bob", stage:members(group, { page_size = 2 }))
  return "3 members, users too", stage:saw{}
end

function M.SignalR_AddUserToGroup(stage)
  local group, name = stage:group()
  stage.must(stage.chat:user("alice"):join(name))
  stage.equal("alice in the group", true, stage.must(stage.chat:user("alice"):in_group(name)))
  stage.must(group:send("note", "hello alice"))
  local got = { 'note ["hello alice"]' }
  return "true", stage:saw{ phone = got, desk = got }
end

function M.SignalR_RemoveUserFromGroup(stage)
  local group, name = stage:group()
  stage.must(stage.chat:user("alice"):join(name))
  stage.must(stage.chat:user("bob"):join(name))
  stage.must(stage.chat:user("alice"):leave(name))
  stage.equal("alice in the group", false, stage.must(stage.chat:user("alice"):in_group(name)))
  stage.must(group:send("note", "without alice"))
  return "true", stage:saw{ bob = { 'note ["without alice"]' } }
end

function M.SignalR_RemoveUserFromAllGroups(stage)
  local one, first = stage:group()
  local two, second = stage:group()
  local alice = stage.chat:user("alice")
  stage.must(alice:join(first))
  stage.must(alice:join(second))
  stage.must(stage.chat:user("bob"):join(first))
  stage.must(alice:leave_all())
  stage.equal("alice in the first group", false, stage.must(alice:in_group(first)))
  stage.equal("alice in the second group", false, stage.must(alice:in_group(second)))
  stage.must(one:send("note", "first"))
  stage.must(two:send("note", "second"))
  return "true", stage:saw{ bob = { 'note ["first"]' } }
end

-- Whoever was sent away is gone for the service too; the next row lets them in again.
local function gone(stage, ...)
  for _, name in ipairs{ ... } do
    local connection = stage.chat:connection(stage.people[name].connection_id)
    stage.equal(name .. "'s connection", false, stage.must(connection:exists()))
  end
end

function M.SignalR_CloseConnection(stage)
  stage.must(stage.chat:connection(stage.people.bob.connection_id):disconnect{ reason = "bye bob" })
  local seen = stage:saw{ bob = { "closed: bye bob" } }
  gone(stage, "bob")
  return "true", seen
end

function M.SignalR_CloseUserConnections(stage)
  local desk = stage.people.desk.connection_id
  stage.must(stage.chat:user("alice"):close_connections{ reason = "one place at a time", except = { desk } })
  local seen = stage:saw{ phone = { "closed: one place at a time" } }
  gone(stage, "phone")
  return "true", seen
end

function M.SignalR_CloseGroupConnections(stage)
  local group = stage:group("phone", "desk", "bob")
  stage.must(group:close_connections{ reason = "closing time", except = { stage.people.desk.connection_id } })
  local got = { "closed: closing time" }
  local seen = stage:saw{ phone = got, bob = got }
  gone(stage, "phone", "bob")
  return "true", seen
end

function M.SignalR_CloseConnections(stage)
  stage.must(stage.chat:close_connections{ reason = "good night", except = { stage.people.desk.connection_id } })
  local got = { "closed: good night" }
  local seen = stage:saw{ phone = got, bob = got }
  gone(stage, "phone", "bob")
  return "true", seen
end

return M
