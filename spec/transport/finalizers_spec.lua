-- SPDX-License-Identifier: MIT
-- A finalizer of the program's own runs whenever the library allocates, and may close or drive the client in the middle
-- of whatever that does: nothing is read that it freed, lost or told twice.
local raw_server = require "spec.support.raw_server"
local support = require "spec.support.pool"

local ANSWERS = [[
  local hub = string.match(path, "hubs/([%w]+)") or "chat"
  sleep((string.match(hub, "^wait(%d+)") or 0) / 1000)
  if string.find(path, "^/big") then
    local head = "HTTP/1.1 200 x\r\nX-Long: " .. string.rep("y", 5000) .. "\r\nContent-Length: 20000\r\n\r\n"
    write(head .. string.rep("z", 20000))
  else
    write("HTTP/1.1 " .. (string.match(hub, "^status(%d+)") or "202") .. " x\r\nContent-Length: 0\r\n\r\n")
  end
]]

local USES = {
  send = "a send", refused = "sends that are refused", spawn = "spawned sends", request = "a large answer",
  enqueue = "enqueue and drain", step = "steps that report", close = "a close that reports",
}
-- The leak checker's own tracer can fall over LuaJIT's end; PUC Lua tells of leaks.
local CHECKER = { ASAN_OPTIONS = rawget(_G, "jit") and "detect_leaks=0" or "detect_leaks=1" }
local ACTS = { { "close", "once" }, { "step", "once" }, { "send", "once" }, { "step", "always" } }

describe("a finalizer that closes, steps or sends", function()
  local server

  setup(function() server = raw_server.start { on_request = ANSWERS } end)
  teardown(function() server:stop() end)

  for use, title in pairs(USES) do
    for _, io_thread in ipairs { "false", "true" } do
      it(("in the middle of %s breaks nothing%s"):format(title, io_thread == "true" and ", io_thread" or ""), function()
        for _, act in ipairs(ACTS) do
          local words = { "spec/support/finalizer_case.lua", server.url, use, act[1], act[2], io_thread }
          assert.are.equal("fine\n", support.lua(words, CHECKER), act[1] .. " " .. act[2])
        end
      end)
    end
  end
end)
