-- SPDX-License-Identifier: MIT
-- The program of fork_tls_spec: again and again a client is in the middle of making its TLS connections when the
-- process forks; then both go on, the child with what it inherited.
--   lua spec/transport/fork_tls_case.lua URL ROUNDS IO_THREAD
local curl = require "azure.signalr.curl"
local posix = require "spec.support.posix"
local signalr = require "azure.signalr"

local url, rounds, io_thread = arg[1], tonumber(arg[2]), arg[3] == "true"
local CALLS = 12
local LONG = 30 -- seconds after which a child that hangs is ended

local function open()
  return signalr.new {
    endpoint = url, access_key = "key", ca_file = "build/certs/ca.pem", timeout = LONG, io_thread = io_thread,
    on_error = function(err) error(tostring(err)) end,
  }
end

-- Calls in flight are the parent's, and so are its messages; new ones are the child's own.
local function child(client, handles)
  posix.alarm(LONG)
  client:run()
  for _, handle in ipairs(handles) do
    local ran, ok, err = handle:result()
    assert(ran and (ok or err.kind == "closed"), tostring(err))
  end
  assert(client:hub("chat"):send "from the child")
  assert(client:hub("chat"):enqueue "from the child" and client:drain(LONG))
  client:close()
  os.exit(0, true)
end

for round = 1, rounds do
  local client = open()
  local hub, handles = client:hub "chat", {}
  for i = 1, CALLS do assert(hub:enqueue("m", i)) end
  for i = 1, CALLS do handles[i] = client:spawn(function() return hub:send("m", i) end) end
  local moment = curl.monotonic() + (round * 37 % 60) * 1e-4 -- up to 6 ms
  repeat client:step(0) until curl.monotonic() > moment
  local pid = posix.fork()
  if pid == 0 then
    local fine, problem = pcall(child, client, handles)
    if not fine then io.stderr:write(tostring(problem), "\n") end
    os.exit(1, false)
  end
  client:run()
  assert(client:drain(LONG))
  for _, handle in ipairs(handles) do assert(select(2, handle:result())) end
  client:close()
  local status = posix.wait(pid)
  assert(status == 0, ("in round %d the child ended with %d"):format(round, status))
end
print "fine"
