-- SPDX-License-Identifier: MIT
--- Bytes that come in pieces until enough are there. Pieces are joined to larger ones as they come, the smallest
-- first: however small they are, each byte is copied a few times only, and few pieces are held.
local M = {}

local Buffer = {}
Buffer.__index = Buffer

--- An empty buffer.
function M.new()
  return setmetatable({ size = 0, count = 0, pieces = {} }, Buffer)
end

--- Puts bytes at the end.
function Buffer:push(bytes)
  if bytes == "" then return end
  local pieces, n = self.pieces, self.count
  self.size = self.size + #bytes
  while n > 0 and #pieces[n] <= #bytes do
    bytes = pieces[n] .. bytes
    pieces[n] = nil
    n = n - 1
  end
  pieces[n + 1] = bytes
  self.count = n + 1
end

--- All that is there; the buffer is empty then.
function Buffer:take()
  local all = self.count == 1 and self.pieces[1] or table.concat(self.pieces, "", 1, self.count)
  self.pieces, self.count, self.size = {}, 0, 0
  return all
end

return M
