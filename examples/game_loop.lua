-- SPDX-License-Identifier: MIT
-- A game server's loop: 60 ticks a second, 200 players whose positions go out in every tick, through a client whose
-- work is done by a thread of its own. Prints what the library took of each tick.
--   lua examples/game_loop.lua [SECONDS [CONNECTION_STRING]]
-- Without a connection string, in a checkout (make -s env), it starts the emulator over TLS for itself, and a real
-- client that reads along; both are processes of their own.
local signalr = require "azure.signalr"

local SECONDS, PLAYERS, RATE = tonumber(arg[1] or 10), 200, 60
local connection_string, ca_file = arg[2], nil

-- ---- what is around the game

package.path = "./?.lua;" .. package.path
local in_checkout = package.searchpath == nil or package.searchpath("spec.support.emulator", package.path)

local emulator, reader
if not connection_string and not in_checkout then
  io.stderr:write("give a connection string: the emulator is started in a checkout alone\n")
  os.exit(1)
end
if not connection_string then
  local process = require "spec.support.process"
  assert(process.run { "sh", "spec/support/make_certs.sh", "build/certs" })
  ca_file = "build/certs/ca.pem"
  emulator = require("spec.support.emulator").start("--quiet", "--tls-cert", "build/certs/server.pem", "--tls-key",
    "build/certs/server.key")
  connection_string = emulator.connection_string
end

local failures = 0
local client = signalr.new {
  connection_string = connection_string, ca_file = ca_file,
  io_thread = true, -- TLS, names and curl's work leave the tick
  ordered = true, -- positions must not overtake each other
  queue_policy = "drop_oldest", queue_limit = 600, -- old positions are worth nothing
  on_error = function(err, what)
    failures = failures + 1
    io.stderr:write(what.source, ": ", tostring(err), "\n")
  end,
}
local hub = client:hub "game"
local arena = hub:group "arena"

if emulator then
  local place = hub:negotiate { user_id = "reader" }
  reader = require("spec.support.hub_client").connect(place, "--ca-file", ca_file)
  assert(arena:add(reader.connection_id))
end

-- ---- the game

local players = {}
for i = 1, PLAYERS do players[i] = { id = i, x = i, y = 0, vx = i % 7 - 3, vy = i % 5 - 2 } end

local function simulate(dt)
  for i = 1, PLAYERS do
    local p = players[i]
    p.x, p.y = p.x + p.vx * dt, p.y + p.vy * dt
  end
end

local positions = signalr.array({}, PLAYERS * 3)
local function snapshot()
  for i = 1, PLAYERS do
    local p = players[i]
    positions[3 * i - 2], positions[3 * i - 1], positions[3 * i] = p.id, math.floor(p.x * 10), math.floor(p.y * 10)
  end
  return positions
end

local answers = 0
-- Once a second the game asks something, and goes on while it waits for the answer.
local function ask()
  client:spawn(function()
    local there, err = arena:exists()
    if err then error(err, 0) end
    answers = answers + (there and 1 or 0)
  end)
end

-- All that the library does in a tick. Arguments are encoded at the call: the table may change right after it.
local function talk(n, snap)
  client:step(0)
  assert(arena:enqueue("positions", n, snap))
  if n % RATE == 1 then ask() end
end

local ticks = SECONDS * RATE
local wall, cpu = {}, {} -- of the process, the client's thread with it
local started = client:now()
for n = 1, ticks do
  simulate(1 / RATE)
  local snap = snapshot()
  local w, c = client:now(), os.clock()
  talk(n, snap)
  wall[n], cpu[n] = client:now() - w, os.clock() - c
  client:sleep(math.max(0, started + n / RATE - client:now())) -- a host waits in its own way
end

local drained, undelivered = client:drain(5)
client:run()

-- ---- what came of it

local function distribution(name, list)
  table.sort(list)
  local function at(share) return list[math.max(1, math.ceil(share * #list))] * 1e6 end
  print(("in the library for each tick, %-4s (microseconds): p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f")
    :format(name, at(0.5), at(0.9), at(0.99), at(0.999), at(1)))
end

local stats = client:queue_stats()
print(("%d ticks at %d Hz, %d players; %d snapshots accepted, %d delivered, %d dropped for newer ones, %d failed")
  :format(ticks, RATE, PLAYERS, stats.accepted, stats.delivered, stats.dropped, failures))
distribution("cpu", cpu)
distribution("wall", wall)
if not drained then print(tostring(undelivered)) end

if reader then
  assert(arena:send("positions", "fence"))
  reader:await("invocation", function(event) return event.arguments == '["fence"]' end)
  local seen, last, in_order = 0, 0, true
  for _, event in ipairs(reader.seen) do
    local n = event.target == "positions" and tonumber(event.arguments:match "^%[(%d+),")
    if n then
      seen, in_order, last = seen + 1, in_order and n > last, n
    end
  end
  print(("the reader saw %d snapshots, %s, the last one of tick %d; %d answers of %d"):format(seen,
    in_order and "in order" or "out of order", last, answers, math.ceil(SECONDS)))
  assert(in_order and seen == stats.delivered and failures == 0)
  reader:stop()
end
client:close()
if emulator then emulator:stop() end
