-- SPDX-License-Identifier: MIT
-- What waits to be written to one client. The logic pushes and never waits; the
-- transport's own coroutine takes. Bounded: a client that does not read must
-- not fill the memory.
local cqueues = require "cqueues"
local condition = require "cqueues.condition"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.outbox" }

-- What a string costs beside its bytes: pings of two bytes fill a queue as well.
local ITEM = 32

--- Makes an outbox.
-- @tparam number limit bytes that may wait
function M.new(limit)
  return setmetatable({
    limit = limit, items = {}, first = 1, count = 0, bytes = 0, ended = false, changed = condition.new(),
  }, metatable)
end

--- Puts bytes at the end.
-- @treturn boolean false when the outbox has ended or the bytes do not fit
function methods:push(bytes)
  if self.ended or self.bytes + #bytes + self.count * ITEM > self.limit then return false end
  self.items[self.first + self.count] = bytes
  self.count, self.bytes = self.count + 1, self.bytes + #bytes
  if self.count == 1 then self.changed:signal() end
  return true
end

--- Puts back what was taken but could not be delivered.
function methods:unget(bytes)
  self.first = self.first - 1
  self.items[self.first] = bytes
  self.count, self.bytes = self.count + 1, self.bytes + #bytes
end

--- No more will come; what is there may still be taken.
function methods:finish()
  self.ended = true
  self.changed:signal()
end

--- No more will come, and nothing more goes out.
function methods:abort()
  self.items, self.first, self.count, self.bytes, self.ended = {}, 1, 0, 0, true
  self.changed:signal()
end

--- Whether it has ended and nothing is left.
function methods:done()
  return self.ended and self.count == 0
end

--- Takes what waits, without waiting.
-- @tparam ?number most bytes, of which the first string may have more; everything without it
-- @treturn table array of the strings pushed
function methods:take(most)
  local taken, size = {}, 0
  while self.count > 0 do
    local bytes = self.items[self.first]
    if most and size > 0 and size + #bytes > most then break end
    self.items[self.first] = nil
    taken[#taken + 1], size = bytes, size + #bytes
    self.first, self.count = self.first + 1, self.count - 1
  end
  self.bytes = self.bytes - size
  return taken
end

--- What is said of a client for which nothing more fits.
function methods:complaint()
  return ("the client reads too slowly: more than %d bytes were waiting for it"):format(self.limit)
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
