-- SPDX-License-Identifier: MIT
-- Nobody but the process itself has its connections, and what belongs to them: no program that it starts, and no child
-- that has closed its client.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

describe("the descriptors of a client", function()
  for _, io_thread in ipairs { "false", "true" } do
    it("are not inherited, io_thread = " .. io_thread, function()
      local server = raw_server.start { tls = "server", on_request = "sleep(0.05) ok()" }
      -- The child leaves libcurl's memory alone on purpose; a leak checker may not know that.
      local words = { "spec/transport/inherit_case.lua", server.url, io_thread }
      local fine, out = pcall(support.lua, words, { ASAN_OPTIONS = "detect_leaks=0" })
      server:stop()
      assert.is_true(fine, out)
      assert.are.equal("fine\n", out)
    end)
  end
end)
