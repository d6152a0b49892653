-- SPDX-License-Identifier: MIT
-- The program of curl_fork_spec: makes a connection, forks, and shows that the parent's connection lives on.
--   lua spec/support/fork_case.lua URL CASE OPTIONS   (OPTIONS: what curl.pool takes, as Lua)
local curl = require "azure.signalr.curl"
local descriptors = require "spec.support.descriptors"
local posix = require "spec.support.posix"
local support = require "spec.support.pool"

local url, case = arg[1], arg[2]
local options = assert((loadstring or load)("return " .. (arg[3] or "{}")))() -- luacheck: ignore

local function get(pool, script)
  return assert(support.fetch(pool, url .. "/", script or "ok()"))
end

local cases = {}

function cases.close(pool)
  pool:close()
end

function cases.collect()
end

-- The child goes on with what it inherited: on a connection of its own.
function cases.use(pool)
  assert(descriptors.tcp() == 1)
  assert(pool:in_flight() == 0) -- the first call after the fork closes what was inherited
  assert(descriptors.tcp() == 0, "an inherited socket is still open")
  assert(get(pool).reused == false)
  assert(descriptors.tcp() == 1)
  assert(get(pool).reused == true)
end

-- A child of the child.
function cases.again(pool)
  get(pool)
  local pid = posix.fork()
  if pid == 0 then
    get(pool)
    os.exit(0, true)
  end
  assert(posix.wait(pid) == 0)
  assert(get(pool).reused == true)
end

-- The child leaves at once, as a process does that never knew of the pool.
function cases.leave()
  os.exit(0, false)
end

-- With requests in flight: they are the parent's, and fail in the child.
function cases.flight(pool, tickets)
  assert(pool:in_flight() == 0)
  for _ = 1, #tickets do
    local ticket = assert(pool:poll_finished())
    local reply, failure = pool:collect(ticket)
    assert(not reply and failure.kind == "closed" and failure.message:find "fork")
  end
  get(pool)
end

local pool = curl.pool(options)
get(pool)
local tickets = {}
if case == "flight" then
  for i = 1, 5 do tickets[i] = pool:submit(support.request(url .. "/", "sleep(1) ok('" .. i .. "')")) end
  for _ = 1, 5 do pool:step(0.01) end
end
local pid = posix.fork()
if pid == 0 then
  cases[case](pool, tickets)
  pool = nil -- luacheck: ignore
  collectgarbage()
  collectgarbage()
  os.exit(0, true)
end
local status = posix.wait(pid)
assert(status == 0, "the child ended with " .. status)
for i, ticket in ipairs(tickets) do
  assert(pool:wait(ticket, 60))
  assert(pool:collect(ticket).body == tostring(i))
end
local reply = get(pool)
pool:close()
print(reply.reused)
