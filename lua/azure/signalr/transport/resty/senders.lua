-- SPDX-License-Identifier: MIT
--- The timers that send what is in a worker's queue: as many as there is work for, up to a limit.
--
-- A sender may end before its end: nginx runs at most lua_max_running_timers of all timers and lets the others fall,
-- and a hook may call ngx.exit. So each has a ticket that it alone holds, in a weak table: what is no more there is
-- gone. (A finalizer for each would cost more than the sending.)
local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.resty.senders" }

local LIMIT = 16
-- Seconds that let nginx take a turn. Timers of no time are all due in the same turn, and so are those that they start.
local TURN = 0.002

local COMING, SENDING = 1, 2

--- Starts a timer.
-- @treturn boolean|nil nil where nginx starts none: too many are pending, or the worker ends, or the phase has none
function M.timer(seconds, fn, ...)
  local ran, started = pcall(ngx.timer.at, seconds, fn, ...)
  return ran and started
end

--- Makes them.
-- @tparam table queue transport/queue.lua
-- @tparam table how send(entry) -> done, failure: may wait; settle(entry, failure): the entry is over; is_over():
-- whether the time to send is over; lost: the failure of an entry whose sender is gone
function M.new(queue, how)
  return setmetatable({
    queue = queue, how = how, count = 0, coming = 0, states = {}, entries = {},
    tickets = setmetatable({}, { __mode = "v" }),
  }, metatable)
end

local function take_place(self)
  for place = 1, LIMIT do
    if not self.states[place] then
      local ticket = { place = place }
      self.states[place], self.tickets[place] = COMING, ticket
      self.count, self.coming = self.count + 1, self.coming + 1
      return ticket
    end
  end
end

local function give_back(self, place)
  if self.states[place] == COMING then self.coming = self.coming - 1 end
  self.count = self.count - 1
  self.states[place], self.tickets[place], self.entries[place] = nil, nil, nil
end

-- After a failure others come first: what fails at once, and whose report puts in the next one, would have no end.
local function send(self, place, entry)
  self.entries[place] = entry
  local ran, done, failure = pcall(self.how.send, entry)
  self.entries[place] = nil
  if ran and done then return self.how.settle(entry) end
  self.how.settle(entry, ran and failure or { kind = "protocol", message = tostring(done), sent = "maybe" })
  ngx.sleep(TURN)
end

-- The ticket is held to the very end.
local function sender(_, self, ticket)
  local place = ticket.place
  self.states[place], self.coming = SENDING, self.coming - 1
  self:bury()
  while not self.how.is_over() do
    local entry = self.queue:take()
    if not entry then break end
    send(self, place, entry)
  end
  give_back(self, place)
  return ticket
end

--- Starts one more where there is work for it; those that are on the way to the next entry count. Where nginx refuses a
-- timer, those that run will do, or whoever calls run.
function methods:start()
  if self.count >= LIMIT or self.count - self.queue.in_flight >= self.queue.queued then return end
  local ticket = take_place(self)
  if not M.timer(0, sender, self, ticket) then give_back(self, ticket.place) end
end

--- Sends, in the thread at hand, until nothing is queued; unless there are senders.
function methods:run()
  if self.count == 0 then sender(nil, self, take_place(self)) end
end

--- Settles what senders had taken who are gone, as far as the collector has found them.
function methods:bury()
  for place = 1, LIMIT do
    if self.states[place] and not self.tickets[place] then
      local entry = self.entries[place]
      give_back(self, place)
      if entry then self.how.settle(entry, self.how.lost) end
    end
  end
end

M.TURN = TURN

return M
