-- SPDX-License-Identifier: MIT
--- The queue of one worker: messages that nobody waits for, sent by timers.
--
-- An entry is a table: run (function(entry, deadline) -> true | nil, err: sends it; deadline in terms of the clock, or
-- nil), bytes (its size), report (function(entry, failure): told of each entry that was not sent; failure is what run
-- returned, or a table kind, message, sent), destination (entries with the same one are sent one after the other; nil
-- for those that may overtake), drop_oldest (true: rather than refuse this one, give up the oldest).
--
-- Nothing disappears uncounted: accepted = sent + failed + lost + queued + in_flight, at any time.
-- nginx tells a worker that it has to go (QUIT, HUP) by firing its timers early: one long timer is there for that, and
-- sends what is queued until its own deadline. On TERM no timer fires and nothing can be sent: what is left is
-- counted in one line of the log when the worker's Lua ends.
local clock = require "azure.signalr.transport.resty.clock"
local fifo = require "azure.signalr.transport.resty.fifo"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.resty.outbox" }

local now = clock.now

local SENDERS = 16 -- timers that send at a time
local WATCH = 5 -- seconds of the long timer, after which it looks whether it is still needed
local DRAIN = 10 -- seconds that an exiting worker takes to send what is queued, unless told otherwise

-- Anything of ngx that looks for a request is deadly when Lua ends after exit_worker_by_lua; standard error is not,
-- and nginx points it to the error log.
local function last_words(self)
  local left = self.queued + self.in_flight
  if left == 0 then return end
  self.lost, self.queued, self.in_flight = self.lost + left, 0, 0
  io.stderr:write(("%s [error] %d#0: azure.signalr: this worker ended with %d messages of its queue not sent"
    .. " (accepted %d, sent %d, failed %d)\n"):format(os.date("%Y/%m/%d %H:%M:%S"), self.pid, left, self.accepted,
    self.sent, self.failed))
end

--- Makes a queue.
-- @tparam table how limit (entries), bytes (of all entries queued), drain (seconds that an exiting worker takes)
function M.new(how)
  local self = setmetatable({
    limit = how.limit or 10000, max_bytes = how.bytes or 67108864, drain_time = how.drain or DRAIN,
    ready = fifo.new(), ages = fifo.new(), behind = {}, bytes = 0, senders = 0, pid = 0, watched = false,
    accepted = 0, sent = 0, failed = 0, dropped = 0, refused = 0, lost = 0, queued = 0, in_flight = 0,
  }, metatable)
  self.guard = newproxy(true)
  getmetatable(self.guard).__gc = function() last_words(self) end
  return self
end

-- What a report throws must not end the timer that sends.
local function tell(entry, failure)
  local told, problem = pcall(entry.report, entry, failure)
  if not told then ngx.log(ngx.ERR, "azure.signalr: on_error threw: ", tostring(problem)) end
end

local function fail(self, entry, failure)
  self.failed = self.failed + 1
  tell(entry, failure)
end

-- Takes an entry out of the count of the queue, to be sent or given up.
local function unqueue(self, entry)
  entry.slot.entry, entry.slot = nil, nil
  self.queued, self.bytes = self.queued - 1, self.bytes - entry.bytes
end

-- The next one that may be sent now. Who was given up in between is skipped.
local function take(self)
  while true do
    local entry = self.ready:pop()
    if not entry then return nil end
    if entry.slot then
      unqueue(self, entry)
      self.in_flight = self.in_flight + 1
      return entry
    end
    self:follow(entry)
  end
end

--- Lets the next entry for a destination go, once the one before it is over.
function methods:follow(entry)
  local line = entry.destination and self.behind[entry.destination]
  if not line then return end
  local following = line:pop()
  if following then self.ready:push(following) else self.behind[entry.destination] = nil end
end

local function send(self, entry)
  local ran, done, failure = pcall(entry.run, entry, self.drain_until)
  self.in_flight = self.in_flight - 1
  if ran and done then
    self.sent = self.sent + 1
  else
    fail(self, entry, ran and failure or { kind = "protocol", message = tostring(done), sent = "maybe" })
  end
  self:follow(entry)
end

local function send_all(self)
  while not (self.drain_until and now() >= self.drain_until) do
    local entry = take(self)
    if not entry then return end
    send(self, entry)
  end
end

local function sender(_, self)
  send_all(self)
  self.senders = self.senders - 1
end

