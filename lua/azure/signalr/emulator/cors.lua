-- SPDX-License-Identifier: MIT
-- Cross-origin rules for browsers. A local service for development lets every
-- origin in, with credentials, as the real one does until it is told otherwise.
local M = {}

local METHODS = "GET, POST, PUT, DELETE, HEAD, OPTIONS"
local HEADERS = "authorization, content-type, x-requested-with, x-signalr-user-agent"
local EXPOSED = "x-ms-error-code, retry-after"

--- The fields that belong into an answer.
-- @tparam table head the request's
-- @treturn ?table header fields; nil when the request names no origin
function M.fields(head)
  local origin = head.headers.origin
  if not origin then return nil end
  return {
    ["access-control-allow-origin"] = origin,
    ["access-control-allow-credentials"] = "true",
    ["access-control-expose-headers"] = EXPOSED,
    vary = "Origin",
  }
end

--- Whether a request only asks what it may do.
function M.is_preflight(head)
  return head.method == "OPTIONS" and head.headers["access-control-request-method"] ~= nil
end

--- The answer to that question; `fields` come on top.
function M.preflight(head)
  return {
    status = 204,
    headers = {
      ["access-control-allow-methods"] = METHODS,
      ["access-control-allow-headers"] = head.headers["access-control-request-headers"] or HEADERS,
      ["access-control-max-age"] = "86400",
    },
  }
end

return M
