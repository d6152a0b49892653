-- SPDX-License-Identifier: MIT
-- The program of curl_names_spec; the name "hang.test" takes half a minute to resolve.
--   lua spec/support/hang_case.lua CASE [OPTIONS]
local curl = require "azure.signalr.curl"
local support = require "spec.support.pool"

local case = arg[1]
local options = assert((loadstring or load)("return " .. (arg[2] or "{}")))() -- luacheck: ignore

local function quick(what, fn, ...)
  local started = curl.monotonic()
  local result = fn(...)
  local took = curl.monotonic() - started
  assert(took < 5, ("%s took %.3f s"):format(what, took))
  return result
end

local pool = curl.pool(options)
local tickets, limit = {}, { timeout = case == "deadline" and 1 or 60 }
for i = 1, 3 do
  tickets[i] = assert(pool:submit(support.request("http://hang.test/", nil, limit)))
end
for _ = 1, 5 do
  assert(pool:step(0.01) == 3)
end

local cases = {}

function cases.cancel()
  for _, ticket in ipairs(tickets) do
    quick("cancel", pool.cancel, pool, ticket)
    quick("wait", function() assert(pool:wait(ticket, 1)) end)
    local _, failure = quick("collect", function() return select(2, pool:collect(ticket)) end)
    assert(failure == nil or failure.sent == "no")
  end
end

function cases.deadline()
  local started = curl.monotonic()
  for _, ticket in ipairs(tickets) do
    repeat until pool:wait(ticket, 1)
    local _, failure = pool:collect(ticket)
    assert(failure.kind == "timeout" and failure.sent == "no", failure.kind)
  end
  local took = curl.monotonic() - started
  assert(took < 10, took)
end

function cases.close()
  quick("close", pool.close, pool)
end

function cases.step()
  quick("step(0)", pool.step, pool, 0)
end

-- What resolves moves on beside what does not.
function cases.beside()
  local reply = assert(support.fetch(pool, os.getenv "URL"))
  assert(reply.status == 200 and pool:in_flight() == 3)
end

cases[case]()
quick("collection", function()
  pool = nil -- luacheck: ignore
  collectgarbage()
  collectgarbage()
end)
io.write(("%.9f\n"):format(curl.monotonic()))
io.flush()
os.exit(0, true) -- closes the state; the resolver's threads still run
