-- SPDX-License-Identifier: MIT
-- A process may fork while a client makes its TLS connections: the child has no lock that a thread of the parent's
-- held.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

describe("a fork in the middle of TLS handshakes", function()
  for _, io_thread in ipairs { "true", "false" } do
    it("hangs neither child nor parent, io_thread = " .. io_thread, function()
      local server = raw_server.start {
        tls = "server", on_request = [[write("HTTP/1.1 202 x\r\nContent-Length: 0\r\n\r\n")]],
      }
      -- The child leaves libcurl's memory alone on purpose; a leak checker may not know that.
      local words = { "spec/transport/fork_tls_case.lua", server.url, io_thread == "true" and 120 or 10, io_thread }
      local fine, out = pcall(support.lua, words, { ASAN_OPTIONS = "detect_leaks=0" })
      server:stop()
      assert.is_true(fine, out)
      assert.are.equal("fine\n", out)
    end)
  end
end)
