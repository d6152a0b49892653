-- SPDX-License-Identifier: MIT
--- Who waits for a moment: a binary heap, so that adding and removing cost O(log n) and looking costs nothing.
-- An entry is any table; `at`, `serial` and `place` in it belong to the heap while it is in.
local M = {}

local setmetatable = setmetatable

local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.timers" }

--- Makes a heap. `count` says how many are in, `serial` how many were ever added.
function M.new() return setmetatable({ count = 0, serial = 0, heap = {} }, metatable) end

-- The same moment: first come, first served.
local function before(a, b)
  if a.at ~= b.at then return a.at < b.at end
  return a.serial < b.serial
end

local function rise(heap, place, entry)
  while place > 1 do
    local up = (place - place % 2) / 2
    local above = heap[up]
    if not before(entry, above) then break end
    heap[place], above.place = above, place
    place = up
  end
  heap[place], entry.place = entry, place
end

local function sink(heap, place, entry, count)
  while true do
    local child = place * 2
    if child > count then break end
    if child < count and before(heap[child + 1], heap[child]) then child = child + 1 end
    local below = heap[child]
    if not before(below, entry) then break end
    heap[place], below.place = below, place
    place = child
  end
  heap[place], entry.place = entry, place
end

--- Adds an entry for a moment. It must not be in already.
-- @tparam table entry
-- @tparam number at
function methods:add(entry, at)
  self.serial, self.count = self.serial + 1, self.count + 1
  entry.at, entry.serial = at, self.serial
  rise(self.heap, self.count, entry)
end

--- The entry whose moment comes first, or nil. It stays in.
function methods:first() return self.heap[1] end

--- Takes an entry out; does nothing for one that is not in.
function methods:remove(entry)
  local place, heap = entry.place, self.heap
  if not place then return end
  local count = self.count
  local last = heap[count]
  heap[count], entry.place, self.count = nil, nil, count - 1
  if last == entry then return end
  rise(heap, place, last)
  if last.place == place then sink(heap, place, last, count - 1) end
end

return M
