-- SPDX-License-Identifier: MIT
-- The client inside a loop of one's own around poll(2).
--   lua examples/loop_poll.lua CONNECTION_STRING
local signalr = require "azure.signalr"

-- Stands for the host's own poll, epoll, select or kqueue: this one is the library's, and not for programs.
local poll = require("azure.signalr.curl").poll

local client = signalr.new(arg[1] or os.getenv "AZURE_SIGNALR_CONNECTION_STRING")
local chat = client:hub "chat"

local left, sent, ticks = 5, 0, 0

for i = 1, left do
  client:spawn(function()
    if chat:send("news", i) then sent = sent + 1 end
    client:sleep(0.05)
    if chat:group("lobby"):send("news", i) then sent = sent + 1 end
    left = left - 1
  end)
end

local TICK = 0.01
local next_tick = client:now()
while left > 0 do
  -- Not longer than until the host's own next work, nor than the client wants to sleep.
  local wait = math.max(0, next_tick - client:now())
  poll({ client:pollfd() }, math.min(wait, client:timeout() or wait))
  client:step(0)
  if client:now() >= next_tick then
    ticks = ticks + 1
    next_tick = next_tick + TICK
  end
end

client:close()
print(("sent %d of 10, %s"):format(sent, ticks > 3 and "the loop went on" or "the loop stood still"))
