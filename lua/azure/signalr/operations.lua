-- SPDX-License-Identifier: MIT
--- The operations of the REST API, as data: the only place where facts of one operation are spelled.
--
-- A row has
--   id, method, path   as the reference names them
--   query              names of its query parameters; api-version, which all take, is left out
--   body               content type for each form of body that it takes
--   status             the success that the reference declares (every 2xx is taken as success)
--   answer             how response.lua reads a success: none, info, exists, token, invocation, page, access_key
--   repeats            "safe": may be repeated; "undone": only when the request surely was not carried out
--   absent_codes       x-ms-error-code of a 404 that answers an existence check with false
--   gone_codes         beginnings of the code of a 404 by which what should be gone is gone already
--   error_kinds        { text in the code, kind } for errors that this operation alone can have
--   timeout_kind       the kind of a time-out after the request was written
--   anonymous          needs no token: none is fetched for it, but a key that is at hand signs it, too
local VERSION = "2024-12-01"

local message = { json = "application/json", frames = "application/octet-stream" }
local json = { json = "application/json" }
local gone = { "warning.", "info." }

local rows = {
  {
    id = "Auth_GetAccessKey", method = "GET", path = "/api/auth/accessKey",
    query = {}, status = 200, answer = "access_key", repeats = "safe",
  },
  {
    id = "HealthApi_GetServiceStatus", method = "HEAD", path = "/api/health",
    query = {}, status = 200, answer = "none", repeats = "safe", anonymous = true,
  },
  {
    id = "SignalR_CloseConnections", method = "POST", path = "/api/hubs/{hub}/:closeConnections",
    query = { "application", "excluded", "reason" }, status = 204, answer = "info", repeats = "safe",
    gone_codes = gone,
  },
  {
    id = "HubProxy_Execute", method = "POST", path = "/api/hubs/{hub}/:execute",
    query = { "filter" }, body = json, status = 202, answer = "info", repeats = "undone",
  },
  {
    id = "HubProxy_GenerateClientToken", method = "POST", path = "/api/hubs/{hub}/:generateToken",
    query = { "userId", "minutesToExpire" }, status = 200, answer = "token", repeats = "safe",
  },
  {
    id = "SignalR_Broadcast", method = "POST", path = "/api/hubs/{hub}/:send",
    query = { "application", "excluded" }, body = message, status = 202, answer = "info", repeats = "undone",
  },
  {
    id = "SignalR_CloseConnection", method = "DELETE", path = "/api/hubs/{hub}/connections/{connectionId}",
    query = { "application", "reason" }, status = 200, answer = "info", repeats = "safe", gone_codes = gone,
  },
  {
    id = "SignalR_CheckConnectionExistence", method = "HEAD", path = "/api/hubs/{hub}/connections/{connectionId}",
    query = { "application" }, status = 200, answer = "exists", repeats = "safe",
    absent_codes = { "warning.connection.notexisted" },
  },
  {
    id = "HubProxy_InvokeClientConnection", method = "POST",
    path = "/api/hubs/{hub}/connections/{connectionId}/:invoke",
    query = { "application" }, body = message, status = 200, answer = "invocation", repeats = "undone",
    timeout_kind = "no_answer",
    -- The service's codes for these are not documented: its vocabulary for existence and time is, and what is
    -- left and speaks of the client or of the invocation is the client's own error.
    error_kinds = {
      { "notexist", "client_gone" }, { "notfound", "client_gone" }, { "disconnect", "client_gone" },
      { "connection.closed", "client_gone" }, { "connectionclosed", "client_gone" },
      { "timeout", "no_answer" }, { "timedout", "no_answer" }, { "noresponse", "no_answer" },
      { "noanswer", "no_answer" },
      { "client", "client_error" }, { "invocation", "client_error" }, { "invoke", "client_error" },
    },
  },
  {
    id = "SignalR_SendToConnection", method = "POST", path = "/api/hubs/{hub}/connections/{connectionId}/:send",
    query = { "application" }, body = message, status = 202, answer = "info", repeats = "undone",
  },
  {
    id = "SignalR_RemoveConnectionFromAllGroups", method = "DELETE",
    path = "/api/hubs/{hub}/connections/{connectionId}/groups",
    query = { "application" }, status = 200, answer = "info", repeats = "safe", gone_codes = gone,
  },
  {
    id = "HubProxy_CompleteConnectionStream", method = "POST",
    path = "/api/hubs/{hub}/connections/{connectionId}/streams/{streamId}/:complete",
    query = { "application", "reason" }, status = 202, answer = "info", repeats = "undone",
  },
  {
    id = "HubProxy_SendToConnectionStream", method = "POST",
    path = "/api/hubs/{hub}/connections/{connectionId}/streams/{streamId}/:send",
    query = { "application", "completed" }, body = json, status = 202, answer = "info", repeats = "undone",
  },
  {
    id = "SignalR_CheckGroupExistence", method = "HEAD", path = "/api/hubs/{hub}/groups/{group}",
    query = { "application" }, status = 200, answer = "exists", repeats = "safe",
    absent_codes = { "warning.group.notexisted" },
  },
  {
    id = "SignalR_CloseGroupConnections", method = "POST",
    path = "/api/hubs/{hub}/groups/{group}/:closeConnections",
    query = { "application", "excluded", "reason" }, status = 204, answer = "info", repeats = "safe",
    gone_codes = gone,
  },
  {
    id = "SignalR_GroupBroadcast", method = "POST", path = "/api/hubs/{hub}/groups/{group}/:send",
    query = { "application", "excluded" }, body = message, status = 202, answer = "info", repeats = "undone",
  },
  {
    id = "HubProxy_ListConnectionsInGroup", method = "GET", path = "/api/hubs/{hub}/groups/{group}/connections",
    query = { "application", "maxpagesize", "top", "continuationToken" },
    status = 200, answer = "page", repeats = "safe",
  },
  {
    id = "SignalR_RemoveConnectionFromGroup", method = "DELETE",
    path = "/api/hubs/{hub}/groups/{group}/connections/{connectionId}",
    query = { "application" }, status = 200, answer = "info", repeats = "safe", gone_codes = gone,
  },
  {
    id = "SignalR_AddConnectionToGroup", method = "PUT",
    path = "/api/hubs/{hub}/groups/{group}/connections/{connectionId}",
    query = { "application" }, status = 200, answer = "info", repeats = "safe",
  },
  {
    id = "SignalR_CheckUserExistence", method = "HEAD", path = "/api/hubs/{hub}/users/{user}",
    query = { "application" }, status = 200, answer = "exists", repeats = "safe",
    absent_codes = { "warning.user.notexisted" },
  },
  {
    id = "SignalR_CloseUserConnections", method = "POST", path = "/api/hubs/{hub}/users/{user}/:closeConnections",
    query = { "application", "excluded", "reason" }, status = 204, answer = "info", repeats = "safe",
    gone_codes = gone,
  },
  {
    id = "SignalR_SendToUser", method = "POST", path = "/api/hubs/{hub}/users/{user}/:send",
    query = { "application" }, body = message, status = 202, answer = "info", repeats = "undone",
  },
  {
    id = "SignalR_RemoveUserFromAllGroups", method = "DELETE", path = "/api/hubs/{hub}/users/{user}/groups",
    query = { "application" }, status = 204, answer = "info", repeats = "safe", gone_codes = gone,
  },
  {
    id = "SignalR_RemoveUserFromGroup", method = "DELETE", path = "/api/hubs/{hub}/users/{user}/groups/{group}",
    query = { "application" }, status = 204, answer = "info", repeats = "safe", gone_codes = gone,
  },
  {
    id = "SignalR_CheckUserExistenceInGroup", method = "HEAD", path = "/api/hubs/{hub}/users/{user}/groups/{group}",
    query = { "application" }, status = 200, answer = "exists", repeats = "safe",
    absent_codes = { "info.user.notingroup" },
  },
  {
    id = "SignalR_AddUserToGroup", method = "PUT", path = "/api/hubs/{hub}/users/{user}/groups/{group}",
    query = { "application", "ttl" }, status = 200, answer = "info", repeats = "safe",
  },
}

local M = { api_version = VERSION, rows = rows }

for _, row in ipairs(rows) do
  row.takes_application = row.query[1] == "application"
  row.takes_excluded = row.query[2] == "excluded"
  M[row.id] = row
end

return M
