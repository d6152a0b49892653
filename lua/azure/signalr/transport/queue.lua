-- SPDX-License-Identifier: MIT
--- A bounded queue of messages that nobody waits for, without a clock and without I/O: who is next, who waits behind
-- whom, who is given up, and how many of each.
--
-- An entry is a table: bytes (its size), destination (entries with the same one are taken one after the other; nil for
-- those that may overtake), drop_oldest (true: rather than refuse this one, give up the oldest). The queue keeps
-- entry.list, before, after and age for itself while the entry is in.
--
-- Nothing disappears uncounted: accepted = delivered + failed + dropped + lost + queued + in_flight, at any time.
local M = {}

local setmetatable = setmetatable

local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.queue" }

local function append(list, node)
  node.list, node.before, node.after = list, list.last, nil
  if list.last then list.last.after = node else list.first = node end
  list.last = node
end

local function remove(node)
  local list, before, after = node.list, node.before, node.after
  if before then before.after = after else list.first = after end
  if after then after.before = before else list.last = before end
  node.list, node.before, node.after = nil, nil, nil
end

--- Makes a queue.
-- @tparam table how limit (entries queued and in flight), bytes (of all of them), dropped (function(entry): told of
-- each that was given up for a newer one)
function M.new(how)
  return setmetatable({
    limit = how.limit, max_bytes = how.bytes, on_drop = how.dropped,
    ready = {}, ages = {}, lines = {}, queued = 0, in_flight = 0, bytes = 0,
    accepted = 0, delivered = 0, failed = 0, dropped = 0, lost = 0, refused = 0,
  }, metatable)
end

-- The next one for a destination may go.
local function move_up(self, entry)
  local line = entry.destination and self.lines[entry.destination]
  if not line then return end
  local following = line.first
  if following then
    remove(following)
    append(self.ready, following)
  else
    self.lines[entry.destination] = nil
  end
end

-- Takes out one that is queued. Whoever stood in front of its line makes way.
local function pull_out(self, entry)
  local in_front = entry.list == self.ready
  remove(entry)
  remove(entry.age)
  entry.age, self.queued = nil, self.queued - 1
  if in_front then move_up(self, entry) end
end

local function has_room(self, entry)
  return self.queued + self.in_flight < self.limit and self.bytes + entry.bytes <= self.max_bytes
end

local function make_room(self, entry)
  while not has_room(self, entry) do
    local oldest = self.ages.first
    if not entry.drop_oldest or entry.bytes > self.max_bytes or not oldest then return false end
    oldest = oldest.entry
    pull_out(self, oldest)
    self.bytes, self.dropped = self.bytes - oldest.bytes, self.dropped + 1
    self.on_drop(oldest)
  end
  return true
end

--- Puts one in.
-- @treturn boolean false: it is refused, for there is no room
function methods:push(entry)
  if not make_room(self, entry) then
    self.refused = self.refused + 1
    return false
  end
  self.accepted, self.queued, self.bytes = self.accepted + 1, self.queued + 1, self.bytes + entry.bytes
  entry.age = { entry = entry }
  append(self.ages, entry.age)
  local destination = entry.destination
  local line = destination and self.lines[destination]
  if destination and not line then self.lines[destination] = {} end
  append(line or self.ready, entry)
  return true
end

--- Takes out the next one that may be sent now; it is in flight then.
-- @treturn table|nil entry
function methods:take()
  local entry = self.ready.first
  if not entry then return nil end
  remove(entry)
  remove(entry.age)
  entry.age, self.queued, self.in_flight = nil, self.queued - 1, self.in_flight + 1
  return entry
end

--- One that was taken is over.
-- @tparam table entry
-- @tparam string how "delivered", "failed" or "lost"
function methods:settle(entry, how)
  self.in_flight, self.bytes = self.in_flight - 1, self.bytes - entry.bytes
  self[how] = self[how] + 1
  move_up(self, entry)
end

--- Gives up the oldest that is still queued: it is lost.
-- @treturn table|nil entry
function methods:give_up()
  local oldest = self.ages.first
  if not oldest then return nil end
  local entry = oldest.entry
  pull_out(self, entry)
  self.bytes, self.lost = self.bytes - entry.bytes, self.lost + 1
  return entry
end

--- Counters.
function methods:stats()
  return {
    accepted = self.accepted, delivered = self.delivered, failed = self.failed, dropped = self.dropped,
    lost = self.lost, refused = self.refused, queued = self.queued, in_flight = self.in_flight, bytes = self.bytes,
  }
end

return M
