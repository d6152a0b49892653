-- SPDX-License-Identifier: MIT
-- core.guard: what is collected says its last word on standard error.
local core = require "azure.signalr.core"
local support = require "spec.support.pool"

local function run(code, ...)
  return support.lua { "-e", 'local guard = require("azure.signalr.core").guard\n' .. code, ... }
end

describe("core.guard", function()
  it("tells when the state ends, also where a sandbox has no newproxy, io or debug", function()
    assert.are.equal("azure.signalr: 3 messages\n", run [[
      newproxy, io, debug = nil, nil, nil
      kept = guard(function() return 3 .. " messages" end)
    ]])
  end)

  it("tells when it is collected, once", function()
    assert.are.equal("azure.signalr: gone\nend\n", run [[
      guard(function() return "gone" end)
      collectgarbage() collectgarbage()
      print "end"
    ]])
  end)

  it("says nothing once it is disarmed, or where there is nothing to tell", function()
    assert.are.equal("azure.signalr.guard (armed)\nazure.signalr.guard (disarmed)\n", run [[
      local g = guard(function() return "gone" end)
      print(g)
      g:disarm() g:disarm()
      print(g)
      guard(function() end)
      guard(function() return 5 end)
    ]])
  end)

  it("may refer to what it guards, and be kept by it", function()
    assert.are.equal("azure.signalr: 7\nend\n", run [[
      do
        local queue = { pending = 7 }
        queue.guard = guard(function() return tostring(queue.pending) end)
      end
      collectgarbage() collectgarbage()
      print "end"
    ]])
  end)

  it("does not hide that it could not tell", function()
    assert.matches("^azure.signalr: something was lost, and cannot be told %(.-oops%)\n$", run [[
      guard(function() error "oops" end)
    ]])
  end)

  it("throws at misuse", function()
    assert.has_error(function() core.guard() end, "tell must be a function, got nil")
    assert.has_error(function() core.guard("x") end, "tell must be a function, got string")
  end)
end)
