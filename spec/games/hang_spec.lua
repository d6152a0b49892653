-- SPDX-License-Identifier: MIT
-- A name that does not resolve holds nobody: getaddrinfo takes four seconds here, in every way of calling.
local curl = require "azure.signalr.curl"
local posix = require "spec.support.posix"
local support = require "spec.support.pool"

-- The sanitizers look for leaks when a process ends, and take their time.
local LIMIT = os.getenv "LD_PRELOAD" and 0.5 or 0.05

describe("a resolver that hangs", function()
  local preload

  setup(function()
    local sanitizers = os.getenv "LD_PRELOAD"
    preload = (sanitizers and sanitizers .. " " or "") .. posix.library()
  end)

  -- How long an interpreter of this kind takes to end when nothing is in flight.
  local function ending_of_nothing()
    local out = support.lua({ "-e", 'local c = require "azure.signalr.curl" io.write(c.monotonic()) io.flush() '
      .. "os.exit(0, true)" }, { LD_PRELOAD = preload })
    return curl.monotonic() - tonumber(out)
  end

  local function run(case, mode)
    local out = support.lua({ "spec/games/hang_case.lua", case, mode }, { LD_PRELOAD = preload })
    return curl.monotonic() - tonumber(out:match "^([%d.]+)\n$")
  end

  for _, mode in ipairs { "blocking", "spawned", "io_thread" } do
    for _, case in ipairs { "deadline", "cancel", "step", "close", "collect", "lua_close" } do
      if mode ~= "blocking" or case ~= "cancel" and case ~= "step" then
        it(("does not hold %s, %s"):format(case, mode), function()
          local took = run(case, mode)
          if took >= LIMIT then took = math.min(took, run(case, mode)) - ending_of_nothing() end
          assert.is_true(took < LIMIT, ("the state took %.3f s to close"):format(took))
        end)
      end
    end
  end
end)
