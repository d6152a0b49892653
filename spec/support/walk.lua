-- SPDX-License-Identifier: MIT
-- What a dump would show: every string that can be reached from a value through tables and their metatables.
local M = {}

local function visit(value, path, seen, found)
  if type(value) == "string" then
    found[#found + 1] = { text = value, path = path }
    return
  end
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for k, v in next, value do
    visit(k, path .. " key", seen, found)
    visit(v, ("%s.%s"):format(path, type(k) == "string" and k:sub(1, 40) or type(k)), seen, found)
  end
  visit(debug.getmetatable(value), path .. " metatable", seen, found)
end

--- Where a text can be seen.
-- @param value
-- @tparam table ignored set of tables that are not entered
-- @tparam string ... the texts that must not be seen
-- @treturn string the paths to them, "" for none
function M.find(value, ignored, ...)
  local found, hits = {}, {}
  local seen = {}
  for one in pairs(ignored) do seen[one] = true end
  visit(value, "it", seen, found)
  for _, one in ipairs(found) do
    for i = 1, select("#", ...) do
      if one.text:find((select(i, ...)), 1, true) then hits[#hits + 1] = one.path end
    end
  end
  assert(#found > 20, "the walk went nowhere")
  return table.concat(hits, "; ")
end

return M
