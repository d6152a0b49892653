-- SPDX-License-Identifier: MIT
-- One way of calling, so many times: what callgrind counts. lua calls.lua block|spawn|enqueue N ENDPOINT
local signalr = require "azure.signalr"

local way, count, endpoint = arg[1], tonumber(arg[2]), arg[3]
local client = signalr.new { endpoint = endpoint, access_key = ("k"):rep(44), retry = false }
local group = client:hub("game"):group("room")
local position = { x = 1.5, y = -2, z = 12 }
local ABREAST = 64

local function send() assert(group:send("moved", 7, "alice", position)) end

local ways = {}

function ways.block()
  for _ = 1, count do send() end
end

function ways.spawn()
  local left = count
  local function worker()
    while left > 0 do
      left = left - 1
      send()
    end
  end
  for _ = 1, ABREAST do client:spawn(worker) end
  while left > 0 do client:step(1) end
  client:run()
end

function ways.enqueue()
  for i = 1, count do
    assert(group:enqueue("moved", 7, "alice", position))
    if i % ABREAST == 0 then assert(client:drain(60)) end
  end
  assert(client:drain(60))
end

ways[way]()
client:close()
