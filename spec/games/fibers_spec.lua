-- SPDX-License-Identifier: MIT
-- Hosts that switch stacks (Tarantool): a fiber waits from whatever depth, also inside a function that a step resumed.
local c_host = require "spec.support.c_host"
local host = require "spec.games.host"

host.describe(describe, "fibers of a host that switches stacks", function(kind)
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)

  local function run(case)
    return c_host.run("fibers", "spec/games/fibers_case.lua", server.url, tostring(kind.io_thread), case)
  end

  it("wait in the host's way, wherever the call is made, after client:adopt{ stackful = true }", function()
    assert.equal("sent 48, slept 6, at once 6, wrapped 6, sorted 6, inside 6, waited 6\n", run "adopt")
  end)

  it("are told that client:adopt needs stackful, instead of blocking the whole host without a word", function()
    local before = server.requests "chat"
    assert.equal("refused 48, asked 0, sent 0\n", run "refused")
    assert.equal(before, server.requests "chat")
  end)

  it("may switch inside spawned functions: no step of another fiber throws, and all of them end", function()
    assert.equal("ended 48, direct 48\n", run "switching")
    assert.equal("ended 48, direct 48\n", run "switching_adopted")
  end)

  it("go on being told of errors while one of them waits inside on_error", function()
    assert.equal("told 48\n", run "on_error")
  end)

  it("may switch inside the functions of signalr.all, and nobody is forgotten", function()
    assert.equal("at once 48, spawned 48\n", run "all")
  end)

  it("cannot wait in a hook for the step that they are in the middle of", function()
    assert.equal("told 48, refused 48\n", run "hook")
  end)
end)
