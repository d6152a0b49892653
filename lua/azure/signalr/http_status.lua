-- SPDX-License-Identifier: MIT
--- What the statuses of HTTP at large mean to this library; those of one operation are in operations.lua.
local M = {}

local kinds = {
  [400] = "bad_request",
  [401] = "unauthorized",
  [403] = "forbidden",
  [404] = "not_found",
  [409] = "conflict",
  [413] = "payload_too_large",
  [414] = "uri_too_long",
  [429] = "throttled",
  [431] = "headers_too_large",
  [503] = "unavailable",
}

--- The kind of error that a status is.
-- @tparam number status
-- @treturn string one of errors.kinds
function M.kind(status)
  return kinds[status] or (status >= 500 and status <= 599 and "server") or "unexpected"
end

--- Whether a status is success.
function M.is_success(status) return status >= 200 and status <= 299 end

--- Whether the service may do better the next time, whatever it did with this request.
function M.is_passing(status) return status == 408 or status == 429 or (status >= 500 and status <= 599) end

--- Whether the service said, before doing anything, that it does not take the request now.
function M.is_refusal(status) return status == 429 or status == 503 end

return M
