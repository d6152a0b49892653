-- SPDX-License-Identifier: MIT
--- The queue of one worker: messages that nobody waits for, sent by timers (senders.lua).
--
-- What an entry is and who is next, transport/queue.lua says. Here an entry also has run (function(entry, deadline) ->
-- true | nil, err: sends it; deadline in terms of the clock, or nil) and report (function(entry, failure): told of
-- each entry that was not sent; failure is what run returned, or a table kind, message, sent).
--
-- nginx tells a worker that it has to go (QUIT, HUP) by firing its timers early: long timers are there for that, and
-- send what is queued until a deadline of their own. They are there before anything is taken, so that nothing is taken
-- that nobody would send. On TERM no timer fires and nothing can be sent: what is left is counted in one line of the
-- log when the worker's Lua ends. So accepted = delivered + failed + dropped + lost, always.
local core = require "azure.signalr.core"
local clock = require "azure.signalr.transport.resty.clock"
local queues = require "azure.signalr.transport.queue"
local senders = require "azure.signalr.transport.resty.senders"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.resty.outbox" }

local now, timer, exiting = clock.now, senders.timer, ngx.worker.exiting

-- Seconds of the long timers, after which they look what is to be done. nginx lets timers fall when too many run; the
-- second one is there in case that happens to the first.
local WATCHES = { 1, 5 }
local STILL = 60 -- seconds without any movement after which senders may be gone
local FALLEN = 4 -- the same, where some have not begun
local DRAIN = 10 -- seconds that an exiting worker takes to send what is queued, unless told otherwise

local CLOSED = { kind = "closed", message = "the client was closed before this was sent", sent = "no" }
local ENDING = { kind = "closed", message = "this worker ends, and could not send what was queued", sent = "no" }
local DROPPED = { kind = "queue_full", message = "the queue was full, and newer messages came", sent = "no" }
local BROKEN_OFF = { kind = "cancelled", message = "a hook ended the timer that sent this (ngx.exit)", sent = "maybe" }
local NO_TIMER = {
  kind = "queue_full", sent = "no",
  message = "nginx starts no timer that would send it (raise lua_max_pending_timers, 1024 unless set)",
}

-- What a report throws must not end the timer that sends.
local function tell(entry, failure)
  local told, problem = pcall(entry.report, entry, failure)
  if not told then ngx.log(ngx.ERR, "azure.signalr: the report of a message threw: ", tostring(problem)) end
end

-- Standard error is nginx's error log.
local function last_words(self)
  local s = self.queue:stats()
  local left = s.queued + s.in_flight
  if left == 0 then return nil end
  return ("this worker (%d) ended with %d messages of its queue not sent (accepted %d, delivered %d, failed %d, "
    .. "dropped %d, lost before %d)"):format(self.pid, left, s.accepted, s.delivered, s.failed, s.dropped, s.lost)
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
  if n == 0 then timer(senders.TURN, tell_drops, self) end
end

local function settle(self, entry, failure)
  self.queue:settle(entry, not failure and "delivered" or failure.kind == "closed" and "lost" or "failed")
  if failure then tell(entry, failure) end
end

local arm

-- A worker that ends without its long timers, which nginx may refuse, has a deadline all the same.
local function is_over(self)
  if self.queue.queued > 0 and exiting() then
    arm(self)
    self.drain_until = self.drain_until or now() + self.drain_time
  end
  return self.drain_until ~= nil and now() >= self.drain_until
end

--- Makes a queue.
-- @tparam table how limit (entries), bytes (of all entries), drain (seconds that an exiting worker takes)
function M.new(how)
  local self = setmetatable({
    bytes = how.bytes or core.defaults.queue_bytes, drain_time = how.drain or DRAIN, drain_until = nil, pid = 0,
    watched_until = { 0, 0 }, still_since = 0, settled = 0, drops = {}, drop_bytes = 0, untold = 0, watchers = {},
  }, metatable)
  local queue = queues.new {
    limit = how.limit or core.defaults.queue_limit, bytes = self.bytes,
    dropped = function(entry) note_drop(self, entry) end,
  }
  self.queue = queue
  self.senders = senders.new(queue, {
    send = function(entry) return entry.run(entry, self.drain_until) end,
    settle = function(entry, failure) settle(self, entry, failure) end,
    is_over = function() return is_over(self) end,
    lost = BROKEN_OFF,
  })
  self.guard = core.guard(function() return last_words(self) end)
  return self
