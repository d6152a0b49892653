-- SPDX-License-Identifier: MIT
-- What waits to be written to one client. The logic pushes and never waits; the
-- transport's own coroutine takes. Bounded: a client that does not read must
-- not fill the memory.
local cqueues = require "cqueues"
local condition = require "cqueues.condition"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.outbox" }

--- Makes an outbox.
-- @tparam number limit bytes that may wait
function M.new(limit)
  return setmetatable({
    limit = limit, items = {}, count = 0, bytes = 0, ended = false, changed = condition.new(),
  }, metatable)
end

--- Puts bytes at the end.
-- @treturn boolean false when the outbox has ended or the bytes do not fit
function methods:push(bytes)
  if self.ended or self.bytes + #bytes > self.limit then return false end
  self.count = self.count + 1
  self.items[self.count] = bytes
  self.bytes = self.bytes + #bytes
  if self.count == 1 then self.changed:signal() end
  return true
end

--- Puts back what was taken but could not be delivered.
function methods:unget(bytes)
  table.insert(self.items, 1, bytes)
  self.count, self.bytes = self.count + 1, self.bytes + #bytes
end

--- No more will come; what is there may still be taken.
function methods:finish()
  self.ended = true
  self.changed:signal()
end

--- No more will come, and nothing more goes out.
function methods:abort()
  self.items, self.count, self.bytes, self.ended = {}, 0, 0, true
  self.changed:signal()
end

--- Whether it has ended and nothing is left.
function methods:done()
  return self.ended and self.count == 0
end

--- Takes everything that waits, without waiting.
-- @treturn table array of the strings pushed
function methods:take()
  local items = self.items
  self.items, self.count, self.bytes = {}, 0, 0
  return items
end

--- Waits until something is there, the outbox has ended, or the time is over.
-- @tparam ?number timeout seconds
-- @treturn boolean whether something is there
function methods:wait(timeout)
  local deadline = timeout and cqueues.monotime() + timeout
  while self.count == 0 and not self.ended do
    local left = deadline and deadline - cqueues.monotime()
    if left and left <= 0 then return false end
    cqueues.poll(self.changed, left)
  end
  return self.count > 0
end

return M
