-- SPDX-License-Identifier: MIT
-- What each operation puts on the wire, written by hand from the service's reference and not from the client's own
-- table: a mistake there must not confirm itself here. Each line: operation, call, request line, content type, body,
-- and the canned answer that the call needs, if the declared success with an empty body is not enough.
local signalr = require "azure.signalr"

local command = signalr.command

local function chat(client) return client:hub("Chat") end
local function app(client) return client:hub("Chat", { application = "MyApp" }) end
local function conn(client) return chat(client):connection("c+1/=") end
local function lobby(client) return chat(client):group("my lobby") end
local function alice(client) return chat(client):user("alice@x.org") end

local json = "application/json"
local bytes = "application/octet-stream"
local page = { status = 200, body = '{"value":[]}' }

return {
  { "Auth_GetAccessKey", function(c) return c:access_key() end,
    "GET /api/auth/accessKey?api-version=2024-12-01",
    reply = { status = 200, body = '{"AccessKey":"k","KeyId":"1"}' } },

  { "HealthApi_GetServiceStatus", function(c) return c:health() end,
    "HEAD /api/health?api-version=2024-12-01" },

  { "SignalR_CloseConnections", function(c) return chat(c):close_connections() end,
    "POST /api/hubs/chat/:closeConnections?api-version=2024-12-01" },
  { "SignalR_CloseConnections",
    function(c) return app(c):except { "x" }:close_connections { reason = "good night", except = { "y/2" } } end,
    "POST /api/hubs/chat/:closeConnections?application=myapp&api-version=2024-12-01"
      .. "&excluded=x&excluded=y%2F2&reason=good%20night" },

  { "HubProxy_Execute",
    function(c)
      return chat(c):execute({
        command.join("vip"), command.leave("old"), command.send("promoted", 1, nil), command.close("bye"),
        command.close(),
      }, { filter = signalr.filter("startswith(userId, %s)", "o'neill-") })
    end,
    "POST /api/hubs/chat/:execute?api-version=2024-12-01&filter=startswith%28userId%2C%20%27o%27%27neill-%27%29",
    json,
    '[{"type":"JoinGroup","group":"vip"},{"type":"LeaveGroup","group":"old"},'
      .. '{"type":"SendMessage","message":{"target":"promoted","arguments":[1,null]}},'
      .. '{"type":"CloseConnection","reason":"bye"},{"type":"CloseConnection"}]' },
  { "HubProxy_Execute", function(c) return chat(c):execute({ command.join("all") }, { everyone = true }) end,
    "POST /api/hubs/chat/:execute?api-version=2024-12-01", json, '[{"type":"JoinGroup","group":"all"}]' },

  { "HubProxy_GenerateClientToken", function(c) return chat(c):client_token() end,
    "POST /api/hubs/chat/:generateToken?api-version=2024-12-01",
    reply = { status = 200, body = '{"token":"t"}' } },
  { "HubProxy_GenerateClientToken",
    function(c) return chat(c):client_token { user_id = "alice b", expires_in = 7200 } end,
    "POST /api/hubs/chat/:generateToken?api-version=2024-12-01&userId=alice%20b&minutesToExpire=120",
    reply = { status = 200, body = '{"token":"t"}' } },

  { "SignalR_Broadcast", function(c) return chat(c):send("newMessage", "alice", { text = "hi" }, nil) end,
    "POST /api/hubs/chat/:send?api-version=2024-12-01", json,
    '{"target":"newMessage","arguments":["alice",{"text":"hi"},null]}' },
  { "SignalR_Broadcast", function(c) return app(c):except { "a", "b c" }:except { "d" }:send("t") end,
    "POST /api/hubs/chat/:send?application=myapp&api-version=2024-12-01&excluded=a&excluded=b%20c&excluded=d", json,
    '{"target":"t","arguments":[]}' },
  { "SignalR_Broadcast", function(c) return chat(c):send_list("t", signalr.array({ nil, 2 }, 3)) end,
    "POST /api/hubs/chat/:send?api-version=2024-12-01", json, '{"target":"t","arguments":[null,2,null]}' },
  { "SignalR_Broadcast",
    function(c) return chat(c):send_frames { messagepack = "\3abc", json = '{"type":1}\30' } end,
    "POST /api/hubs/chat/:send?api-version=2024-12-01", bytes,
    '\130\164json\196\11{"type":1}\30\171messagepack\196\4\3abc' },

  { "SignalR_CloseConnection", function(c) return conn(c):disconnect() end,
    "DELETE /api/hubs/chat/connections/c%2B1%2F%3D?api-version=2024-12-01" },
  { "SignalR_CloseConnection", function(c) return conn(c):disconnect { reason = "" } end,
    "DELETE /api/hubs/chat/connections/c%2B1%2F%3D?api-version=2024-12-01&reason=" },

  { "SignalR_CheckConnectionExistence", function(c) return conn(c):exists() end,
    "HEAD /api/hubs/chat/connections/c%2B1%2F%3D?api-version=2024-12-01" },

  { "HubProxy_InvokeClientConnection", function(c) return conn(c):invoke("whereAreYou", 7) end,
    "POST /api/hubs/chat/connections/c%2B1%2F%3D/:invoke?api-version=2024-12-01", json,
    '{"target":"whereAreYou","arguments":[7]}' },

  { "SignalR_SendToConnection", function(c) return conn(c):send("t", true) end,
    "POST /api/hubs/chat/connections/c%2B1%2F%3D/:send?api-version=2024-12-01", json,
    '{"target":"t","arguments":[true]}' },
  { "SignalR_SendToConnection", function(c) return conn(c):send_list("t", {}) end,
    "POST /api/hubs/chat/connections/c%2B1%2F%3D/:send?api-version=2024-12-01", json,
    '{"target":"t","arguments":[]}' },
  { "SignalR_SendToConnection", function(c) return conn(c):send_frames { json = "x" } end,
    "POST /api/hubs/chat/connections/c%2B1%2F%3D/:send?api-version=2024-12-01", bytes, "\129\164json\196\1x" },

  { "SignalR_RemoveConnectionFromAllGroups", function(c) return conn(c):leave_all() end,
    "DELETE /api/hubs/chat/connections/c%2B1%2F%3D/groups?api-version=2024-12-01" },

  { "HubProxy_CompleteConnectionStream", function(c) return conn(c):stream("s/1"):complete() end,
    "POST /api/hubs/chat/connections/c%2B1%2F%3D/streams/s%2F1/:complete?api-version=2024-12-01" },
  { "HubProxy_CompleteConnectionStream", function(c) return conn(c):stream("s/1"):complete("no more") end,
    "POST /api/hubs/chat/connections/c%2B1%2F%3D/streams/s%2F1/:complete?api-version=2024-12-01&reason=no%20more" },

  { "HubProxy_SendToConnectionStream", function(c) return conn(c):stream("s/1"):send { n = 1 } end,
    "POST /api/hubs/chat/connections/c%2B1%2F%3D/streams/s%2F1/:send?api-version=2024-12-01", json, '{"n":1}' },
  { "HubProxy_SendToConnectionStream", function(c) return conn(c):stream("s/1"):send_last(nil) end,
    "POST /api/hubs/chat/connections/c%2B1%2F%3D/streams/s%2F1/:send?api-version=2024-12-01&completed=true", json,
    "null" },

  { "SignalR_CheckGroupExistence", function(c) return lobby(c):exists() end,
    "HEAD /api/hubs/chat/groups/my%20lobby?api-version=2024-12-01" },

  { "SignalR_CloseGroupConnections",
    function(c) return lobby(c):except { "a" }:close_connections { except = { "b" }, reason = "r&d" } end,
    "POST /api/hubs/chat/groups/my%20lobby/:closeConnections?api-version=2024-12-01"
      .. "&excluded=a&excluded=b&reason=r%26d" },

  { "SignalR_GroupBroadcast", function(c) return lobby(c):send("t", 1) end,
    "POST /api/hubs/chat/groups/my%20lobby/:send?api-version=2024-12-01", json, '{"target":"t","arguments":[1]}' },
  { "SignalR_GroupBroadcast",
    function(c) return chat(c):except { "a" }:group("g"):except { "b" }:send_list("t", { 1 }) end,
    "POST /api/hubs/chat/groups/g/:send?api-version=2024-12-01&excluded=a&excluded=b", json,
    '{"target":"t","arguments":[1]}' },
  { "SignalR_GroupBroadcast", function(c) return lobby(c):send_frames { json = "x" } end,
    "POST /api/hubs/chat/groups/my%20lobby/:send?api-version=2024-12-01", bytes, "\129\164json\196\1x" },

  { "HubProxy_ListConnectionsInGroup", function(c) return lobby(c):list() end,
    "GET /api/hubs/chat/groups/my%20lobby/connections?api-version=2024-12-01", reply = page },
  { "HubProxy_ListConnectionsInGroup",
    function(c) return app(c):group("g"):list { page_size = 50, top = 120, token = "a+b/c=" } end,
    "GET /api/hubs/chat/groups/g/connections?application=myapp&api-version=2024-12-01"
      .. "&maxpagesize=50&top=120&continuationToken=a%2Bb%2Fc%3D", reply = page },

  { "SignalR_RemoveConnectionFromGroup", function(c) return lobby(c):remove("c/1") end,
    "DELETE /api/hubs/chat/groups/my%20lobby/connections/c%2F1?api-version=2024-12-01" },

  { "SignalR_AddConnectionToGroup", function(c) return app(c):group("g"):add("c/1") end,
    "PUT /api/hubs/chat/groups/g/connections/c%2F1?application=myapp&api-version=2024-12-01" },

  { "SignalR_CheckUserExistence", function(c) return alice(c):exists() end,
    "HEAD /api/hubs/chat/users/alice%40x.org?api-version=2024-12-01" },

  { "SignalR_CloseUserConnections",
    function(c) return alice(c):close_connections { reason = "moved", except = { "c/1" } } end,
    "POST /api/hubs/chat/users/alice%40x.org/:closeConnections?api-version=2024-12-01&excluded=c%2F1&reason=moved" },

  { "SignalR_SendToUser", function(c) return alice(c):send("t", "x") end,
    "POST /api/hubs/chat/users/alice%40x.org/:send?api-version=2024-12-01", json, '{"target":"t","arguments":["x"]}' },
  { "SignalR_SendToUser", function(c) return alice(c):send_list("t", { "x" }) end,
    "POST /api/hubs/chat/users/alice%40x.org/:send?api-version=2024-12-01", json, '{"target":"t","arguments":["x"]}' },
  { "SignalR_SendToUser", function(c) return alice(c):send_frames { json = "x" } end,
    "POST /api/hubs/chat/users/alice%40x.org/:send?api-version=2024-12-01", bytes, "\129\164json\196\1x" },

  { "SignalR_RemoveUserFromAllGroups", function(c) return alice(c):leave_all() end,
    "DELETE /api/hubs/chat/users/alice%40x.org/groups?api-version=2024-12-01" },

  { "SignalR_RemoveUserFromGroup", function(c) return alice(c):leave("a/b") end,
    "DELETE /api/hubs/chat/users/alice%40x.org/groups/a%2Fb?api-version=2024-12-01" },

  { "SignalR_CheckUserExistenceInGroup", function(c) return alice(c):in_group("a/b") end,
    "HEAD /api/hubs/chat/users/alice%40x.org/groups/a%2Fb?api-version=2024-12-01" },

  { "SignalR_AddUserToGroup", function(c) return alice(c):join("a/b") end,
    "PUT /api/hubs/chat/users/alice%40x.org/groups/a%2Fb?api-version=2024-12-01" },
  { "SignalR_AddUserToGroup", function(c) return app(c):user("u"):join("g", { ttl = 0 }) end,
    "PUT /api/hubs/chat/users/u/groups/g?application=myapp&api-version=2024-12-01&ttl=0" },
}
