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
local clock = require "azure.signalr.transport.resty.clock"
local queues = require "azure.signalr.transport.queue"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.resty.outbox" }

local now = clock.now

local SENDERS = 16 -- timers that send at a time
local WATCH = 5 -- seconds of the long timer, after which it looks whether it is still needed
local DRAIN = 10 -- seconds that an exiting worker takes to send what is queued, unless told otherwise

local CLOSED = { kind = "closed", message = "the client was closed before this was sent", sent = "no" }
local DROPPED = { kind = "queue_full", message = "the queue was full, and newer messages came", sent = "no" }

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

--- Makes a queue.
-- @tparam table how limit (entries), bytes (of all entries), drain (seconds that an exiting worker takes)
function M.new(how)
  local self = setmetatable({ senders = 0, pid = 0, watched = false, drain_time = how.drain or DRAIN }, metatable)
  self.queue = queues.new {
    limit = how.limit or 10000, bytes = how.bytes or 67108864, dropped = function(entry) tell(entry, DROPPED) end,
  }
  self.guard = newproxy(true)
  getmetatable(self.guard).__gc = function() last_words(self) end
  return self
end

local function is_empty(self) return self.queue.queued + self.queue.in_flight == 0 end

local function send(self, entry)
  local ran, done, failure = pcall(entry.run, entry, self.drain_until)
  if ran and done then return self.queue:settle(entry, "delivered") end
  if not ran then failure = { kind = "protocol", message = tostring(done), sent = "maybe" } end
  self.queue:settle(entry, "failed")
  tell(entry, failure)
end

local function send_all(self)
  while not (self.drain_until and now() >= self.drain_until) do
    local entry = self.queue:take()
    if not entry then return end
    send(self, entry)
  end
end

local function sender(_, self)
  send_all(self)
  self.senders = self.senders - 1
end

-- As many timers as there is work, up to the limit; those that are on the way to the next entry count. nginx may refuse
-- one (lua_max_pending_timers); then those that run, the next push or the long timer will do.
local function start_sender(self)
  if self.senders >= SENDERS or self.senders - self.queue.in_flight >= self.queue.queued then return end
  if ngx.timer.at(0, sender, self) then self.senders = self.senders + 1 end
end

local function give_up(self, failure)
  local count, entry = 0, self.queue:give_up()
  while entry do
    count = count + 1
    tell(entry, failure)
    entry = self.queue:give_up()
  end
  return count
end

local function wait_until_empty(self, deadline)
  while not is_empty(self) and now() < deadline do
    start_sender(self)
    if self.senders == 0 then send_all(self) else ngx.sleep(0.01) end
  end
  return is_empty(self)
end

local function drain_before_exit(self)
  self.drain_until = now() + self.drain_time
  if wait_until_empty(self, self.drain_until) then return end
  local count = give_up(self, {
    kind = "closed", sent = "no",
    message = ("the worker had to end, and the %g s that it takes to send what is queued were over"):format(
      self.drain_time),
  })
  ngx.log(ngx.ERR, "azure.signalr: this worker had to end with ", count, " messages of its queue not sent")
end

local watch

local function arm(self)
  if not self.watched then self.watched = ngx.timer.at(WATCH, watch, self) and true or false end
end

-- Also keeps the Lua state of a request alive where lua_code_cache is off; so it ends when there is nothing to do.
function watch(premature, self)
  self.watched = false
  if premature then return drain_before_exit(self) end
  if is_empty(self) then return end
  arm(self)
  start_sender(self)
  if self.senders == 0 then send_all(self) end
end

--- Takes an entry; it will be sent soon.
-- @tparam table entry see above
-- @treturn true|nil
-- @treturn table failure: kind queue_full or closed
function methods:push(entry)
  if self.closed then return nil, CLOSED end
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
  if self.closed then return end
  self.closed = true
  give_up(self, CLOSED)
end

return M
