-- SPDX-License-Identifier: MIT
--- What a host hears of a message that nobody waited for and that was not delivered.
local core = require "azure.signalr.core"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local on_error = require "azure.signalr.on_error"

local ipairs, setmetatable, tonumber, type = ipairs, setmetatable, tonumber, type
local format, gsub, match = globals.string.format, globals.string.gsub, globals.string.match
local char, concat = globals.string.char, globals.table.concat

local M = {}

local names = { connectionId = "connection_id" }
local patterns = {} -- operation -> { pattern, names of its captures }

local function pattern_of(op)
  local known = patterns[op]
  if not known then
    local captures = {}
    local pattern = gsub(op.path, "{(%w+)}", function(name)
      captures[#captures + 1] = names[name] or name
      return "([^/]+)"
    end)
    known = { pattern .. "$", captures }
    patterns[op] = known
  end
  return known[1], known[2]
end

local function unescape(text)
  return (gsub(text, "%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end))
end

local function application_of(query)
  for _, pair in ipairs(core.parse_query(query)) do
    if pair[1] == "application" then return pair[2] end
  end
end

--- Says which message it was; all is read from the message itself, so that putting one in costs nothing for it.
-- @tparam table op a row of operations.lua
-- @tparam string url
-- @tparam string body the JSON that was to be sent
-- @tparam string reason "failed", "dropped" (for newer ones) or "lost" (the client was closed or collected)
-- @treturn table source = "enqueue", reason, operation, hub, application, group, user, connection_id (those that
-- count), target (the method that clients listen to), body, count = 1
function M.what(op, url, body, reason)
  local what = { source = "enqueue", reason = reason, operation = op.id, body = body, count = 1 }
  local path, query = match(url, "^([^?]*)%??(.*)$")
  local pattern, captures = pattern_of(op)
  local values = { match(path, pattern) }
  for i, name in ipairs(captures) do what[name] = values[i] and unescape(values[i]) end
  what.application = application_of(query)
  local message = core.json_decode(body)
  what.target = type(message) == "table" and message.target or nil
  return what
end

--- Tells of messages of which nothing is known but their number.
-- @tparam function|nil told the option on_error
-- @tparam number count
function M.tell_untold(told, count)
  if count == 0 then return end
  on_error.tell(told, errors.new {
    kind = "queue_full", op = "enqueue", sent = "maybe",
    message = format("%d more messages were not delivered; nothing is known of them but their number, because nobody "
      .. "made a step, drain or call for so long that their reports would have taken more room than the queue", count),
  }, { source = "enqueue", reason = "failed", count = count })
end

local Undelivered = { __name = "azure.signalr.undelivered" }

function Undelivered.__tostring(self)
  local parts = {}
  for _, name in ipairs { "pending", "failed", "dropped", "lost" } do
    if self[name] > 0 then parts[#parts + 1] = format("%d %s", self[name], name) end
  end
  return "messages that were not delivered: " .. concat(parts, ", ")
end

local nothing = { failed = 0, dropped = 0, lost = 0 }

--- What was not delivered, as counts; tostring makes a sentence of it.
-- @tparam table now counters (enqueue.lua)
-- @tparam table before counters of an earlier time
-- @treturn table|nil pending, failed, dropped, lost; nil if all was delivered
function M.undelivered(now, before)
  if now.accepted < before.accepted then before = nothing end -- a fork's child, which counts from the beginning
  local found = {
    pending = now.pending, failed = now.failed - before.failed,
    dropped = now.dropped - before.dropped, lost = now.lost - before.lost,
  }
  if found.pending + found.failed + found.dropped + found.lost == 0 then return nil end
  return setmetatable(found, Undelivered)
end

return M
