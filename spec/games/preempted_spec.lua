-- SPDX-License-Identifier: MIT
-- Hosts that preempt Lua (HAProxy): a coroutine loses its turn after so many instructions, in the middle of whatever it
-- does, and others use the same client meanwhile. Nothing may get stuck, get lost, or come twice.
local host = require "spec.games.host"
local c_host = require "spec.support.c_host"

local expected = {
  spawn = "spawned 96, wrapped 96\n",
  adopt = "sent 96, slept 24, fanned out 16, wrapped 96\n",
  block = "sent 96, at once 16, spawned 96\n",
  queue = "delivered 96, failed 16, pending 0, unreported 0\naccepted 112, told 16\n",
  token_queue = "delivered 96, failed 16, pending 0, unreported 0\naccepted 112, told 16\n",
  cancel = "cancelled 96, told 96\n",
  close = "ended 84, wrong 0\n",
}

local titles = {
  spawn = "get the answers of all functions they spawned",
  adopt = "get all answers that they wait for in the host's way",
  block = "block, and get the answers of all calls, and of those at once",
  queue = "have all messages of the queue delivered or told",
  token_queue = "have all messages of the queue delivered or told, with a token provider that waits",
  cancel = "cancel what the others spawned, and hear of every error once",
  close = "are not left waiting when one of them closes the client",
}

host.describe(describe, "coroutines that a host preempts", function(kind)
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)

  for _, how in ipairs { { "own", 20 }, { "own", 1000 }, { "all", 20 }, { "all", 100 } } do
    local whose, instructions = how[1], how[2]
    for case, title in pairs(titles) do
      it(("%s (%s, every %d instructions)"):format(title, whose, instructions), function()
        local out = c_host.run("preempting", instructions, whose, "spec/games/preempted_case.lua", server.url,
          tostring(kind.io_thread), case)
        assert.equal(expected[case], out)
      end)
    end
  end
end)
