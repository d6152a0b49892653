-- SPDX-License-Identifier: MIT
-- What a dump of a value may show: every text within reach of it, by tables, metatables, functions' upvalues, and what
-- userdata refer to.
local M = {}

-- On LuaJIT what a userdata refers to is its environment; one that was given none has that of what loaded its library.
local function referred(userdata)
  if debug.getuservalue then return (debug.getuservalue(userdata)) end
  local env = debug.getfenv(userdata)
  return env ~= package and env ~= _G and env or nil
end

local function parts_of(value)
  local parts = { debug.getmetatable(value) }
  local kind = type(value)
  if kind == "table" then
    for k, v in next, value do
      parts[#parts + 1] = k
      parts[#parts + 1] = v
    end
  elseif kind == "userdata" then
    parts[#parts + 1] = referred(value)
  elseif kind == "function" then
    for i = 1, math.huge do
      local name, upvalue = debug.getupvalue(value, i)
      if not name then break end
      if upvalue ~= nil then parts[#parts + 1] = upvalue end
    end
  end
  return parts
end

--- The first text within reach in which `pattern` is found.
-- @param root any value
-- @tparam string pattern
-- @param[opt] apart a value that is not entered
-- @treturn string|nil
function M.find(root, pattern, apart)
  local seen, waiting = { [_G] = true, [apart or _G] = true }, { root }
  while #waiting > 0 do
    local value = table.remove(waiting)
    if type(value) == "string" then
      if value:find(pattern) then return value end
    elseif value ~= nil and value == value and not seen[value] then
      seen[value] = true
      for _, part in ipairs(parts_of(value)) do waiting[#waiting + 1] = part end
    end
  end
end

return M
