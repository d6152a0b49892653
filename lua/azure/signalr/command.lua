-- SPDX-License-Identifier: MIT
--- Commands for hub:execute. Each is checked and encoded when it is made; what is wrong with its contents, which may
-- come from outside, is told by hub:execute.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"
local handle = require "azure.signalr.handle"
local message = require "azure.signalr.message"
local names = require "azure.signalr.names"

local M = {}

local type = type
local concat = globals.table.concat

local Command = handle.class("command", {}, function(it)
  if it.json then return it.json end
  return "(" .. (type(it.problem) == "table" and it.problem.message or it.problem) .. ")"
end)
Command.__what = "a command"
function Command.same() return false end

local function made(json, problem)
  return handle.dress(Command, { json = not problem and json or nil, problem = problem })
end

local function of_group(where, kind, group)
  local name, problem = names.group(group, where, "group")
  if problem then return made(nil, problem) end
  return made('{"type":"' .. kind .. '","group":' .. message.encode_value(where, name, "group") .. "}")
end

--- Joins the chosen connections to a group.
-- @tparam string group
-- @treturn table command
function M.join(group, ...)
  check.count("command.join", 1, ...)
  return of_group("command.join", "JoinGroup", group)
end

--- Takes the chosen connections out of a group.
-- @tparam string group
-- @treturn table command
function M.leave(group, ...)
  check.count("command.leave", 1, ...)
  return of_group("command.leave", "LeaveGroup", group)
end

--- Sends a message to the chosen connections.
-- @tparam string target
-- @param ... arguments
-- @treturn table command
function M.send(target, ...)
  local body, problem = message.encode("command.send", target, ...)
  return made(body and '{"type":"SendMessage","message":' .. body .. "}", problem)
end

--- Disconnects the chosen connections.
-- @tparam string|nil reason
-- @treturn table command
function M.close(reason, ...)
  check.count("command.close", 1, ...)
  if reason == nil then return made('{"type":"CloseConnection"}') end
  local text, problem = check.text(reason, "command.close", "reason")
  if problem then return made(nil, problem) end
  return made('{"type":"CloseConnection","reason":' .. message.encode_value("command.close", text, "reason") .. "}")
end

--- The body of an execute.
-- @param commands what the user gave
-- @tparam string where
-- @treturn string|nil JSON array
-- @return the problem of a command
function M.encode(commands, where)
  local rule = where .. ": commands must be an array of at least one of signalr.command's"
  if type(commands) ~= "table" or core.inner(commands, Command) then check.fail(rule) end
  local parts, problem = {}, nil
  local count = check.array(commands, where, "commands", " of at least one of signalr.command's")
  if count == 0 then check.fail(rule) end
  for i = 1, count do
    local command = core.inner(commands[i], Command)
    if not command then
      check.fail("%s: commands[%d] must be made by signalr.command.join, leave, send or close, got %s", where, i,
        check.kind_of(commands[i]))
    end
    problem = problem or command.problem
    parts[i] = command.json
  end
  if problem then return nil, problem end
  return "[" .. concat(parts, ",") .. "]"
end

return M
