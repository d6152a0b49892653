-- SPDX-License-Identifier: MIT
-- The core module at the end of a state, where finalizers still use it.
local support = require "spec.support.pool"

local case = [[
local core = require "azure.signalr.core"
local function finalizer(_)
  core.escape("x") -- makes userdata, to be finalized after this round of finalizers
  local signer = core.signer "key"
  print(core.json_encode{ core.float(1) }, (signer:token("a", 1, 1):match("^[^.]+")))
  signer:close() -- Lua 5.4 never finalizes what is made while the state closes
end
if newproxy then
  kept = newproxy(true)
  getmetatable(kept).__gc = finalizer
else
  kept = setmetatable({}, { __gc = finalizer })
end
]]

describe("the core module", function()
  it("is there as long as anything of it may be finalized", function()
    assert.are.equal("[1.0]\teyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\n", support.lua { "-e", case })
  end)
end)
