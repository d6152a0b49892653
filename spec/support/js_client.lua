-- SPDX-License-Identifier: MIT
-- Microsoft's SignalR client under node, for specs: one process holds many
-- clients. What is missing is installed with npm, as the lock file says; if that fails, the spec fails.
local cjson = require "cjson"
local cqueues = require "cqueues"
local process = require "spec.support.process"

local M = {}
local methods, client_methods = {}, {}
local metatable = { __index = methods, __name = "spec.js" }
local client_metatable = { __index = client_methods, __name = "spec.js_client" }

local DIRECTORY = "spec/conformance/js"
local LOADS = "process.chdir('" .. DIRECTORY .. "'); for (const m of Object.keys(require('./" .. DIRECTORY
  .. "/package.json').dependencies)) require('module').createRequire(process.cwd() + '/x')(m)"

--- Every way the client can connect.
M.kinds = {
  { transport = "WebSockets", protocol = "json" }, { transport = "ServerSentEvents", protocol = "json" },
  { transport = "LongPolling", protocol = "json" }, { transport = "WebSockets", protocol = "messagepack" },
  { transport = "LongPolling", protocol = "messagepack" },
}

local function install()
  local ready = process.run{ "node", "-e", LOADS }
  if ready then return end
  local ok, output = process.run{ "sh", "-c",
    "cd " .. DIRECTORY .. " && npm ci" }
  if not ok then error("npm could not install Microsoft's SignalR client:\n" .. output, 3) end
  ready, output = process.run{ "node", "-e", LOADS }
  if not ready then error("node cannot load Microsoft's SignalR client:\n" .. output, 3) end
end

--- Starts node with the driver.
-- @treturn table the driver
function M.start()
  install()
  local child = process.start({ "node", DIRECTORY .. "/driver.js" }, { stdin = true })
  local self = setmetatable({ process = child, clients = {}, count = 0 }, metatable)
  local line, why = child:await(function(text) return text:find('"ready"', 1, true) and text or nil end, 60)
  if not line then error("the node driver did not start: " .. why, 2) end
  return self
end

-- Hands what has come in to the clients it belongs to.
local function dispatch(self)
  local line = self.process:next_line()
  while line do
    local event = cjson.decode(line)
    local client = self.clients[event.client]
    if client then client.events[#client.events + 1] = event end
    line = self.process:next_line()
  end
end

local function new_client(self)
  self.count = self.count + 1
  local client = setmetatable({ driver = self, name = "c" .. self.count, events = {}, at = 1 }, client_metatable)
  self.clients[client.name] = client
  return client
end

--- Starts an application's server that answers every negotiation with one body.
-- @tparam table place what `hub:negotiate` returns
-- @treturn string the URL of its hub
function methods:serve(place)
  local server = new_client(self)
  server:command("serve", { body = cjson.encode(place) })
  return ("http://127.0.0.1:%d/hub"):format(server:await("serving").port)
end

--- Connects a client and waits until it is connected.
-- @tparam table place what `hub:negotiate` returns
-- @tparam table kind one of M.kinds
-- @tparam[opt] table more further members of the command, see driver.js
-- @treturn table the client, with `connection_id`
function methods:connect(place, kind, more)
  local client = new_client(self)
  local command = { url = place.url, token = place.accessToken, transport = kind.transport, protocol = kind.protocol }
  for name, value in pairs(more or {}) do command[name] = value end
  client:command("connect", command)
  client.connection_id = client:await("connected").connectionId
  return client
end

--- Ends the driver and with it all clients. Harmless when repeated.
function methods:stop()
  self.process:stop()
end

--- Sends a command, see the verbs of driver.js.
function client_methods:command(verb, command)
  command = command or {}
  command["do"], command.name = verb, self.name
  self.driver.process:write(cjson.encode(command))
end

--- Sends a command and waits until the driver has obeyed it.
function client_methods:order(verb, command)
  self:command(verb, command)
  self:await("done", function(event) return event.verb == verb end)
end

local function describe_events(events)
  local texts = {}
  for i, event in ipairs(events) do texts[i] = cjson.encode(event) end
  return table.concat(texts, "\n")
end

--- Waits for the next event of one kind; earlier events of other kinds are passed over.
-- @treturn table the event; throws when none came in time
function client_methods:await(kind, accept, timeout)
  local deadline = cqueues.monotime() + (timeout or 30)
  repeat
    dispatch(self.driver)
    while self.events[self.at] do
      local event = self.events[self.at]
      self.at = self.at + 1
      if event.event == kind and (not accept or accept(event)) then return event end
      if event.event == "failed" then error("the client failed: " .. cjson.encode(event), 2) end
    end
    cqueues.sleep(0.005)
  until cqueues.monotime() > deadline
  error("no event " .. kind .. "; came so far:\n" .. describe_events(self.events) .. "\n"
    .. self.driver.process:errors(), 2)
end

--- Whether any event so far was of this kind (and accepted).
function client_methods:has(kind, accept)
  dispatch(self.driver)
  for _, event in ipairs(self.events) do
    if event.event == kind and (not accept or accept(event)) then return true end
  end
  return false
end

--- The invocations since the last call, as texts `target [raw arguments]`, up to
-- and without the one of the target `fence`, which is waited for.
function client_methods:until_fence(fence)
  self.read = self.read or 1
  self:await("invocation", function(event) return event.target == fence end)
  local texts = {}
  for i = self.read, self.at - 2 do
    local event = self.events[i]
    if event.event == "invocation" then texts[#texts + 1] = event.target .. " " .. event.arguments end
  end
  self.read = self.at
  return texts
end

return M
