-- SPDX-License-Identifier: MIT
-- This library, in one way of calling: ours.lua WAY HOST PORT TLS CA COUNT ABREAST PATH TOKEN BODY
-- The path, the token and the body are the library's own; its message is the one that the others send.
local cjson = require "cjson"
local signalr = require "azure.signalr"

local unpack = rawget(_G, "unpack") or table.unpack
local way, host, port, tls, ca, count, abreast = unpack(arg, 1, 7)
count, abreast = tonumber(count), tonumber(abreast)

local client = signalr.new {
  endpoint = ("%s://%s:%s"):format(tls == "1" and "https" or "http", host, port), access_key = ("k"):rep(44),
  ca_file = tls == "1" and ca or nil, retry = false, max_connections = abreast, io_thread = way == "io_thread",
  queue_limit = 100000,
}
local group = client:hub("bench"):group("room")
local position = { x = 1.5, y = -2, z = 12 }
local now = client.now and function() return client:now() end or require("azure.signalr.curl").monotonic
local took

local function send()
  local began = now()
  assert(group:send("moved", 7, "alice", position))
  took[#took + 1] = now() - began
end

local ways = {}

function ways.block(n)
  for _ = 1, n do send() end
end

function ways.spawn(n)
  local left = n
  local function worker()
    while left > 0 do
      left = left - 1
      send()
    end
  end
  for _ = 1, abreast do client:spawn(worker) end
  client:run()
end
ways.io_thread = ways.spawn

function ways.enqueue(n)
  local left = n
  while left > 0 do
    local some = math.min(left, 50000)
    for _ = 1, some do assert(group:enqueue("moved", 7, "alice", position)) end
    assert(client:drain(60))
    left = left - some
  end
end

local function rss()
  for line in io.lines("/proc/self/status") do
    local kb = line:match("^VmHWM:%s*(%d+)")
    if kb then return tonumber(kb) end
  end
end

local function round(n)
  took = {}
  collectgarbage()
  local cpu, began = os.clock(), now()
  ways[way](n)
  return now() - began, os.clock() - cpu
end

round(math.min(abreast, count))
local seconds, cpu = round(count)
table.sort(took)
local function at(share)
  local t = took[math.max(1, math.ceil(#took * share))]
  return t and t * 1e6 or 0
end
print(cjson.encode {
  requests = count, seconds = seconds, cpu_us = cpu * 1e6 / count, p50_us = at(0.5), p99_us = at(0.99), rss_kb = rss(),
})
client:close()
