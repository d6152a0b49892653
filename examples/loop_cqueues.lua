-- SPDX-License-Identifier: MIT
-- The client inside a cqueues loop: calls in cqueues' own coroutines wait in cqueues' way.
--   lua examples/loop_cqueues.lua CONNECTION_STRING
local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local signalr = require "azure.signalr"

local client = signalr.new(arg[1] or os.getenv "AZURE_SIGNALR_CONNECTION_STRING")
local chat = client:hub "chat"
local loop = cqueues.new()

-- Whoever waits has a condition of his own; `wake` tells the coroutine that steps that there is more to poll for.
local waiting, wake = {}, condition.new()
client:adopt {
  yield = function(thread)
    waiting[thread] = waiting[thread] or condition.new()
    wake:signal()
    waiting[thread]:wait()
  end,
  resume = function(thread) waiting[thread]:signal() end,
}

local left, sent, ticks = 5, 0, 0

for i = 1, left do
  loop:wrap(function()
    if chat:send("news", i) then sent = sent + 1 end
    client:sleep(0.05)
    if chat:group("lobby"):send("news", i) then sent = sent + 1 end
    left = left - 1
    wake:signal()
  end)
end

-- cqueues asks the client itself: pollfd, events and timeout are its methods.
loop:wrap(function()
  while left > 0 do
    cqueues.poll(client, wake)
    client:step(0)
  end
end)

-- The host's other work goes on meanwhile.
loop:wrap(function()
  while left > 0 do
    ticks = ticks + 1
    cqueues.sleep(0.01)
  end
end)

assert(loop:loop())
client:close()
print(("sent %d of 10, %s"):format(sent, ticks > 3 and "the loop went on" or "the loop stood still"))
