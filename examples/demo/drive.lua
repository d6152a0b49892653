-- SPDX-License-Identifier: MIT
-- The process that runs the operations, from the Lua it is started with. Reads
-- the id of an operation a line, answers with a line of fields: ok or FAIL, what
-- was returned, what the clients saw, what went wrong.
--   drive.lua list                             the operations in the table's order
--   drive.lua DIRECTORY CONNECTION_STRING [FENCE]
local SEPARATOR = "\31"

local ORDER = {
  "HealthApi_GetServiceStatus", "Auth_GetAccessKey", "HubProxy_GenerateClientToken",
  "SignalR_Broadcast", "SignalR_SendToUser", "SignalR_SendToConnection", "SignalR_GroupBroadcast",
  "HubProxy_InvokeClientConnection", "HubProxy_SendToConnectionStream", "HubProxy_CompleteConnectionStream",
  "SignalR_CheckConnectionExistence", "SignalR_CheckUserExistence", "SignalR_CheckGroupExistence",
  "SignalR_AddConnectionToGroup", "HubProxy_ListConnectionsInGroup", "SignalR_RemoveConnectionFromGroup",
  "SignalR_RemoveConnectionFromAllGroups", "SignalR_AddUserToGroup", "SignalR_CheckUserExistenceInGroup",
  "SignalR_RemoveUserFromGroup", "SignalR_RemoveUserFromAllGroups", "HubProxy_Execute",
  "SignalR_CloseConnection", "SignalR_CloseUserConnections", "SignalR_CloseGroupConnections",
  "SignalR_CloseConnections",
}

local here = arg[0]:match("^(.*)/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path

local function print_line(...)
  local fields = { ... }
  for i, field in ipairs(fields) do fields[i] = tostring(field):gsub("[%c]", " ") end
  io.stdout:write(table.concat(fields, SEPARATOR), "\n")
  io.stdout:flush()
end

local function list()
  local operations = require "azure.signalr.operations"
  for _, id in ipairs(ORDER) do
    local row = operations[id]
    print_line(id, row.method, (row.path:gsub("{connectionId}", "{id}"):gsub("{streamId}", "{stream}")))
  end
end

local function run(rows, stage, id)
  local ok, returned, seen = pcall(function()
    stage:begin(id)
    return rows[id](stage)
  end)
  if ok then return print_line("ok", returned, seen, "") end
  return print_line("FAIL", "", "", returned)
end

local function main(directory, connection_string, fence)
  local rows = {}
  for _, part in ipairs{ "rows_send", "rows_state" } do
    for id, row in pairs(require(part)) do rows[id] = row end
  end
  local stage = require("stage").new(directory, connection_string, fence)
  for line in io.lines() do
    if line == "connect" then
      local ok, why = pcall(stage.connect_all, stage)
      print_line(ok and "ok" or "FAIL", "", "", ok and "" or why)
    else
      run(rows, stage, line)
    end
  end
  stage.client:close()
end

if arg[1] == "list" then list() else main(arg[1], arg[2], arg[3]) end
