-- SPDX-License-Identifier: MIT
-- The program of curl_names_spec: a lua_State of its own, in a thread, loads the module, starts to resolve a name that
-- hangs, and is closed. This state never loads the module, so nobody else holds it.
local cqueues = require "cqueues"
local thread = require "cqueues.thread"

local worker = assert(thread.start(function(_, path, cpath)
  package.path, package.cpath = path, cpath
  local pool = require("azure.signalr.curl").pool {}
  assert(pool:submit { method = "GET", url = "http://hang.test/", timeout = 60 })
  for _ = 1, 5 do assert(pool:step(0.01) == 1) end
end, package.path, package.cpath))
local _, problem = worker:join(30)
assert(not problem, tostring(problem))
cqueues.sleep(2.5)
print "still there"
