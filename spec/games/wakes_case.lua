-- SPDX-License-Identifier: MIT
-- The program of wakes_spec: one message, or one call, after another, each waited for; in between a moment of another
-- length each time, so that its end meets every place of the waiting.
--   lua spec/games/wakes_case.lua URL WAIT
local signalr = require "azure.signalr"
local curl = require "azure.signalr.curl"

local LONG = 20 -- seconds; what is waited for here takes thousandths of one
local client = signalr.new { endpoint = arg[1], access_key = "key", io_thread = true, retry = false, timeout = 60 }
local hub = client:hub "chat"

local waits = {}

function waits.drain()
  assert(hub:enqueue "m")
  return function() assert(client:drain(LONG)) end
end

function waits.step()
  assert(hub:enqueue "m")
  return function()
    while client:queue_stats().pending > 0 do client:step(LONG) end
  end
end

function waits.wait()
  local handle = client:spawn(function() return hub:send "m" end)
  return function() assert(select(2, handle:wait(LONG))) end
end

-- Both at once: the end of the call ends no wait for the message.
function waits.run()
  assert(hub:enqueue "m")
  client:spawn(function() assert(hub:send "m") end)
  return function()
    client:run()
    assert(client:queue_stats().pending == 0)
  end
end

assert(hub:send "warm")
for i = 1, 300 do
  local wait = waits[arg[2]]()
  local moment = curl.monotonic() + (i * 37 % 300) * 1e-6
  repeat until curl.monotonic() > moment
  local started = curl.monotonic()
  wait()
  assert(curl.monotonic() - started < LONG, "waited on, with nothing to wait for, in round " .. i)
end
client:close()
print "fine"
