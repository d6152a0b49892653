-- SPDX-License-Identifier: MIT
-- A hub client in a process of its own (bin/signalr-listen), for specs.
local cjson = require "cjson"
local process = require "spec.support.process"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "spec.hub_client" }

--- Wraps a process that prints one JSON line per event (also the node driver).
-- @tparam table child a process of spec.support.process, started with stdin
-- @treturn table the client; `seen` holds every event read so far
function M.wrap(child)
  return setmetatable({ process = child, seen = {} }, metatable)
end

--- Starts a client and waits until it is connected.
-- @tparam table place what `hub:negotiate` returns: `{ url =, accessToken = }`
-- @param[opt] ... further words of bin/signalr-listen's command line
-- @treturn table the client, with `connection_id`
function M.connect(place, ...)
  local words = { "bin/signalr-listen", "--url", place.url, "--token", place.accessToken, ... }
  local self = M.wrap(process.start(words, { stdin = true }))
  self.connection_id = self:await("connected").connectionId
  return self
end

--- Sends a command, see bin/signalr-listen --help.
function methods:command(line)
  self.process:write(line)
end

--- Waits for an event of one kind; what came before it is kept in `seen`.
-- @tparam string kind e.g. "invocation"
-- @tparam[opt] function accept narrows the choice
-- @tparam[opt=30] number timeout seconds
-- @treturn table the event, decoded; throws when none came in time
function methods:await(kind, accept, timeout)
  local event, why = self.process:await(function(line)
    local found = cjson.decode(line)
    self.seen[#self.seen + 1] = found
    if found.event == kind and (not accept or accept(found)) then return found end
  end, timeout)
  if not event then
    local seen = {}
    for i, found in ipairs(self.seen) do seen[i] = cjson.encode(found) end
    error("no event " .. kind .. "; seen:\n" .. table.concat(seen, "\n") .. "\n" .. why, 2)
  end
  return event
end

--- Waits for an invocation of a target.
-- @treturn string its arguments, the raw text
function methods:await_target(target, timeout)
  return self:await("invocation", function(event) return event.target == target end, timeout).arguments
end

--- Everything seen since the last call, as short texts such as `note [1,2]`.
-- Call it after waiting for a fence: what is not there did not come.
function methods:drain()
  local texts = {}
  for i, event in ipairs(self.seen) do
    texts[i] = event.target and event.target .. " " .. event.arguments or event.event
  end
  self.seen = {}
  return texts
end

--- Leaves and ends the process. Harmless when repeated.
function methods:stop()
  self.process:stop()
end

return M
