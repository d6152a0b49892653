-- SPDX-License-Identifier: MIT
--- Several commands on the connections that a filter matches, as one transaction: all commands are
-- read before any takes effect, and they apply to the connections matched at the start.
local answers = require "azure.signalr.emulator.answers"
local body = require "azure.signalr.emulator.body"
local filter = require "azure.signalr.emulator.filter"
local json_text = require "azure.signalr.emulator.json_text"
local pace = require "azure.signalr.emulator.pace"
local params = require "azure.signalr.emulator.params"
local receivers = require "azure.signalr.emulator.receivers"

local M = {}

local EFFECT = 64 -- what a command on one connection costs, in bytes

local READ = {}

function READ.SendMessage(fields)
  if not fields.message then return nil, "message is missing", "message" end
  local message, text, member = body.read_message(fields.message)
  if not message then return nil, text, "message" .. (member and "." .. member or "") end
  local outgoing = body.outgoing(message)
  return function(session) return session:deliver(outgoing) end
end

local function read_group(fields)
  local group = fields.group
  if not group or json_text.kind(group) ~= "string" then return nil, "group must be a string" end
  group = json_text.unquote(group)
  local ok, message = params.check("group", group)
  return ok and group, message
end

function READ.JoinGroup(fields)
  local group, message = read_group(fields)
  if not group then return nil, message, "group" end
  return function(session) session.hub.groups:add(session, group) end
end

function READ.LeaveGroup(fields)
  local group, message = read_group(fields)
  if not group then return nil, message, "group" end
  return function(session) session.hub.groups:remove(session, group) end
end

function READ.CloseConnection(fields)
  local reason = fields.reason
  if reason == nil or reason == "null" then
    return function(session) session:close() end
  end
  if json_text.kind(reason) ~= "string" then return nil, "reason must be a string", "reason" end
  return function(session) session:close(json_text.unquote(reason)) end
end

local function read_command(slice)
  if json_text.kind(slice) ~= "object" then return nil, "a command must be an object" end
  local fields = json_text.envelope(slice)
  local kind = fields.type and json_text.kind(fields.type) == "string" and json_text.unquote(fields.type)
  if not READ[kind] then
    return nil, "type must be SendMessage, JoinGroup, LeaveGroup or CloseConnection", "type"
  end
  return READ[kind](fields)
end

-- The effects in order, or nil and the answer that refuses.
local function read_commands(ctx)
  local slice, refusal = body.json(ctx)
  if not slice then return nil, refusal end
  if json_text.kind(slice) ~= "array" then
    return nil, answers.bad_request("the body must be an array of commands", "body")
  end
  local effects = {}
  for i, element in ipairs(json_text.elements(slice)) do
    local effect, message, member = read_command(element)
    if not effect then
      local place = ("[%d]%s"):format(i - 1, member and "." .. member or "")
      return nil, answers.bad_request(("command %s: %s"):format(place, message), place)
    end
    effects[i] = effect
  end
  return effects
end

local function matched(ctx, matches)
  local list = {}
  for _, session in ipairs(ctx.hub:all()) do
    if matches(session) then list[#list + 1] = session end
  end
  return list
end

function M.HubProxy_Execute(ctx)
  local text, matches = params.text(ctx.query, "filter"), function() return true end
  if text then
    local message
    matches, message = filter.compile(text)
    if not matches then return answers.bad_request(message, "filter") end
  end
  local effects, refusal = read_commands(ctx)
  if not effects then return refusal end
  local list = ctx.broken and {} or matched(ctx, matches)
  ctx.reached = #list
  for _, effect in ipairs(effects) do
    for _, session in ipairs(list) do
      -- a command before this one may have closed it
      if session.state == "open" then effect(session) end
    end
    pace.spend(EFFECT * #list)
  end
  if ctx.reached == 0 then
    ctx.hint = ctx.hub.count == 0 and receivers.hint(ctx)
      or ("no connection of hub '%s' matches the filter"):format(ctx.hub_name)
  end
  return answers.empty(202)
end

return M
