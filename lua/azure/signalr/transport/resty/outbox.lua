-- SPDX-License-Identifier: MIT
--- The queue of one worker: messages that nobody waits for, sent by timers.
--
-- What an entry is and who is next, transport/queue.lua says. Here an entry also has run (function(entry, deadline) ->
-- true | nil, err: sends it; deadline in terms of the clock, or nil) and report (function(entry, failure): told of
-- each entry that was not sent; failure is what run returned, or a table kind, message, sent).
--
-- nginx tells a worker that it has to go (QUIT, HUP) by firing its timers early: one long timer is there for that, and
-- sends what is queued until its own deadline. On TERM no timer fires and nothing can be sent: what is left is
-- counted in one line of the log when the worker's Lua ends. So accepted = delivered + failed + dropped + lost, always.
--
-- A sender may end before its end: nginx runs at most lua_max_running_timers of all timers and lets the others fall,
-- and a hook may call ngx.exit. So each has a ticket, and the collector tells of tickets that nobody holds any more.
local core = require "azure.signalr.core"
local clock = require "azure.signalr.transport.resty.clock"
local queues = require "azure.signalr.transport.queue"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.resty.outbox" }

local now = clock.now

local SENDERS = 16 -- timers that send at a time
local WATCH = 5 -- seconds of the long timer, after which it looks whether it is still needed
-- Seconds that let nginx take a turn. Timers of no time are all due in the same turn, and so are those that they start.
local TURN = 0.002
local STILL = 60 -- seconds without any movement after which senders may be gone
local DRAIN = 10 -- seconds that an exiting worker takes to send what is queued, unless told otherwise

local CLOSED = { kind = "closed", message = "the client was closed before this was sent", sent = "no" }
local ENDING = { kind = "closed", message = "this worker ends, and could not send what was queued", sent = "no" }
local DROPPED = { kind = "queue_full", message = "the queue was full, and newer messages came", sent = "no" }
local BROKEN_OFF = { kind = "cancelled", message = "a hook ended the timer that sent this (ngx.exit)", sent = "maybe" }

-- What a report throws must not end the timer that sends.
local function tell(entry, failure)
  local told, problem = pcall(entry.report, entry, failure)
  if not told then ngx.log(ngx.ERR, "azure.signalr: the report of a message threw: ", tostring(problem)) end
end

-- Anything of ngx that looks for a request is deadly when Lua ends after exit_worker_by_lua; standard error is not,
-- and nginx points it to the error log.
local function last_words(self)
  local s = self.queue:stats()
  local left = s.queued + s.in_flight
  if left == 0 then return end
  io.stderr:write(("%s [error] %d#0: azure.signalr: this worker ended with %d messages of its queue not sent "
    .. "(accepted %d, delivered %d, failed %d, dropped %d, lost before %d)\n"):format(os.date("%Y/%m/%d %H:%M:%S"),
    self.pid, left, s.accepted, s.delivered, s.failed, s.dropped, s.lost))
end

-- Whoever puts a message in is not the one to be told that another made room for it, and may be a report himself: a
-- timer tells. What waits for that takes no more room than the queue itself.
local function tell_drops(_, self)
  local drops, untold = self.drops, self.untold
  self.drops, self.drop_bytes, self.untold = {}, 0, 0
  for i = 1, #drops do tell(drops[i], DROPPED) end
  if untold > 0 then ngx.log(ngx.ERR, "azure.signalr: ", untold, " more messages were dropped: the queue was full") end
end

local function note_drop(self, entry)
  local n, bytes = #self.drops, self.drop_bytes + entry.bytes
  if bytes > self.bytes then
    self.untold = self.untold + 1
    return
  end
  self.drops[n + 1], self.drop_bytes = entry, bytes
  if n == 0 then ngx.timer.at(TURN, tell_drops, self) end
end

--- Makes a queue.
-- @tparam table how limit (entries), bytes (of all entries), drain (seconds that an exiting worker takes)
function M.new(how)
  local self = setmetatable({
    bytes = how.bytes or 67108864, drain_time = how.drain or DRAIN, drain_until = nil, pid = 0, watched_until = 0,
    senders = 0, coming = 0, orphans = {}, still = 0, settled = 0, drops = {}, drop_bytes = 0, untold = 0,
    on_change = nil,
  }, metatable)
  self.queue = queues.new {
    limit = how.limit or 10000, bytes = self.bytes, dropped = function(entry) note_drop(self, entry) end,
  }
  self.guard = newproxy(true)
  getmetatable(self.guard).__gc = function() last_words(self) end
  return self
end

local function is_empty(self) return self.queue.queued + self.queue.in_flight == 0 end

local function settle(self, entry, failure)
  self.queue:settle(entry, not failure and "delivered" or failure.kind == "closed" and "lost" or "failed")
  if failure then tell(entry, failure) end
end