-- As many timers as there is work, up to the limit. nginx may refuse one (lua_max_pending_timers); then those that
-- run, the next push or the long timer will do.
local function start_sender(self)
  if self.senders >= SENDERS or self.senders >= self.queued then return end
  if ngx.timer.at(0, sender, self) then self.senders = self.senders + 1 end
end

-- The oldest that is still queued. Slots of those that were sent stay in `ages`, empty, until they are the oldest.
local function pop_oldest(self)
  local slot
  repeat slot = self.ages:pop() until not slot or slot.entry
  return slot and slot.entry
end

local function give_up(self, failure)
  local entry = pop_oldest(self)
  while entry do
    unqueue(self, entry)
    fail(self, entry, failure)
    entry = pop_oldest(self)
  end
  self.ready, self.behind = fifo.new(), {}
end

local function wait_until_empty(self, deadline)
  while self.queued + self.in_flight > 0 and now() < deadline do
    start_sender(self)
    if self.senders == 0 then send_all(self) else ngx.sleep(0.01) end
  end
  return self.queued + self.in_flight == 0
end

local watch

local function arm(self)
  if self.watched then return end
  self.watched = ngx.timer.at(WATCH, watch, self) and true or false
end

-- Also keeps the Lua state of a request alive where lua_code_cache is off; so it ends when there is nothing to do.
function watch(premature, self)
  self.watched = false
  if not premature then
    if self.queued + self.in_flight > 0 then
      arm(self)
      start_sender(self)
      if self.senders == 0 then send_all(self) end
    end
    return
  end
  self.drain_until = now() + self.drain_time
  if wait_until_empty(self, self.drain_until) then return end
  local left = self.queued
  give_up(self, {
    kind = "closed", sent = "no", message = ("the worker had to end and %g s were over"):format(self.drain_time),
  })
  ngx.log(ngx.ERR, "azure.signalr: this worker had to end with ", left, " messages of its queue not sent")
end

local function drop_oldest(self)
  local entry = pop_oldest(self)
  if not entry then return false end
  unqueue(self, entry)
  self.dropped = self.dropped + 1
  fail(self, entry, { kind = "queue_full", message = "the queue was full and newer messages came", sent = "no" })
  return true
end

local function has_room(self, entry)
  return self.queued < self.limit and self.bytes + entry.bytes <= self.max_bytes
end

local function make_room(self, entry)
  while not has_room(self, entry) do
    if not entry.drop_oldest or entry.bytes > self.max_bytes or not drop_oldest(self) then return false end
  end
  return true
end

-- An ordered one that waits long may hold up the empty slots behind it.
local function note_age(self, entry)
  local ages = self.ages
  local oldest = ages:peek()
  while oldest and not oldest.entry do
    ages:pop()
    oldest = ages:peek()
  end
  if ages:count() > 2 * self.limit then ages:keep(function(slot) return slot.entry end) end
  entry.slot = { entry = entry }
  ages:push(entry.slot)
end

--- Takes an entry; it will be sent soon.
-- @tparam table entry see above
-- @treturn true|nil
-- @treturn table failure: kind queue_full or closed
function methods:push(entry)
  if self.closed then return nil, { kind = "closed", message = "the client was closed", sent = "no" } end
  if not make_room(self, entry) then
    self.refused = self.refused + 1
    return nil, {
      kind = "queue_full", sent = "no",
      message = ("%d messages (%.0f bytes) wait in this worker's queue"):format(self.queued, self.bytes),
    }
  end
  self.accepted, self.queued, self.bytes = self.accepted + 1, self.queued + 1, self.bytes + entry.bytes
  self.pid = ngx.worker.pid()
  note_age(self, entry)
  local line = entry.destination and self.behind[entry.destination]
  if line then
    line:push(entry)
  else
    if entry.destination then self.behind[entry.destination] = fifo.new() end
    self.ready:push(entry)
  end
  arm(self)
  start_sender(self)
  return true
end

--- Waits until nothing is queued or on the way.
-- @tparam number deadline as the clock counts
-- @treturn boolean whether that came about
function methods:drain(deadline) return wait_until_empty(self, deadline) end

--- Counters of this worker.
function methods:stats()
  return {
    accepted = self.accepted, sent = self.sent, failed = self.failed, dropped = self.dropped, refused = self.refused,
    lost = self.lost, queued = self.queued, in_flight = self.in_flight, queued_bytes = self.bytes,
  }
end

--- Takes no more entries; what is queued is given up and reported.
function methods:close()
  if self.closed then return end
  self.closed = true
  give_up(self, { kind = "closed", message = "the client was closed before this was sent", sent = "no" })
end

return M
