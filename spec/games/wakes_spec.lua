-- SPDX-License-Identifier: MIT
-- With io_thread, what ends while a wait begins ends the wait. Locks are taken late here now and then, so that the two
-- meet (spec/support/preload.c).
local posix = require "spec.support.posix"
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

describe("what ends while a wait begins", function()
  local server, preload

  setup(function()
    local sanitizers = os.getenv "LD_PRELOAD"
    preload = (sanitizers and sanitizers .. " " or "") .. posix.library()
    server = raw_server.start { on_request = [[write("HTTP/1.1 202 x\r\nContent-Length: 0\r\n\r\n")]] }
  end)
  teardown(function() server:stop() end)

  for _, wait in ipairs { "drain", "step", "wait", "run" } do
    it("does not hold " .. wait .. " for as long as it may take", function()
      local words = { "spec/games/wakes_case.lua", server.url, wait }
      assert.are.equal("fine\n", support.lua(words, { LD_PRELOAD = preload, SPEC_JITTER = "7" }))
    end)
  end
end)
