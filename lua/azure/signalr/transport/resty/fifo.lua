-- SPDX-License-Identifier: MIT
--- First in, first out.
local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.resty.fifo" }

function M.new() return setmetatable({ first = 1, last = 0 }, metatable) end

function methods:push(value)
  self.last = self.last + 1
  self[self.last] = value
end

--- The first value, taken out; nil when there is none.
function methods:pop()
  local first = self.first
  local value = self[first]
  if value == nil then return nil end
  self[first], self.first = nil, first + 1
  return value
end

--- The first value, left where it is.
function methods:peek() return self[self.first] end

function methods:count() return self.last - self.first + 1 end

--- Keeps those values only for which a function returns true.
function methods:keep(is_wanted)
  local n = self.first - 1
  for i = self.first, self.last do
    local value = self[i]
    self[i] = nil
    if is_wanted(value) then
      n = n + 1
      self[n] = value
    end
  end
  self.last = n
end

return M
