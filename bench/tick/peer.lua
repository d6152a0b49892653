-- SPDX-License-Identifier: MIT
-- What the scenes have in common: the sink's controls, the client, and how a line is printed.
local curl = require "azure.signalr.curl"
local signalr = require "azure.signalr"

local M = { url = arg[1], mode = arg[2], count = tonumber(arg[3]), figures = arg[4] }

local controls = curl.pool { verify = false }

local function ask(method, path)
  local ticket = assert(controls:submit { method = method, url = M.url .. path, timeout = 10 })
  repeat until controls:wait(ticket, 10)
  return assert(controls:collect(ticket)).body
end

--- Lets the sink answer so many of the requests that it holds; 0: none from now on.
function M.release(n) ask("POST", ("/release/%d"):format(n)) end

--- How many messages the sink has answered.
function M.answered() return tonumber(ask("GET", "/count")) end

function M.client(options)
  local all = {
    endpoint = M.url, access_key = "key", io_thread = M.mode == "io_thread", timeout = 600, retry = false,
    max_in_flight = 20000, queue_limit = 20000, verify = false,
  }
  for name, value in pairs(options or {}) do all[name] = value end
  return signalr.new(all)
end

local function row(name, clock, p)
  print(("%-10s %6d  %-22s %-5s %9.2f %9.2f %9.2f %9.2f"):format(M.mode, M.count, name, clock, p.p50, p.p99, p.p999,
    p.max))
end

--- Prints the two lines of a set of samples and returns its summary.
function M.print(name, samples)
  local summary = samples:summary()
  row(name, "cpu", summary.cpu)
  row("", "wall", summary.wall)
  return summary
end

--- Leaves a figure for the last line.
function M.figure(name, value)
  local file = assert(io.open(M.figures, "a"))
  file:write(("%s %d %s %.17g\n"):format(M.mode, M.count, name, value))
  file:close()
end

--- Steps for a while, so that connections are made and nothing is left to find.
function M.settle(client)
  local deadline = curl.monotonic() + 0.3
  while curl.monotonic() < deadline do client:step(0.02) end
end

return M
