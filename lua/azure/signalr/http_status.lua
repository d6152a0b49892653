-- SPDX-License-Identifier: MIT
--- What the statuses of HTTP at large mean to this library; those of one operation are in operations.lua.
local globals = require "azure.signalr.globals"

local M = {}

local gmatch = globals.string.gmatch

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

--- Whether the service said, before doing anything, that it does not take the request now. A 503 says so only where
-- the service itself has signed it, by a code or a Retry-After: gateways before it send one, too, when the service hung
-- up after it had read the request. csrc/net/outbox_retry.c has the same rule.
-- @tparam number status
-- @tparam boolean signed whether x-ms-error-code or Retry-After came with it
function M.is_refusal(status, signed) return status == 429 or status == 503 and signed end

local untouched = {}
for status in gmatch("400 401 403 404 405 409 411 412 413 414 415 416 417 421 422 426 429 431", "%d+") do
  untouched[tonumber(status)] = true
end

--- Whether a whole answer with this status says that the request was not carried out.
function M.is_untouched(status) return untouched[status] == true end

return M
