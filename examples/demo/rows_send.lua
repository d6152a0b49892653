-- SPDX-License-Identifier: MIT
-- Rows of the demo: the service itself, sends, client results and streams. Each
-- does its operation, checks the effect, and returns what was returned and seen.
local core = require "azure.signalr.core"
local signalr = require "azure.signalr"

local M = {}

local BIG = "9007199254740993"

function M.HealthApi_GetServiceStatus(stage)
  stage.equal("health", true, stage.must(stage.client:health()))
  return "true", stage:saw{}
end

-- Lets a listener in with another token, and sends to its user.
local function try_token(stage, user, token)
  stage:disguise(stage.people.phone, token)
  stage.equal("the existence of user " .. user, true, stage.must(stage.chat:user(user):exists()))
  stage.must(stage.chat:user(user):send("note", "for " .. user))
  return stage:saw{ phone = { ('note ["for %s"]'):format(user) } }
end

function M.Auth_GetAccessKey(stage)
  local key = stage.must(stage.client:access_key())
  -- The key is good if the service takes what it signs.
  local url = stage.chat:negotiate{}.url
  local token = core.signer(key.access_key, key.key_id):token(url, os.time(), 600, '{"asrs.s.uid":"dora"}')
  return "a key; dora's token signed with it", try_token(stage, "dora", token)
end

function M.HubProxy_GenerateClientToken(stage)
  local token = stage.must(stage.chat:client_token{ user_id = "carol", expires_in = 600 })
  return "a token for carol", try_token(stage, "carol", token)
end

function M.SignalR_Broadcast(stage)
  local desk = stage.people.desk.connection_id
  stage.must(stage.chat:except{ desk }:send("note", "to all", stage.big, { ok = true }, signalr.null, 1 / 2))
  local got = { 'note ["to all",' .. BIG .. ',{"ok":true},null,0.5]' }
  return "true", stage:saw{ phone = got, bob = got }
end

function M.SignalR_GroupBroadcast(stage)
  local group = stage:group("phone", "desk", "bob")
  stage.must(group:except{ stage.people.desk.connection_id }:send("note", "to the group", stage.big))
  local got = { 'note ["to the group",' .. BIG .. "]" }
  return "true", stage:saw{ phone = got, bob = got }
end

function M.SignalR_SendToUser(stage)
  stage.must(stage.chat:user("alice"):send("note", "to alice", signalr.array{}, signalr.float(1)))
  local got = { 'note ["to alice",[],1.0]' }
  return "true", stage:saw{ phone = got, desk = got }
end

function M.SignalR_SendToConnection(stage)
  stage.must(stage.chat:connection(stage.people.bob.connection_id):send("note", "to one", signalr.raw_json("[1e2]")))
  return "true", stage:saw{ bob = { 'note ["to one",[1e2]]' } }
end

function M.HubProxy_InvokeClientConnection(stage)
  local phone = stage.people.phone
  phone:command('answer whereAreYou {"x":1.5,"id":' .. BIG .. "}")
  phone:settle()
  local _, value = stage.must(stage.chat:connection(phone.connection_id):invoke("whereAreYou", "now"))
  local id = type(value) == "table" and tostring(value.id):gsub("U?LL$", "")
  stage.equal("the client's answer", "1.5 " .. BIG, type(value) == "table" and value.x .. " " .. id or value)
  return '{"x":1.5,"id":' .. BIG .. "}", stage:saw{ phone = { 'whereAreYou ["now"]' } }
end

local function open_stream(stage)
  local phone = stage.people.phone
  stage.streams = (stage.streams or 0) + 1
  local id = ("ticks-%s-%d"):format(stage.tag, stage.streams)
  phone:command("stream " .. id .. " ticks [1]")
  phone:settle()
  return stage.chat:connection(phone.connection_id):stream(id)
end

function M.HubProxy_SendToConnectionStream(stage)
  local stream = open_stream(stage)
  stage.must(stream:send(stage.big))
  stage.must(stream:send_last{ last = true })
  return "true", stage:saw{ phone = { "item " .. BIG, 'item {"last":true}', "completed" } }
end

function M.HubProxy_CompleteConnectionStream(stage)
  local stream = open_stream(stage)
  stage.must(stream:complete("enough"))
  return "true", stage:saw{ phone = { "completed: enough" } }
end

function M.HubProxy_Execute(stage)
  local group, name = stage:group()
  stage.must(stage.chat:execute({ signalr.command.join(name), signalr.command.send("note", "promoted") },
    { filter = signalr.filter("userId eq %s", "alice") }))
  stage.equal("the group's list", "phone desk", stage:members(group))
  local got = { 'note ["promoted"]' }
  return "true", stage:saw{ phone = got, desk = got }
end

return M
