-- SPDX-License-Identifier: MIT
-- Carries out what a fault rule (faults.lua) says, around the serving of one request.
local cqueues = require "cqueues"
local http_answer = require "azure.signalr.emulator.http_answer"

local M = {}

--- Ends a request's connection without a word.
function M.cut(stream)
  local socket = stream.connection.socket
  if socket then socket:shutdown("rw") end
end

--- The answer that a rule gives in place of the service's.
-- @treturn ?table the answer; nil when the rule leaves it to the service
function M.answer(rule)
  if not rule.status then return nil end
  return {
    status = rule.status,
    headers = { ["retry-after"] = rule.retry_after and tostring(rule.retry_after), ["x-ms-error-code"] = rule.code },
  }
end

local SPOILED = {
  half = function(response)
    local text = http_answer.raw(response)
    -- Half of the body where there is one, else half of the header.
    return text:sub(1, #text - math.ceil(#(response.body or text) / 2))
  end,
  garbage = function() return "\0\1\2 this is not HTTP\r\n\r\n" end,
}

--- Writes an answer as a rule wants it: late, in part, or not at all.
-- @tparam table rule
-- @param stream the lua-http stream
-- @tparam table response
-- @treturn boolean whether the answer has been dealt with; false: write it as usual
function M.spoil(rule, stream, response)
  if rule.latency then cqueues.sleep(rule.latency) end
  local spoil = SPOILED[rule.answer]
  if not spoil and rule.drop ~= "done" then return false end
  local socket = stream.connection.socket
  if spoil and socket and stream.connection.version < 2 then socket:xwrite(spoil(response), "bn", 10) end
  M.cut(stream)
  return true
end

return M
