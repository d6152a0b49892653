-- SPDX-License-Identifier: MIT
--- The option on_error: told of what nobody waits for.
local errors = require "azure.signalr.errors"
local observers = require "azure.signalr.observers"

local M = {}

-- What is said of an error by its source where there is no on_error. Messages of the queue that were not delivered are
-- counted instead, and drain and close tell of them.
local unheard = {
  spawn = "a spawned function failed: ",
  adopt = "the resume of client:adopt threw: ",
}

--- Tells it; what that throws must neither reach the host's loop nor vanish (observers.lua). Without one, errors that
-- would vanish go to standard error.
-- @tparam function|nil on_error
-- @param err
-- @tparam table what
function M.tell(on_error, err, what)
  if on_error then return observers.tell("on_error", on_error, err, what) end
  local lead = unheard[what.source]
  local trace = what.traceback and what.traceback:match("stack traceback:.*")
  if lead then observers.complain(lead .. errors.text(err), trace) end
end

return M
