-- SPDX-License-Identifier: MIT
--- When a call may be repeated, and after how long. Pure: chance is a parameter.
local globals = require "azure.signalr.globals"
local http_status = require "azure.signalr.http_status"

local min, max = globals.math.min, globals.math.max

local M = {}

-- Failures of the network that may pass. A failed TLS verification or an unreadable answer will not.
local passing = { connect = true, dns = true, proxy = true, timeout = true, reset = true }

local may = {}

--- Repeating does no harm.
function may.safe(err)
  return passing[err.kind] == true or (err.status ~= nil and http_status.is_passing(err.status))
end

--- Repeating could deliver twice: only when the request surely was not carried out.
function may.undone(err)
  if passing[err.kind] then return err.sent == "no" end
  return err.status ~= nil and http_status.is_refusal(err.status, err.sent == "no")
end

--- Whether an operation may be tried again after an error.
-- @tparam table op a row of operations.lua
-- @tparam table err
-- @treturn boolean
function M.may(op, err) return may[op.repeats](err) end

--- Seconds to wait before the next attempt.
-- @tparam table policy base and cap, in seconds
-- @tparam number attempt how many attempts were made
-- @tparam number|nil retry_after what the service asked for, in seconds
-- @tparam number chance from 0 to 1
-- @treturn number never less than what the service asked for
function M.delay(policy, attempt, retry_after, chance)
  local backoff = min(policy.cap, policy.base * 2 ^ (attempt - 1)) * (0.5 + 0.5 * chance)
  return retry_after and max(retry_after, backoff) or backoff
end

--- The pause before the next attempt, or nil when there is none to make.
-- @tparam table op
-- @tparam table err its attempts say how many were made
-- @param policy table with max, base, cap, or false for no retries
-- @tparam number chance from 0 to 1
function M.pause(op, err, policy, chance)
  if not policy or err.attempts > policy.max or not M.may(op, err) then return nil end
  return M.delay(policy, err.attempts, err.retry_after, chance)
end

return M
