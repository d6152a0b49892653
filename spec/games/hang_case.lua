-- SPDX-License-Identifier: MIT
-- The program of hang_spec: a client of an endpoint whose name takes half a minute to resolve.
--   lua spec/games/hang_case.lua CASE MODE        MODE: blocking, spawned or io_thread
local signalr = require "azure.signalr"
local curl = require "azure.signalr.curl"

local case, mode = arg[1], arg[2]
local LIMIT = 5 -- seconds, for whatever ends something

local function quick(what, fn, ...)
  local started = curl.monotonic()
  local result = fn(...)
  local took = curl.monotonic() - started
  assert(took < LIMIT, ("%s took %.3f s"):format(what, took))
  return result
end

local client = signalr.new {
  endpoint = "http://hang.test", access_key = "key", retry = false, timeout = 60, io_thread = mode == "io_thread",
}
local hub = client:hub "chat"

-- A call that ends within the limit of its deadline, in each mode.
local function deadline()
  local started = curl.monotonic()
  local ok, err
  local call = hub:with { timeout = 0.2 }
  if mode == "blocking" then
    ok, err = call:send "x"
  else
    local fine
    fine, ok, err = client:spawn(function() return call:send "x" end):wait(60)
    assert(fine)
  end
  local took = curl.monotonic() - started
  assert(ok == nil and err.kind == "timeout" and err.sent == "no", tostring(err))
  assert(took < LIMIT, took)
end

local function begin()
  local handles = {}
  for i = 1, 3 do handles[i] = client:spawn(function() return hub:send "x" end) end
  for _ = 1, 5 do assert(client:step(0.01) == 3) end
  return handles
end

local cases = {}

cases.deadline = deadline

function cases.cancel()
  local handles = begin()
  for _, handle in ipairs(handles) do
    quick("cancel", handle.cancel, handle)
    assert(handle:done())
  end
  quick("run", client.run, client)
end

function cases.step()
  begin()
  for _ = 1, 20 do quick("step(0)", client.step, client, 0) end
end

function cases.close()
  if mode == "blocking" then deadline() else begin() end
  quick("close", client.close, client)
end

function cases.collect()
  if mode == "blocking" then deadline() else begin() end
  quick("collection", function()
    client, hub = nil, nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
  end)
end

function cases.lua_close()
  if mode == "blocking" then deadline() else begin() end
end

cases[case]()
io.write(("%.9f\n"):format(curl.monotonic()))
io.flush()
os.exit(0, true) -- closes the state, with requests in flight; the resolver's threads still run
