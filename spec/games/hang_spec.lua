-- SPDX-License-Identifier: MIT
-- A name that does not resolve holds nobody: getaddrinfo takes half a minute here, in every way of
-- calling.
local curl = require "azure.signalr.curl"
local posix = require "spec.support.posix"
local support = require "spec.support.pool"

describe("a resolver that hangs", function()
  local preload

  setup(function()
    local sanitizers = os.getenv "LD_PRELOAD"
    preload = (sanitizers and sanitizers .. " " or "") .. posix.library()
  end)

  local function run(case, mode)
    local out = support.lua({ "spec/games/hang_case.lua", case, mode }, { LD_PRELOAD = preload, SPEC_HANG = "30" })
    return curl.monotonic() - tonumber(out:match "^([%d.]+)\n$")
  end

  for _, mode in ipairs { "blocking", "spawned", "io_thread" } do
    for _, case in ipairs { "deadline", "cancel", "step", "close", "collect", "lua_close" } do
      if mode ~= "blocking" or case ~= "cancel" and case ~= "step" then
        it(("does not hold %s, %s"):format(case, mode), function()
          local took = run(case, mode)
          assert.is_true(took < 10, ("the state took %.3f s to close"):format(took))
        end)
      end
    end
  end
end)
