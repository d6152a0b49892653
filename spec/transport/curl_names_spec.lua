-- SPDX-License-Identifier: MIT
-- A name that does not resolve holds nobody: getaddrinfo takes half a minute here.
local curl = require "azure.signalr.curl"
local posix = require "spec.support.posix"
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

describe("curl pool, a resolver that hangs", function()
  local preload

  setup(function()
    local sanitizers = os.getenv "LD_PRELOAD"
    preload = (sanitizers and sanitizers .. " " or "") .. posix.library()
  end)

  local function run(case, options, environment)
    environment = environment or {}
    environment.LD_PRELOAD, environment.SPEC_HANG = preload, "30"
    local out = support.lua({ "spec/support/hang_case.lua", case, options }, environment)
    local took = curl.monotonic() - tonumber(out:match "^([%d.]+)\n$")
    assert.is_true(took < 10, ("the process took %.3f s to end"):format(took))
  end

  -- The resolver's thread comes back after the state that started it, and with it the module, has been closed.
  it("does not come back into code that is gone", function()
    local environment = { LD_PRELOAD = preload, SPEC_HANG = "2" }
    assert.equal("still there\n", support.lua({ "spec/support/unload_case.lua" }, environment))
  end)

  for _, options in ipairs { "{}", "{ io_thread = true }" } do
    for _, case in ipairs { "cancel", "deadline", "close", "step" } do
      it(("does not hold %s, collection or the end of the process: %s"):format(case, options), function()
        run(case, options)
      end)
    end

    it("does not hold other requests: " .. options, function()
      local server = raw_server.start()
      local fine, message = pcall(run, "beside", options, { URL = server.url .. "/" })
      server:stop()
      assert.is_true(fine, message)
    end)
  end
end)
