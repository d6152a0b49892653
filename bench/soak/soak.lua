-- SPDX-License-Identifier: MIT
-- Many requests in every way of calling, some of them given up. After the first tenth, resident memory must not grow by
-- more than 2 %, what malloc has given out not by 512 KiB (3 bytes a request), and no descriptor may be left open: by
-- the kernel's count there are no more than the connections need that the pool counts, and after closing none.
--   lua bench/soak/soak.lua URL plain|io_thread REQUESTS
local curl = require "azure.signalr.curl"
local descriptors = require "spec.support.descriptors"
local measure = require "bench.tick.measure"
local signalr = require "azure.signalr"

local url, mode, total = arg[1], arg[2], tonumber(arg[3])
local GROWTH, LEAK = 1.02, 512 * 1024
local CONNECTIONS = 64
local EACH = 3 -- descriptors of a connection: its socket, and two that libcurl wakes itself with
local OWN = 3 -- descriptors of a pool: its set, and two flags of a thread

local client = signalr.new {
  endpoint = url, access_key = "key", io_thread = mode == "io_thread", ca_file = "build/certs/ca.pem",
  max_connections = CONNECTIONS,
  on_error = function(err, what) error(tostring(err) .. " " .. tostring(what.source)) end,
}
local hub = client:hub "chat"
local unused = descriptors.count()

local sent = 0
local function counted(ok, err)
  assert(ok, err)
  sent = sent + 1
end

local function round(n)
  local handles = {}
  for i = 1, 300 do
    handles[i] = client:spawn(function() counted(hub:user("u" .. i % 50):send("move", n, i, "x")) end)
  end
  for i = 1, 300 do counted(hub:group("g" .. i % 20):enqueue("move", n, i)) end
  for i = 1, 20 do counted(hub:send("tick", n, i)) end
  for i = 1, 2 do -- each takes a connection and its TLS session along
    local gone = client:spawn(function() hub:connection("c" .. i):send("never mind") end)
    if i % 2 == 0 then client:step(0) end
    gone:cancel()
  end
  for _, r in ipairs((hub:users({ "a", "b", "c", "d" }):send("news", n))) do counted(r.ok, r.err) end
  client:run()
  for _, handle in ipairs(handles) do assert(handle:result()) end
end

-- Opens all connections that there may be, so that as many are there at each look.
local function fill(count)
  for i = 1, count do client:spawn(function() counted(hub:user("u" .. i):send("all at once")) end) end
  client:run()
end

fill(1000)
local started, n, base, most, reported = curl.monotonic(), 0, nil, 0, 0
while sent < total do
  n = n + 1
  round(n)
  if sent >= reported + total / 10 or sent >= total then
    reported = sent
    fill(256)
    collectgarbage()
    collectgarbage()
    local open = descriptors.count()
    local resident, allocated = measure.resident(), measure.allocated() or 0
    local known = client.context.transport.pool:stats().sockets
    base = base or { resident = resident, allocated = allocated }
    most = math.max(most, resident)
    print(("%-10s %7d requests  %6.1f s  %7.0f KiB resident  %6.0f KiB in Lua  %3d descriptors"):format(mode, sent,
      curl.monotonic() - started, resident / 1024, collectgarbage "count", open))
    assert(known <= CONNECTIONS and open <= unused + OWN + known * EACH,
      ("%d descriptors, %d before the first request, %d connections"):format(open, unused, known))
    assert(allocated <= base.allocated + LEAK, "memory leaks")
  end
end
local stats = client:queue_stats()
assert(stats.accepted == stats.delivered, "messages were lost")
print(("%-10s grew by %.2f %% after the first tenth"):format(mode, (most / base.resident - 1) * 100))
assert(most <= base.resident * GROWTH, "memory grew by more than 2 %")
client:close()
assert(descriptors.count() <= unused, "closing left descriptors open")
