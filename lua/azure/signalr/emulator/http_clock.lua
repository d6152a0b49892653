-- SPDX-License-Identifier: MIT
-- Unix time with a fraction. os.time has whole seconds only and the monotonic
-- clock stands still while a laptop sleeps, so each corrects the other.
local cqueues = require "cqueues"

local M = {}

--- Makes a clock.
-- @treturn function () -> unix seconds
function M.new()
  local offset = os.time() - cqueues.monotime()
  return function()
    local wall, now = os.time(), cqueues.monotime() + offset
    if now < wall or now >= wall + 1 then
      now = now < wall and wall or wall + 0.999
      offset = now - cqueues.monotime()
    end
    return now
  end
end

return M
