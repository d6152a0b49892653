-- SPDX-License-Identifier: MIT
--- Runs inside the nginx under test: sends a number of messages with so many at a time, and says what they cost this
-- worker: seconds and seconds of CPU.
local cjson = require "cjson"
local ffi = require "ffi"
local peer = require "bench.resty.peer"
local signalr = require "azure.signalr"

local M = {}

ffi.cdef [[
typedef struct { long sec, usec; } bench_time;
typedef struct { bench_time user, sys; long rest[14]; } bench_usage;
int bench_getrusage(int who, bench_usage *out) __asm__("getrusage");
]]

local usage = ffi.new "bench_usage"

local function cpu()
  ffi.C.bench_getrusage(0, usage)
  return tonumber(usage.user.sec + usage.sys.sec) + tonumber(usage.user.usec + usage.sys.usec) * 1e-6
end

local function wall()
  ngx.update_time()
  return ngx.now()
end

local KEY = ("k"):rep(44)

local ways = {}

--- @tparam number port of the sink
function M.setup(port)
  local chat = signalr.new {
    endpoint = "http://127.0.0.1:" .. ("%d"):format(port), access_key = KEY, retry = false,
  }:hub("chat")
  function ways.ours(i) return chat:send("newMessage", "alice", { text = "hello, everybody", n = i }) end
  local hand = peer.new("127.0.0.1", port, KEY)
  local signing = peer.new("127.0.0.1", port, KEY, 0)
  function ways.signing(i) return signing:send("chat", "newMessage", "alice", { text = "hello, everybody", n = i }) end
  function ways.hand(i) return hand:send("chat", "newMessage", "alice", { text = "hello, everybody", n = i }) end
end

local function worker(send, count)
  for i = 1, count do
    local ok, why = send(i)
    if not ok then error(tostring(why)) end
  end
end

local function round(send, count, at_a_time)
  local each, threads = math.floor(count / at_a_time), {}
  local began, cpu_before = wall(), cpu()
  for i = 1, at_a_time do threads[i] = ngx.thread.spawn(worker, send, each) end
  for i = 1, at_a_time do assert(ngx.thread.wait(threads[i])) end
  return wall() - began, cpu() - cpu_before, each * at_a_time
end

--- Handler: /run?who=ours&n=10000&c=64
function M.run()
  local args = ngx.req.get_uri_args()
  local seconds, used, count = round(ways[args.who], tonumber(args.n), tonumber(args.c))
  ngx.say(cjson.encode { rps = count / seconds, cpu_us = used / count * 1e6 })
end

return M
