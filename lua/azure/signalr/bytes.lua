-- SPDX-License-Identifier: MIT
--- The order of texts by their bytes. `<` asks the host's locale on Lua 5.4, and what is sent must not depend on it.
local globals = require "azure.signalr.globals"

local byte = globals.string.byte
local sort, min = globals.table.sort, globals.math.min

local M = {}

--- Whether one text comes before another.
function M.before(a, b)
  for i = 1, min(#a, #b) do
    local x, y = byte(a, i), byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

--- Sorts an array of texts.
-- @tparam table list
-- @treturn table the same
function M.sort(list)
  sort(list, M.before)
  return list
end

return M
