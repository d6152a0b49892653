-- SPDX-License-Identifier: MIT
-- After a fork the child says nothing on the parent's connections, whatever it does with what it inherited.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

-- Connections that the server sees: the parent's, and the child's where the child talks.
local CASES = { close = 1, collect = 1, leave = 1, use = 2, again = 3, flight = 6 }

local OPTIONS = "{ ca_file = 'build/certs/ca.pem' }"

describe("curl pool, fork", function()
  for _, options in ipairs { OPTIONS, OPTIONS:gsub("}", ", io_thread = true }", 1), "{}" } do
    for case, connections in pairs(CASES) do
      it(("leaves the parent's connection alone: %s, %s"):format(case, options), function()
        local server = raw_server.start { tls = options ~= "{}" and "server" or nil }
        -- The child leaves libcurl's memory alone on purpose; a leak checker may not know that.
        local fine, out = pcall(support.lua, { "spec/support/fork_case.lua", server.url, case, options },
          { ASAN_OPTIONS = "detect_leaks=0" })
        local opened = server:count "open"
        server:stop()
        assert.is_true(fine, out)
        assert.equal("true\n", out)
        assert.equal(connections, opened)
      end)
    end
  end
end)
