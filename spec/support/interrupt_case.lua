-- SPDX-License-Identifier: MIT
-- The program of curl_transport_spec: blocks, gets the signal of Ctrl-C after a moment, and must notice soon.
--   lua spec/support/interrupt_case.lua send|sleep URL THREADED
local support = require "spec.support.pool"
local transport = require("azure.signalr.transport.curl").new { io_thread = arg[3] == "true" }

local pid = io.open("/proc/self/stat"):read("*n")
local req = support.request(arg[2], "sleep(60)")
req.deadline = transport:now() + 60
local started = transport:now()
local fine, message = pcall(function()
  os.execute(("(sleep 0.3; kill -INT %d) >/dev/null 2>&1 &"):format(pid))
  if arg[1] == "send" then return transport:send(req) end
  return transport:sleep(60)
end)
assert(not fine and message:find("interrupted", 1, true), message)
assert(transport:now() - started < 30)
transport:close()
print "interrupted"
