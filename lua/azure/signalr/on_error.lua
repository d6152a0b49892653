-- SPDX-License-Identifier: MIT
--- The option on_error: told of what nobody waits for.
local observers = require "azure.signalr.observers"

local M = {}

--- Tells it; what that throws must neither reach the host's loop nor vanish (observers.lua).
-- @tparam function|nil on_error
-- @param err
-- @tparam table what
function M.tell(on_error, err, what) observers.tell("on_error", on_error, err, what) end

return M
