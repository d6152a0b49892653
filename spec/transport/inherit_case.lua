-- SPDX-License-Identifier: MIT
-- The program of inherit_spec: what does a program have open that is started, or a child that is forked, while a client
-- has connections?
--   lua spec/transport/inherit_case.lua URL IO_THREAD
local descriptors = require "spec.support.descriptors"
local posix = require "spec.support.posix"
local signalr = require "azure.signalr"

-- In a program that os.execute or io.popen starts.
local function inherited()
  local pipe = io.popen "ls -l /proc/self/fd 2>/dev/null"
  local n = 0
  for line in pipe:lines() do
    if line:find "%d+ %->" and not line:find "pipe:" then n = n + 1 end
  end
  pipe:close()
  return n
end

local unused, unused_there = descriptors.count(), inherited()
local client = signalr.new {
  endpoint = arg[1], access_key = "key", ca_file = "build/certs/ca.pem", timeout = 20, io_thread = arg[2] == "true",
}
for i = 1, 20 do client:spawn(function() assert(client:hub("chat"):send("m", i)) end) end
client:run()
assert(descriptors.count() > unused)
local there = inherited()
assert(there == unused_there, ("a program inherits %d descriptors"):format(there - unused_there))
local pid = posix.fork()
if pid == 0 then
  client:close()
  os.exit(descriptors.count() <= unused and 0 or 1, false)
end
assert(posix.wait(pid) == 0, "a forked child keeps descriptors of the parent's connections")
assert(client:hub("chat"):send "the parent's own are still there")
client:close()
assert(descriptors.count() <= unused)
print "fine"
