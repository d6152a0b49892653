-- SPDX-License-Identifier: MIT
--- The routes of the REST API, written from its reference. The client's table is not consulted:
-- what both agree on has been said twice.
local ascii = require "azure.signalr.emulator.ascii"
local url = require "azure.signalr.emulator.url"

local M = {}

local HUB = "/api/hubs/{hub}"
local CONNECTION = HUB .. "/connections/{connectionId}"
local GROUP = HUB .. "/groups/{group}"
local USER = HUB .. "/users/{user}"

-- id, method, path, query parameters beside api-version; `since`: the version that brought what the first ones lacked
M.list = {
  { "Auth_GetAccessKey", "GET", "/api/auth/accessKey", {}, since = "2023-07-01" },
  { "Auth_GetAccessKey", "GET", "/api/v1/auth/accessKey", {}, unversioned = true },
  -- container hosts ask for it without token and version
  { "HealthApi_GetServiceStatus", "HEAD", "/api/health", { "api-version" }, anonymous = true, unversioned = true },
  { "SignalR_CloseConnections", "POST", HUB .. "/:closeConnections", { "application", "excluded", "reason" } },
  { "HubProxy_Execute", "POST", HUB .. "/:execute", { "filter" }, since = "2023-07-01" },
  { "HubProxy_GenerateClientToken", "POST", HUB .. "/:generateToken", { "userId", "minutesToExpire" },
    since = "2022-11-01" },
  { "SignalR_Broadcast", "POST", HUB .. "/:send", { "application", "excluded" } },
  { "SignalR_CloseConnection", "DELETE", CONNECTION, { "application", "reason" } },
  { "SignalR_CheckConnectionExistence", "HEAD", CONNECTION, { "application" } },
  { "HubProxy_InvokeClientConnection", "POST", CONNECTION .. "/:invoke", { "application" }, since = "2024-12-01" },
  { "SignalR_SendToConnection", "POST", CONNECTION .. "/:send", { "application" } },
  { "SignalR_RemoveConnectionFromAllGroups", "DELETE", CONNECTION .. "/groups", { "application" } },
  { "HubProxy_CompleteConnectionStream", "POST", CONNECTION .. "/streams/{streamId}/:complete",
    { "application", "reason", "error" }, since = "2024-12-01" },
  { "HubProxy_SendToConnectionStream", "POST", CONNECTION .. "/streams/{streamId}/:send",
    { "application", "completed" }, since = "2024-12-01" },
  { "SignalR_CheckGroupExistence", "HEAD", GROUP, { "application" } },
  { "SignalR_CloseGroupConnections", "POST", GROUP .. "/:closeConnections",
    { "application", "excluded", "reason" } },
  { "SignalR_GroupBroadcast", "POST", GROUP .. "/:send", { "application", "excluded" } },
  { "HubProxy_ListConnectionsInGroup", "GET", GROUP .. "/connections",
    { "application", "maxpagesize", "top", "continuationToken" }, since = "2024-12-01" },
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

HUB = "/api/v1/hubs/{hub}"
CONNECTION, GROUP, USER = HUB .. "/connections/{connectionId}", HUB .. "/groups/{group}", HUB .. "/users/{user}"

-- Version 1.0, which names the group before the user. `done`: its status where it differs; `always`: a connection that
-- is gone is no error of it.
local FIRST_VERSION = {
  { "HealthApi_GetServiceStatus", "HEAD", "/api/v1/health", {}, anonymous = true },
  { "SignalR_Broadcast", "POST", HUB, { "excluded" } },
  { "SignalR_SendToUser", "POST", USER, {} },
  { "SignalR_SendToConnection", "POST", CONNECTION, {} },
  { "SignalR_CheckConnectionExistence", "HEAD", CONNECTION, {} },
  { "SignalR_CloseConnection", "DELETE", CONNECTION, { "reason" }, done = 202, always = true },
  { "SignalR_GroupBroadcast", "POST", GROUP, { "excluded" } },
  { "SignalR_CheckGroupExistence", "HEAD", GROUP, {} },
  { "SignalR_CheckUserExistence", "HEAD", USER, {} },
  { "SignalR_AddConnectionToGroup", "PUT", GROUP .. "/connections/{connectionId}", {} },
  { "SignalR_RemoveConnectionFromGroup", "DELETE", GROUP .. "/connections/{connectionId}", {} },
  { "SignalR_CheckUserExistenceInGroup", "HEAD", GROUP .. "/users/{user}", {} },
  { "SignalR_AddUserToGroup", "PUT", GROUP .. "/users/{user}", { "ttl" }, done = 202 },
  { "SignalR_RemoveUserFromGroup", "DELETE", GROUP .. "/users/{user}", {}, done = 202 },
  { "SignalR_RemoveUserFromAllGroups", "DELETE", USER .. "/groups", {}, done = 202 },
}
for _, row in ipairs(FIRST_VERSION) do
  row.unversioned = true
  M.list[#M.list + 1] = row
end

-- What the rows say, made ready to be compared: fixed parts of a path without case.
for _, row in ipairs(M.list) do
  row.id, row.method, row.path, row.query = row[1], row[2], row[3], row[4]
  row.segments, row.names = url.segments(row.path), {}
  for i, segment in ipairs(row.segments) do
    row.names[i] = segment:match("^{(.*)}$") or false
    row.segments[i] = ascii.lower(segment)
  end
  row.takes = row.unversioned and {} or { ["api-version"] = true }
  for _, name in ipairs(row.query) do row.takes[ascii.lower(name)] = true end
end

-- The decoded parameters when the raw segments fit the row.
local function fit(row, segments)
  if #row.segments ~= #segments then return nil end
  local params = {}
  for i, wanted in ipairs(row.segments) do
    local name = row.names[i]
    if name and segments[i] ~= "" then
      params[name] = url.unescape(segments[i])
    elseif name or wanted ~= ascii.lower(segments[i]) then
      return nil
    end
  end
  return params
end

local function add(methods, method)
  for _, known in ipairs(methods) do
    if known == method then return end
  end
  methods[#methods + 1] = method
end

--- Finds the row of a request. What may be asked with HEAD may be asked with GET.
-- @tparam string method
-- @tparam string path raw, as sent
-- @treturn table|nil the row
-- @treturn table parameters by name; or, when there is no row, the methods that the path has (perhaps none)
function M.match(method, path)
  local segments, methods = url.segments(path), {}
  for _, row in ipairs(M.list) do
    local params = fit(row, segments)
    if params then
      local asked = row.method == "HEAD"
      if row.method == method or (asked and method == "GET") then return row, params end
      add(methods, row.method)
      if asked then add(methods, "GET") end
    end
  end
  return nil, methods
end

return M
