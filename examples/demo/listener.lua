-- SPDX-License-Identifier: MIT
-- The other end of a listener process (bin/signalr-listen): commands go into its
-- FIFO, events come out of its file, one line of JSON each.
local cjson = require "cjson"
local cqueues = require "cqueues"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "demo.listener" }

M.patience = 5 -- seconds until something that should happen is given up

--- @tparam string name how the table calls it; its files are <directory>/<name>.{fifo,events}
function M.new(directory, name, user)
  local self = { name = name, user = user, rest = "", unread = {}, connected = false }
  self.reader = assert(io.open(directory .. "/" .. name .. ".events", "rb"))
  self.fifo = directory .. "/" .. name .. ".fifo"
  return setmetatable(self, metatable)
end

local function note(self, event)
  if event.event == "connected" then
    self.connected, self.connection_id = true, event.connectionId
  elseif event.event == "closed" then
    self.connected = false
  end
  self.unread[#self.unread + 1] = event
end

-- Takes in what has been written to the file since the last time.
local function sync(self)
  self.reader:seek("cur", 0)
  local text = self.rest .. (self.reader:read("*a") or "")
  local from = 1
  while true do
    local stop = text:find("\n", from, true)
    if not stop then break end
    note(self, cjson.decode(text:sub(from, stop - 1)))
    from = stop + 1
  end
  self.rest = text:sub(from)
end

--- Forgets what has come so far; what it says about the connection is kept.
function methods:forget()
  sync(self)
  self.unread = {}
end

--- Waits until `accept` takes an event.
-- @treturn table everything that came before it
-- @treturn table the event; nil if it did not come
function methods:until_event(accept)
  local before, deadline = {}, cqueues.monotime() + M.patience
  repeat
    sync(self)
    while self.unread[1] do
      local event = table.remove(self.unread, 1)
      if accept(event) then return before, event end
      before[#before + 1] = event
    end
    cqueues.sleep(0.002)
  until cqueues.monotime() > deadline
  return before, nil
end

--- Sends a command, see bin/signalr-listen --help.
function methods:command(line)
  -- For reading too: opening for writing alone would wait for a reader, for ever where the listener has ended.
  local fifo = assert(io.open(self.fifo, "r+"))
  fifo:write(line, "\n")
  fifo:close()
end

--- Connects (again) and waits for it; without a place, as before.
-- @tparam[opt] table place what `hub:negotiate` returns
function methods:connect(place)
  self:command(place and ("connect %s %s"):format(place.url, place.accessToken) or "connect")
  local _, event = self:until_event(function(event) return event.event == "connected" or event.event == "failed" end)
  if not event or event.event == "failed" then
    error(self.name .. " could not connect: " .. (event and event.message or "no answer"), 0)
  end
end

--- Makes sure that the service has taken everything this listener sent before:
-- a call of a hub method is answered in turn.
function methods:settle()
  self.calls = (self.calls or 0) + 1
  local id = ("settle-%d-%s"):format(self.calls, rawget(_G, "jit") and "jit" or "puc")
  self:command("invoke " .. id .. " settle")
  local _, answer = self:until_event(function(event) return event.event == "completion" and event.id == id end)
  if not answer then error(self.name .. " got no answer to its call", 0) end
end

--- An event as a short text, e.g. `note ["hi",1]`, `item 7`, `closed: bye`.
function M.describe(event)
  if event.event == "invocation" then return event.target .. " " .. event.arguments end
  if event.event == "item" then return "item " .. event.item end
  local name = event.event == "completion" and "completed" or event.event
  return name .. (event.error and ": " .. event.error or "")
end

return M
