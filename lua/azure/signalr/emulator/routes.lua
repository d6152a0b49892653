-- SPDX-License-Identifier: MIT
--- The routes of the REST API, written from its reference. The client's table is not consulted:
-- what both agree on has been said twice.
local url = require "azure.signalr.emulator.url"

local M = {}

local HUB = "/api/hubs/{hub}"
local CONNECTION = HUB .. "/connections/{connectionId}"
local GROUP = HUB .. "/groups/{group}"
local USER = HUB .. "/users/{user}"

-- id, method, path, query parameters beside api-version
M.list = {
  { "Auth_GetAccessKey", "GET", "/api/auth/accessKey", {} },
  { "Auth_GetAccessKey", "GET", "/api/v1/auth/accessKey", {}, unversioned = true },
  { "HealthApi_GetServiceStatus", "HEAD", "/api/health", {}, anonymous = true },
  { "SignalR_CloseConnections", "POST", HUB .. "/:closeConnections", { "application", "excluded", "reason" } },
  { "HubProxy_Execute", "POST", HUB .. "/:execute", { "filter" } },
  { "HubProxy_GenerateClientToken", "POST", HUB .. "/:generateToken", { "userId", "minutesToExpire" } },
  { "SignalR_Broadcast", "POST", HUB .. "/:send", { "application", "excluded" } },
  { "SignalR_CloseConnection", "DELETE", CONNECTION, { "application", "reason" } },
  { "SignalR_CheckConnectionExistence", "HEAD", CONNECTION, { "application" } },
  { "HubProxy_InvokeClientConnection", "POST", CONNECTION .. "/:invoke", { "application" } },
  { "SignalR_SendToConnection", "POST", CONNECTION .. "/:send", { "application" } },
  { "SignalR_RemoveConnectionFromAllGroups", "DELETE", CONNECTION .. "/groups", { "application" } },
  { "HubProxy_CompleteConnectionStream", "POST", CONNECTION .. "/streams/{streamId}/:complete",
    { "application", "reason", "error" } },
  { "HubProxy_SendToConnectionStream", "POST", CONNECTION .. "/streams/{streamId}/:send",
    { "application", "completed" } },
  { "SignalR_CheckGroupExistence", "HEAD", GROUP, { "application" } },
  { "SignalR_CloseGroupConnections", "POST", GROUP .. "/:closeConnections",
    { "application", "excluded", "reason" } },
  { "SignalR_GroupBroadcast", "POST", GROUP .. "/:send", { "application", "excluded" } },
  { "HubProxy_ListConnectionsInGroup", "GET", GROUP .. "/connections",
    { "application", "maxpagesize", "top", "continuationToken" } },
  { "SignalR_RemoveConnectionFromGroup", "DELETE", GROUP .. "/connections/{connectionId}", { "application" } },
  { "SignalR_AddConnectionToGroup", "PUT", GROUP .. "/connections/{connectionId}", { "application" } },
  { "SignalR_CheckUserExistence", "HEAD", USER, { "application" } },
  { "SignalR_CloseUserConnections", "POST", USER .. "/:closeConnections",
    { "application", "excluded", "reason" } },
  { "SignalR_SendToUser", "POST", USER .. "/:send", { "application" } },
  { "SignalR_RemoveUserFromAllGroups", "DELETE", USER .. "/groups", { "application" } },
  { "SignalR_RemoveUserFromGroup", "DELETE", USER .. "/groups/{group}", { "application" } },
  { "SignalR_CheckUserExistenceInGroup", "HEAD", USER .. "/groups/{group}", { "application" } },
  { "SignalR_AddUserToGroup", "PUT", USER .. "/groups/{group}", { "application", "ttl" } },
}

for _, row in ipairs(M.list) do
  row.id, row.method, row.path, row.query = row[1], row[2], row[3], row[4]
  row.segments = url.segments(row.path)
  row.takes = { ["api-version"] = true }
  for _, name in ipairs(row.query) do row.takes[name:lower()] = true end
end

-- The decoded parameters when the raw segments fit the row.
local function fit(row, segments)
  if #row.segments ~= #segments then return nil end
  local params = {}
  for i, wanted in ipairs(row.segments) do
    local name = wanted:match("^{(.*)}$")
    if name and segments[i] ~= "" then
      params[name] = url.unescape(segments[i])
    elseif wanted ~= segments[i] then
      return nil
    end
  end
  return params
end

--- Finds the row of a request.
-- @tparam string method
-- @tparam string path raw, as sent
-- @treturn table|nil the row
-- @treturn table parameters by name; or, when there is no row, the methods that the path has (perhaps none)
function M.match(method, path)
  local segments, methods = url.segments(path), {}
  for _, row in ipairs(M.list) do
    local params = fit(row, segments)
    if params and row.method == method then return row, params end
    if params then methods[#methods + 1] = row.method end
  end
  return nil, methods
end

return M
