-- SPDX-License-Identifier: MIT
-- Starts bin/signalr-emulator on a port of the system's choice.
local cqueues = require "cqueues"
local process = require "spec.support.process"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "spec.emulator" }

--- Starts an emulator and waits until it listens.
-- @param[opt] ... further words of its command line, e.g. "--lax", "--control"
-- @treturn table { endpoint =, connection_string =, access_key =, port =, process =, stop = method }
function M.start(...)
  local words = { "bin/signalr-emulator", "--port", "0", ... }
  local child = process.start(words)
  local text, why = child:await(function(line) return line:match("Endpoint=.*$") end, 15)
  if not text then
    child:stop()
    error("the emulator did not start: " .. why, 2)
  end
  return setmetatable({
    connection_string = text, endpoint = text:match("Endpoint=([^;]+)"), access_key = text:match("AccessKey=([^;]+)"),
    port = tonumber(text:match(":(%d+);")), process = child,
  }, metatable)
end

--- What the emulator wrote to its standard error (its log of requests) so far.
function methods:log()
  return self.process:errors()
end

--- Waits for a text in what a child writes: a line of a log may come after the answer that it is about.
-- @tparam string text
-- @tparam function read what there is so far
-- @treturn boolean whether it came in time
function M.await_text(text, read)
  local deadline = cqueues.monotime() + 20
  while not read():find(text, 1, true) do
    if cqueues.monotime() > deadline then return false end
    cqueues.sleep(0.02)
  end
  return true
end

--- Waits for a text in the emulator's log.
function methods:await_log(text)
  return M.await_text(text, function() return self:log() end)
end

--- Starts another emulator on the port of one that has ended, or is ended now.
-- @tparam[opt] boolean suddenly it gets no chance to take leave of its clients
-- @treturn table the new emulator
function methods:restart(suddenly)
  if suddenly then self.process:kill() end
  self:stop()
  return M.start("--quiet", "--port", self.endpoint:match("(%d+)$"))
end

--- Ends the emulator. Harmless when repeated.
function methods:stop()
  self.process:stop()
end

return M
