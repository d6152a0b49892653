-- SPDX-License-Identifier: MIT
-- `broken`: an operation that answers as usual and does nothing, or answers what is not so. Each
-- probe tries the operation and tells what can be seen of it; broken, it must tell something else.
local jwt = require "azure.signalr.emulator.jwt"
local logic = require "spec.emulator.logic"

local HUB = "/api/hubs/chat/"
local BODY = '{"target":"t"}'

local PROBES = {}

local function status(world, method, path, given)
  local answer = world:rest(method, path, given)
  return answer and answer.status
end

local function open(world, path)
  return world:rest("HEAD", HUB .. path).status == 200
end

-- ---- what a send leaves with the client

local function heard(id, path, prepare)
  PROBES[id] = function(world, client)
    if prepare then prepare(world, client) end
    local code = status(world, "POST", (path:gsub("%%c", client.id)), { body = BODY })
    return code, client:text()
  end
end

local function join(world, client)
  world:rest("PUT", HUB .. "groups/g/connections/" .. client.id)
end

local function open_stream(_, client)
  client:say('{"type":4,"invocationId":"s","target":"m"}')
end

heard("SignalR_Broadcast", HUB .. ":send")
heard("SignalR_SendToUser", HUB .. "users/alice/:send")
heard("SignalR_SendToConnection", HUB .. "connections/%c/:send")
heard("SignalR_GroupBroadcast", HUB .. "groups/g/:send", join)
heard("HubProxy_SendToConnectionStream", HUB .. "connections/%c/streams/s/:send", open_stream)
heard("HubProxy_CompleteConnectionStream", HUB .. "connections/%c/streams/s/:complete", open_stream)
heard("SignalR_CloseConnections", HUB .. ":closeConnections")
heard("SignalR_CloseUserConnections", HUB .. "users/alice/:closeConnections")
heard("SignalR_CloseGroupConnections", HUB .. "groups/g/:closeConnections", join)

function PROBES.SignalR_CloseConnection(world, client)
  return status(world, "DELETE", HUB .. "connections/" .. client.id), client:text()
end

function PROBES.HubProxy_Execute(world, client)
  return status(world, "POST", HUB .. ":execute", { body = '[{"type":"CloseConnection"}]' }), client:text()
end

-- ---- what another operation tells of it

function PROBES.SignalR_AddConnectionToGroup(world, client)
  return status(world, "PUT", HUB .. "groups/g/connections/" .. client.id), open(world, "groups/g")
end

function PROBES.SignalR_RemoveConnectionFromGroup(world, client)
  join(world, client)
  return status(world, "DELETE", HUB .. "groups/g/connections/" .. client.id), open(world, "groups/g")
end

function PROBES.SignalR_RemoveConnectionFromAllGroups(world, client)
  join(world, client)
  return status(world, "DELETE", HUB .. "connections/" .. client.id .. "/groups"), open(world, "groups/g")
end

function PROBES.SignalR_AddUserToGroup(world)
  return status(world, "PUT", HUB .. "users/alice/groups/g"), open(world, "users/alice/groups/g")
end

function PROBES.SignalR_RemoveUserFromGroup(world, client)
  join(world, client)
  return status(world, "DELETE", HUB .. "users/alice/groups/g"), open(world, "users/alice/groups/g")
end

function PROBES.SignalR_RemoveUserFromAllGroups(world, client)
  join(world, client)
  return status(world, "DELETE", HUB .. "users/alice/groups"), open(world, "users/alice/groups/g")
end

-- ---- what it answers itself

function PROBES.SignalR_CheckConnectionExistence(world, client)
  return 0, open(world, "connections/" .. client.id), open(world, "connections/nobody")
end

function PROBES.SignalR_CheckUserExistence(world)
  return 0, open(world, "users/alice"), open(world, "users/nobody")
end

function PROBES.SignalR_CheckGroupExistence(world, client)
  join(world, client)
  return 0, open(world, "groups/g"), open(world, "groups/nobody")
end

function PROBES.SignalR_CheckUserExistenceInGroup(world, client)
  join(world, client)
  return 0, open(world, "users/alice/groups/g"), open(world, "users/alice/groups/h")
end

function PROBES.HealthApi_GetServiceStatus(world)
  return 0, status(world, "HEAD", "/api/health")
end

function PROBES.HubProxy_ListConnectionsInGroup(world, client)
  join(world, client)
  local answer = world:rest("GET", HUB .. "groups/g/connections")
  return answer.status, answer.body
end

function PROBES.Auth_GetAccessKey(world)
  local answer = world:rest("GET", "/api/auth/accessKey")
  local key, id = answer.body:match('"AccessKey":"([^"]*)","KeyId":"([^"]*)"')
  assert(key and id)
  return answer.status, key == world.service.auth.exchanged_key
end

function PROBES.HubProxy_GenerateClientToken(world)
  local answer = world:rest("POST", HUB .. ":generateToken", { query = "userId=alice" })
  return answer.status, jwt.read(answer.body:match('"token":"([^"]*)"')).claims["asrs.s.uid"]
end

function PROBES.HubProxy_InvokeClientConnection(world, client)
  world:rest("POST", HUB .. "connections/" .. client.id .. "/:invoke", { body = BODY })
  local asked = client:text()
  client:say('{"type":3,"invocationId":"1","result":7}')
  return world.answer.status, asked, world.answer.body
end

describe("broken", function()
  local function probe(id, broken)
    local world = logic.new { broken = broken }
    return { PROBES[id](world, world:client("alice")) }
  end

  local count = 0
  for id in pairs(PROBES) do
    count = count + 1
    it("makes a difference that can be seen, and only there: " .. id, function()
      local right, wrong = probe(id), probe(id, id)
      assert.are.equal(right[1], wrong[1])
      for i = 2, #right do assert.are_not.same(right[i], wrong[i]) end
      for other in pairs(PROBES) do
        -- the probes of other operations ask these as well
        if not other:find("^SignalR_Check") and other ~= id and other ~= "SignalR_AddConnectionToGroup" then
          assert.are.same(right, probe(id, other))
        end
      end
    end)
  end

  it("can be any of the 26", function()
    assert.are.equal(26, count)
  end)
end)
