-- SPDX-License-Identifier: MIT
--- Work that grows with what a client sends says here how much of it was done, and gives way to the others from time to
-- time. Without a host (a spec, a fake inside another program) nothing happens.
local M = {}

-- About so many bytes looked at, or the like, between two looks at the clock: well under a millisecond.
local STEP = 16384

local left, rest = STEP, nil

--- Says that something was done. May let other coroutines run, so nothing that they could change is held across it.
-- @tparam number cost bytes; for a thing that takes longer than a byte, as many as take as long
function M.spend(cost)
  left = left - cost
  if left > 0 then return end
  left = STEP
  if rest then rest() end
end

--- Sets what lets others run.
-- @tparam function|nil function called in the coroutine that works; nil for nothing
function M.install(give_way)
  rest = give_way
end

return M
