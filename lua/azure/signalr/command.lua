-- SPDX-License-Identifier: MIT
--- Commands for hub:execute. Each is checked and encoded when it is made.
local check = require "azure.signalr.check"
local message = require "azure.signalr.message"

local M = {}

local Command = { __name = "azure.signalr.command" }
Command.__index = {}
function Command.__tostring(self) return Command.__name .. ": " .. self.json end

local function made(json) return setmetatable({ json = json }, Command) end

local function text(where, value, name) return message.encode_value(where, value, name) end

--- Joins the chosen connections to a group.
-- @tparam string group
-- @treturn table command
function M.join(group)
  check.group(group, "command.join", "group")
  return made('{"type":"JoinGroup","group":' .. text("command.join", group, "group") .. "}")
end

--- Takes the chosen connections out of a group.
-- @tparam string group
-- @treturn table command
function M.leave(group)
  check.group(group, "command.leave", "group")
  return made('{"type":"LeaveGroup","group":' .. text("command.leave", group, "group") .. "}")
end

--- Sends a message to the chosen connections.
-- @tparam string target
-- @param ... arguments
-- @treturn table command
function M.send(target, ...)
  return made('{"type":"SendMessage","message":' .. message.encode("command.send", target, ...) .. "}")
end

--- Disconnects the chosen connections.
-- @tparam string|nil reason
-- @treturn table command
function M.close(reason)
  if reason == nil then return made('{"type":"CloseConnection"}') end
  check.text(reason, "command.close", "reason")
  return made('{"type":"CloseConnection","reason":' .. text("command.close", reason, "reason") .. "}")
end

--- The body of an execute.
-- @param commands what the user gave
-- @tparam string where
-- @treturn string JSON array
function M.encode(commands, where)
  if type(commands) ~= "table" or getmetatable(commands) == Command or #commands == 0 then
    check.fail("%s: commands must be an array of at least one of signalr.command's", where)
  end
  local parts = {}
  for i = 1, #commands do
    if getmetatable(commands[i]) ~= Command then
      check.fail("%s: commands[%d] must be made by signalr.command.join, leave, send or close, got %s", where, i,
        check.kind_of(commands[i]))
    end
    parts[i] = commands[i].json
  end
  return "[" .. table.concat(parts, ",") .. "]"
end

return M