-- A place among the senders; the second one is to be held as long as it is used.
local function take_place(self)
  local place, ticket = {}, newproxy(true)
  self.senders, self.coming = self.senders + 1, self.coming + 1
  getmetatable(ticket).__gc = function()
    if place.over then return end
    self.senders = self.senders - 1
    if not place.taken then self.coming = self.coming - 1 end
    if place.entry then self.orphans[#self.orphans + 1] = place.entry end
  end
  return place, ticket
end

local function give_back(self, place)
  place.over, self.senders = true, self.senders - 1
end

-- After a failure others come first: what fails at once, and whose report puts in the next one, would have no end.
local function send(self, place, entry)
  place.entry = entry
  local ran, done, failure = pcall(entry.run, entry, self.drain_until)
  place.entry = nil
  if ran and done then return settle(self, entry) end
  settle(self, entry, ran and failure or { kind = "protocol", message = tostring(done), sent = "maybe" })
  ngx.sleep(TURN)
end

-- What senders had taken who are no more.
local function settle_orphans(self)
  for entry in function() return table.remove(self.orphans) end do settle(self, entry, BROKEN_OFF) end
end

-- Keeps its ticket until the end.
local function sender(_, self, place, ticket)
  place.taken, self.coming = true, self.coming - 1
  settle_orphans(self)
  while not (self.drain_until and now() >= self.drain_until) do
    local entry = self.queue:take()
    if not entry then break end
    send(self, place, entry)
  end
  give_back(self, place)
  return ticket
end

-- As many timers as there is work, up to the limit; those that are on the way to the next entry count. nginx may refuse
-- one (lua_max_pending_timers); then those that run, the next push or the long timer will do.
local function start_sender(self)
  if self.senders >= SENDERS or self.senders - self.queue.in_flight >= self.queue.queued then return end
  local place, ticket = take_place(self)
  if ngx.timer.at(0, sender, self, place, ticket) then return end
  self.coming = self.coming - 1
  give_back(self, place)
end

local function move_on(self)
  start_sender(self)
  if self.senders == 0 then sender(nil, self, take_place(self)) end
end

-- All are out before anybody is told: a report may put something in.
local function give_up(self, failure)
  local all = {}
  for entry in function() return self.queue:give_up() end do all[#all + 1] = entry end
  for i = 1, #all do tell(all[i], failure) end
  return #all
end

local function wait_until_empty(self, deadline)
  while not is_empty(self) and now() < deadline do
    move_on(self)
    if not is_empty(self) then ngx.sleep(0.01) end
  end
  return is_empty(self)
end

local function changed(self)
  if self.on_change then self.on_change() end
end

-- Messages that come later, from requests that outlive their worker's end, get a time of their own; unless there is
-- nobody to take them.
local function drain_before_exit(_, self)
  self.drain_until = now() + self.drain_time
  tell_drops(nil, self)
  if wait_until_empty(self, self.drain_until) then
    self.drain_until, self.watched_until = nil, 0
    return changed(self)
  end
  self.refusal = ENDING
  tell_drops(nil, self)
  local count = give_up(self, {
    kind = "closed", sent = "no",
    message = ("the worker had to end, and the %s s that it takes to send what is queued were over"):format(
      core.json_encode(self.drain_time)),
  })
  ngx.log(ngx.ERR, "azure.signalr: this worker had to end with ", count, " messages of its queue not sent")
  changed(self)
end

local watch

-- The long timer may have fallen, too.
local function arm(self)
  local time = now()
  if time < self.watched_until then return end
  if ngx.timer.at(WATCH, watch, self) then
    self.watched_until = time + WATCH + 1
  elseif ngx.worker.exiting() and ngx.timer.at(0, drain_before_exit, self) then
    self.watched_until = math.huge
  end
end

-- Has the collector look for senders who are no more. A timer that has not begun while nothing moved will not begin.
local function look_for_orphans(self)
  local settled = self.queue.accepted - self.queue.queued - self.queue.in_flight
  self.still = settled == self.settled and self.still + WATCH or 0
  self.settled = settled
  if self.still >= STILL or self.still > 0 and self.coming > 0 then
    collectgarbage()
    self.still = 0
  end
end

-- Also keeps the Lua state of a request alive where lua_code_cache is off; so it ends when there is nothing to do.
function watch(premature, self)
  self.watched_until = 0
  if premature then
    self.watched_until = math.huge
    return drain_before_exit(nil, self)
  end
  if is_empty(self) and #self.drops == 0 then return end
  arm(self)
  look_for_orphans(self)
  tell_drops(nil, self)
  move_on(self)
end

--- Takes an entry; it will be sent soon.
-- @tparam table entry see above
-- @treturn true|nil
-- @treturn table failure: kind queue_full or closed
function methods:push(entry)
  if self.refusal then return nil, self.refusal end
  local queue = self.queue
  if not queue:push(entry) then
    return nil, {
      kind = "queue_full", sent = "no",
      message = ("%d messages (%.0f bytes) wait in this worker's queue"):format(queue.queued + queue.in_flight,
        queue.bytes),
    }
  end
  self.pid = ngx.worker.pid()
  arm(self)
  start_sender(self)
  changed(self)
  return true
end

--- Waits until nothing is queued or on the way.
-- @tparam number deadline as the clock counts
-- @treturn boolean whether that came about
function methods:drain(deadline) return wait_until_empty(self, deadline) end

--- Counters of this worker.
function methods:stats() return self.queue:stats() end

--- Takes no more entries; what is queued is given up and reported.
function methods:close()
  if self.refusal then return end
  self.refusal = CLOSED
  tell_drops(nil, self)
  give_up(self, CLOSED)
end

return M
