-- SPDX-License-Identifier: MIT
--- Who is in which group of one hub.
-- A connection is in a group because it was added itself, or because its user was, until the user's
-- time is over. What a user was added to also applies to the user's later connections; `ttl = 0`
-- adds the connections of this moment only. Without ttl a user stays a year, and only the latest
-- 100 groups so joined are kept. Leaving takes a connection out whatever brought it in.
local limits = require "azure.signalr.emulator.limits"

local M = {}

local YEAR = 365 * 86400
local MOST_SEEN = 1000 -- groups that are looked at to name a few

local Groups = {}
Groups.__index = Groups

--- @tparam function now seconds
function M.new(now)
  return setmetatable({ now = now, members = {}, joined = {}, users = {}, order = 0 }, Groups)
end

local function holds(record, now)
  return record.explicit or (record.till or 0) > now
end

local function slot(map, key)
  map[key] = map[key] or {}
  return map[key]
end

local function clear(map, key, inner)
  local entries = map[key]
  if not entries then return end
  entries[inner] = nil
  if not next(entries) then map[key] = nil end
end

local function record_of(self, session, group)
  local members = slot(self.members, group)
  local record = members[session]
  if not record then
    record = {}
    members[session] = record
    slot(self.joined, session)[group] = true
  end
  return record
end

--- Adds a connection for as long as it lives.
function Groups:add(session, group)
  record_of(self, session, group).explicit = true
end

--- Takes a connection out of a group.
function Groups:remove(session, group)
  clear(self.members, group, session)
  clear(self.joined, session, group)
end

--- Takes a connection out of all its groups.
-- @treturn number how many
function Groups:remove_all(session)
  local names = {}
  for group in pairs(self.joined[session] or {}) do names[#names + 1] = group end
  for _, group in ipairs(names) do self:remove(session, group) end
  return #names
end

--- Whether a connection is in a group now.
function Groups:has(session, group)
  local record = (self.members[group] or {})[session]
  return record ~= nil and holds(record, self.now()) and true or false
end

--- The connections in a group now, oldest connection first.
function Groups:list(group)
  local list, now = {}, self.now()
  for session, record in pairs(self.members[group] or {}) do
    if holds(record, now) then list[#list + 1] = session end
  end
  table.sort(list, function(a, b) return a.sequence < b.sequence end)
  return list
end

--- The names of some groups with a member, sorted; at most `limit`.
function Groups:names(limit)
  local names, seen = {}, 0
  for group in pairs(self.members) do
    seen = seen + 1
    if seen > MOST_SEEN then break end
    if #self:list(group) > 0 then names[#names + 1] = group end
  end
  table.sort(names)
  for i = #names, limit + 1, -1 do names[i] = nil end
  return names
end

-- A user's time in a group is over, or was ended: what it alone brought in goes out.
local function drop_user_record(self, user, group)
  clear(self.users, user, group)
  local gone = {}
  for session, record in pairs(self.members[group] or {}) do
    if session.user_id == user then
      record.till = nil
      if not record.explicit then gone[#gone + 1] = session end
    end
  end
  for _, session in ipairs(gone) do self:remove(session, group) end
end

local function keep_latest(self, user)
  local kept = {}
  for group, entry in pairs(self.users[user]) do
    if entry.order then kept[#kept + 1] = { group = group, order = entry.order } end
  end
  table.sort(kept, function(a, b) return a.order > b.order end)
  for i = limits.users_groups + 1, #kept do drop_user_record(self, user, kept[i].group) end
end

--- Adds a user.
-- @tparam string user
-- @tparam string group
-- @tparam number|nil ttl seconds
-- @tparam table sessions the user's connections of this moment
function Groups:add_user(user, group, ttl, sessions)
  if ttl == 0 then
    for _, session in ipairs(sessions) do self:add(session, group) end
    return
  end
  self.order = self.order + 1
  local entry = { till = self.now() + math.min(ttl or YEAR, YEAR), order = not ttl and self.order or nil }
  slot(self.users, user)[group] = entry
  for _, session in ipairs(sessions) do record_of(self, session, group).till = entry.till end
  keep_latest(self, user)
end

--- Brings a new connection into its user's groups.
function Groups:connect(session)
  local now = self.now()
  for group, entry in pairs(session.user_id and self.users[session.user_id] or {}) do
    if entry.till > now then record_of(self, session, group).till = entry.till end
  end
end

--- Takes a user, with all its connections, out of a group.
function Groups:remove_user(user, group, sessions)
  clear(self.users, user, group)
  for _, session in ipairs(sessions) do self:remove(session, group) end
end

--- Takes a user, with all its connections, out of all groups.
function Groups:remove_user_all(user, sessions)
  self.users[user] = nil
  for _, session in ipairs(sessions) do self:remove_all(session) end
end

--- Whether a user is in a group: it was added and its time is not over, or one of its connections is.
function Groups:has_user(user, group, sessions)
  local entry = (self.users[user] or {})[group]
  if entry and entry.till > self.now() then return true end
  for _, session in ipairs(sessions) do
    if self:has(session, group) then return true end
  end
  return false
end

--- Whether there is neither a member nor a user that would become one.
function Groups:empty()
  return next(self.members) == nil and next(self.users) == nil
end

--- Forgets what is over.
function Groups:expire()
  local now, over = self.now(), {}
  for user, entries in pairs(self.users) do
    for group, entry in pairs(entries) do
      if entry.till <= now then over[#over + 1] = { user, group } end
    end
  end
  for _, pair in ipairs(over) do drop_user_record(self, pair[1], pair[2]) end
end

return M