end

local function is_empty(self) return self.queue.queued + self.queue.in_flight == 0 end

local function move_on(self)
  self.senders:start()
  self.senders:run()
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
  for i = 1, #self.watchers do self.watchers[i]() end
end

-- Messages that come later, from requests that outlive their worker's end, get a time of their own; unless there is
-- nobody to take them.
local function drain_before_exit(_, self)
  local watched_until = self.watched_until
  if watched_until[1] == math.huge then return end
  watched_until[1], watched_until[2] = math.huge, math.huge
  self.drain_until = now() + self.drain_time
  tell_drops(nil, self)
  if wait_until_empty(self, self.drain_until) then
    self.drain_until, watched_until[1], watched_until[2] = nil, 0, 0
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

-- Sees to it that the long timers are there. In a worker that ends one starts at once.
function arm(self)
  local time, watched_until = now(), self.watched_until
  if time < watched_until[1] and time < watched_until[2] then return true end
  for i = 1, #WATCHES do
    if time >= watched_until[i] and timer(WATCHES[i], watch, self, i) then watched_until[i] = time + WATCHES[i] + 1 end
  end
  if time >= watched_until[2] and exiting() and timer(0, drain_before_exit, self) then
    watched_until[1], watched_until[2] = time + 1, time + 1
  end
  return time < watched_until[1] or time < watched_until[2]
end

-- Has the collector look for senders who are no more. A timer that has not begun while nothing moved will not begin.
local function look_for_the_gone(self)
  local settled = self.queue.accepted - self.queue.queued - self.queue.in_flight
  if settled ~= self.settled then self.settled, self.still_since = settled, now() end
  local still = now() - self.still_since
  if still >= STILL or still >= FALLEN and self.senders.coming > 0 then
    collectgarbage()
    self.still_since = now()
  end
  self.senders:bury()
end

-- Also keeps the Lua state of a request alive where lua_code_cache is off; so it ends when there is nothing to do.
-- Where nginx starts no next one, it stays.
function watch(premature, self, i)
  if not premature then self.watched_until[i] = 0 end
  while not premature and not (is_empty(self) and #self.drops == 0) do
    arm(self)
    look_for_the_gone(self)
    tell_drops(nil, self)
    move_on(self)
    if now() < self.watched_until[1] then return end
    ngx.sleep(WATCHES[1])
    premature = exiting()
  end
  if premature then drain_before_exit(nil, self) end
end

--- Takes an entry; it will be sent soon.
-- @tparam table entry see above
-- @treturn true|nil
-- @treturn table failure: kind queue_full or closed
function methods:push(entry)
  if self.refusal then return nil, self.refusal end
  local queue = self.queue
  if is_empty(self) then self.still_since = now() end
  if not arm(self) and self.senders.count == 0 then
    queue.refused = queue.refused + 1
    return nil, NO_TIMER
  end
  if not queue:push(entry) then
    return nil, {
      kind = "queue_full", sent = "no",
      message = ("%d messages (%.0f bytes) wait in this worker's queue: queue_limit is %.0f messages, queue_bytes %.0f")
        :format(queue.queued + queue.in_flight, queue.bytes, queue.limit, queue.max_bytes),
    }
  end
  self.pid = ngx.worker.pid()
  self.senders:start()
  changed(self)
  return true
end

--- Waits until nothing is queued or on the way.
-- @tparam number deadline as the clock counts
-- @treturn boolean whether that came about
function methods:drain(deadline) return wait_until_empty(self, deadline) end

--- Has a function called when something comes into the queue, when a worker that ends has done what it could, and when
-- the client is closed.
function methods:watch(fn) self.watchers[#self.watchers + 1] = fn end

--- Counters of this worker.
function methods:stats() return self.queue:stats() end

--- Takes no more entries; what is queued is given up and reported.
function methods:close()
  if self.refusal then return end
  self.refusal = CLOSED
  tell_drops(nil, self)
  give_up(self, CLOSED)
  changed(self)
end

return M
