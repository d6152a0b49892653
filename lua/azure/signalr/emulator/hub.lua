-- SPDX-License-Identifier: MIT
--- One hub: its connections, its users, its groups.
local groups = require "azure.signalr.emulator.groups"

local M = {}

local Hub = {}
Hub.__index = Hub

--- @tparam string name lower-case; with an application "<application>_<hub>"
-- @tparam function now seconds
function M.new(name, now)
  return setmetatable({ name = name, sessions = {}, users = {}, count = 0, groups = groups.new(now) }, Hub)
end

local function sorted(map)
  local list = {}
  for _, session in pairs(map or {}) do list[#list + 1] = session end
  table.sort(list, function(a, b) return a.sequence < b.sequence end)
  return list
end

--- Takes in a connection whose handshake is done.
function Hub:add(session)
  self.sessions[session.connection_id] = session
  self.count = self.count + 1
  if session.user_id then
    self.users[session.user_id] = self.users[session.user_id] or {}
    self.users[session.user_id][session.connection_id] = session
  end
  self.groups:connect(session)
end

--- Lets a connection go.
function Hub:remove(session)
  if self.sessions[session.connection_id] ~= session then return end
  self.sessions[session.connection_id] = nil
  self.count = self.count - 1
  local mine = self.users[session.user_id or false]
  if mine then
    mine[session.connection_id] = nil
    if not next(mine) then self.users[session.user_id] = nil end
  end
  self.groups:remove_all(session)
end

--- Whether nothing is in it: no connection, and no user that later connections would bring into a group.
function Hub:empty()
  return self.count == 0 and self.groups:empty()
end

--- The connection of an id, or nil.
function Hub:connection(id)
  return self.sessions[id]
end

--- A user's connections, oldest first.
function Hub:of_user(user)
  return sorted(self.users[user])
end

--- Everybody's connections, oldest first.
function Hub:all()
  return sorted(self.sessions)
end

--- The names of the users with a connection, sorted; at most `limit`.
function Hub:user_names(limit)
  local names = {}
  for name in pairs(self.users) do names[#names + 1] = name end
  table.sort(names)
  for i = #names, limit + 1, -1 do names[i] = nil end
  return names
end

return M
