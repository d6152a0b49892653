-- SPDX-License-Identifier: MIT
-- Handles end up in logs and crash reports, with all that they refer to: no key and no token may be there.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

describe("a dump of a client's handles, after calls of every way,", function()
  for _, io_thread in ipairs { "false", "true" } do
    for _, kind in ipairs { "access_key", "token_provider" } do
      it(("shows nothing secret (%s, io_thread = %s)"):format(kind, io_thread), function()
        local server = raw_server.start()
        local said = support.lua { "spec/support/dump_case.lua", server.url, kind, io_thread }
        assert.are.equal(("seen: Bearer eyJhbGciOiJIUzI1NiJ9.eyJh\n"):rep(2), said)
        server:stop()
      end)
    end
  end
end)
