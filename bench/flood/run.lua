-- SPDX-License-Identifier: MIT
-- How long others wait while one client sends to the emulator without pause: small requests over a kept and over a new
-- connection, and SIGTERM. Started by make flood.
--   luajit bench/flood/run.lua [KIND]
local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"
local process = require "spec.support.process"

local SECONDS, PAUSE, GIVE_UP = 3, 0.01, 20

local KINDS = {
  "hub pings", "hub pings, many in a frame", "WebSocket pings", "invocations of 60 KB", "small invocations",
  "small invocations in MessagePack", "an invocation with 500,000 integers", "fragments of one byte",
  "bodies of 500,000 integers", "bodies of 500,000 integers in MessagePack", "bodies in chunks of one byte",
  "small sends",
}

-- Milliseconds for one small request.
local function wait_of(one)
  local began = cqueues.monotime()
  local answer = one:rest("HEAD", "/api/hubs/chat/users/nobody")
  assert(answer and answer.status == 404, "the small request was not answered")
  return (cqueues.monotime() - began) * 1000
end

local function new_connection(child)
  local one = peer.connect(child)
  one.wire:settimeout(GIVE_UP)
  return one
end

local function probe(child)
  local kept, waits = new_connection(child), {}
  local till = cqueues.monotime() + SECONDS
  while cqueues.monotime() < till do
    waits[#waits + 1] = wait_of(kept)
    cqueues.sleep(PAUSE)
    local began, one = cqueues.monotime(), new_connection(child)
    wait_of(one)
    waits[#waits + 1] = (cqueues.monotime() - began) * 1000
    one:close()
    cqueues.sleep(PAUSE)
  end
  kept:close()
  table.sort(waits)
  return waits
end

-- Seconds from SIGTERM to the end of the process.
local function terminate(child)
  local file = assert(io.open(child.process.pid_path))
  local pid = file:read "*l"
  file:close()
  local began = cqueues.monotime()
  assert(process.run { "kill", "-TERM", pid })
  repeat
    cqueues.sleep(0.02)
    local there = io.open("/proc/" .. pid .. "/stat")
    if there then there:close() end
  until not there or cqueues.monotime() > began + GIVE_UP
  return cqueues.monotime() - began
end

local function run(kind)
  local child = emulator.start("--quiet")
  local sender = process.start { "env", "LUA_PATH=" .. package.path, "luajit", "bench/flood/sender.lua",
    tostring(child.port), child.access_key, kind, tostring(SECONDS + GIVE_UP) }
  assert(sender:await(function(line) return line == "sending" or nil end))
  local waits = probe(child)
  local last = sender:next_line()
  assert(not last, "the emulator did not take what was sent: " .. tostring(last))
  local ended = terminate(child)
  print(("%-44s %5d %8.1f %8.1f %8.1f %8.2f"):format(kind, #waits, waits[math.ceil(#waits / 2)],
    waits[math.ceil(#waits * 0.99)], waits[#waits], ended))
  sender:stop()
  child:stop()
  return waits[#waits], ended
end

print(("%-44s %5s %8s %8s %8s %8s"):format("while one client sends", "asked", "p50 ms", "p99 ms", "max ms", "TERM s"))
local worst, longest = 0, 0
for _, kind in ipairs(arg[1] and { arg[1] } or KINDS) do
  local wait, ended = run(kind)
  worst, longest = math.max(worst, wait), math.max(longest, ended)
end
print(('figures: {"worst_wait_ms":%.1f,"sigterm_s":%.2f}'):format(worst, longest))
