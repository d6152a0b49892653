-- SPDX-License-Identifier: MIT
--- The option on_error: told of what nobody waits for.
local errors = require "azure.signalr.errors"

local M = {}

--- Tells it; what that throws goes to standard error: it must neither reach the host's loop nor vanish.
-- @tparam function|nil on_error
-- @param err
-- @tparam table what
function M.tell(on_error, err, what)
  if not on_error then return end
  local told, problem = pcall(on_error, err, what)
  if not told then io.stderr:write("azure.signalr: on_error threw: ", errors.text(problem), "\n") end
end

return M
