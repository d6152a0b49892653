-- SPDX-License-Identifier: MIT
-- The client inside a libuv loop (luv): a poll handle for its descriptor, a timer for its timeout.
--   lua examples/loop_luv.lua CONNECTION_STRING
local uv = require "luv"
local signalr = require "azure.signalr"

local client = signalr.new(arg[1] or os.getenv "AZURE_SIGNALR_CONNECTION_STRING")
local chat = client:hub "chat"

local poll, timer = uv.new_poll(client:pollfd()), uv.new_timer()

-- libuv wants to know before it waits: call this after each step, and after each spawn.
local turn
local function arm()
  if timer:is_closing() then return end
  local timeout = client:timeout()
  timer:stop()
  if timeout then timer:start(math.ceil(timeout * 1000), 0, turn) end
end

function turn()
  client:step(0)
  arm()
end

local function spawn(fn, ...)
  local handle = client:spawn(fn, ...)
  arm()
  return handle
end

local left, sent, ticks = 5, 0, 0
local ticker = uv.new_timer()

local function finish()
  for _, handle in ipairs { poll, timer, ticker } do handle:close() end
end

poll:start("r", turn)
ticker:start(0, 10, function() ticks = ticks + 1 end)

for i = 1, left do
  spawn(function()
    if chat:send("news", i) then sent = sent + 1 end
    client:sleep(0.05)
    if chat:group("lobby"):send("news", i) then sent = sent + 1 end
    left = left - 1
    if left == 0 then finish() end
  end)
end

uv.run()
client:close()
print(("sent %d of 10, %s"):format(sent, ticks > 3 and "the loop went on" or "the loop stood still"))
