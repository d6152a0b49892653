-- SPDX-License-Identifier: MIT
--- Error objects that nobody catches. nginx writes a thrown string to its log, and of anything else "unknown reason".
local M = {}

local getinfo = debug.getinfo

local DEEPEST = 200 -- levels that are looked at

-- A coroutine of the program's own ends the search: who resumes it is not seen from here.
local function is_caught()
  for level = 3, DEEPEST do
    local info = getinfo(level, "f")
    if not info then return false end
    if info.func == pcall or info.func == xpcall then return true end
  end
  return true
end

--- Writes an error that is about to be thrown to nginx's log, unless somebody is there to catch it.
-- @tparam table err
function M.log(err)
  if not is_caught() then ngx.log(ngx.ERR, tostring(err)) end
end

return M
