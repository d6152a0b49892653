-- SPDX-License-Identifier: MIT
--- The client's methods for hosts that own the loop: calls that do not block, and what moves them on.
local adopt = require "azure.signalr.adopt"
local call = require "azure.signalr.call"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local handles = require "azure.signalr.handle"
local nested = require "azure.signalr.nested"
local on_error = require "azure.signalr.on_error"
local scheduler = require "azure.signalr.scheduler"
local task = require "azure.signalr.task"

local M = {}

local error = error
local cowrap, traceback, xpcall = globals.coroutine.wrap, globals.traceback, globals.xpcall

local ask, open = handles.ask, handles.open

local methods = {}
local Client -- the class that these methods are for

local LONG = 3600 -- seconds

--- What a transport needs so that calls can yield; nil for one that yields by its own means.
-- @tparam table transport
-- @tparam table config frozen options
-- @treturn table|nil scheduler
-- @raise when it carries another client's calls already: that one would close it, and its options would count
function M.scheduler(transport, config)
  if transport.spawn then return nil end
  if transport.scheduler then
    check.fail("signalr.new: this transport belongs to another client, which closes it with itself: make one for each")
  end
  return scheduler.new(transport, config)
end

local message = "the client was closed"

--- Ends every function that was spawned, before the client is closed.
function M.stop_all(context)
  if not context.scheduler then return end
  context.scheduler:stop_all(errors.new { kind = "closed", op = "client:spawn", message = message, sent = "maybe" })
end

--- Lets everybody else who waits know.
function M.close(context)
  if context.scheduler then context.scheduler:close { kind = "closed", message = message, sent = "maybe" } end
end

local function scheduler_of(context, where)
  local found = context.scheduler
  if not found then
    check.fail("%s: this transport yields by its own means, and the loop around it moves everything on: leave it out; "
      .. "handle:wait() waits for what was spawned, client:drain() for the queue", where)
  end
  return found
end

-- A transport with threads of its own knows nothing of on_error.
local function reporting(told, fn)
  local function failed(err)
    local text = errors.text(err)
    on_error.tell(told, err, { source = "spawn", traceback = traceback and traceback(text, 2) or text })
    return err
  end
  local function pass(fine, ...)
    if not fine then error((...), 0) end
    return ...
  end
  return function(...) return pass(xpcall(fn, failed, ...)) end
end

--- Runs a function in which every call of this library yields instead of blocking; it runs at once, until it
-- first waits. What it throws reaches the handle and the option on_error, never the caller.
-- @tparam function fn
-- @param ... its arguments
-- @treturn table handle: done(), result(), wait(timeout), cancel() (task.lua)
function methods:spawn(fn, ...)
  local context = ask(self, Client, "client:spawn").context
  check.type("function")(fn, "client:spawn", "fn")
  if context.scheduler then return context.scheduler:spawn(fn, ...) end
  local handle = context.transport:spawn(reporting(context.config.on_error, fn), ...)
  handle.cancelled = task.cancelled
  return handle
end

--- Moves requests on and resumes whoever has an answer, or whose time has come. Nothing is resumed anywhere else.
-- @tparam number|nil timeout seconds to wait for the first thing to happen; 0 (the default) never blocks
-- @treturn number how many calls (and pauses) are still in flight; 0 for a closed client, so that a loop ends
function methods:step(timeout, ...)
  local context = open(self, Client, "client:step", 1, ...).context
  if timeout ~= nil and timeout ~= 0 then check.pause(timeout, "client:step", "timeout") end
  local found = context.scheduler or scheduler_of(context, "client:step")
  return found:step(timeout or 0)
end

--- Steps until nothing is in flight and the queue of messages is empty, or waits for what no step could bring.
function methods:run(...)
  local context = open(self, Client, "client:run", 0, ...).context
  local found = scheduler_of(context, "client:run")
  local queue = context.queue
  repeat until found:step(LONG) == 0 and (found.closed or queue:pending() == 0 or not found:moves())
end

--- Waits: a spawned function yields, the main line blocks.
-- @tparam number seconds; 0 lets others go first
-- @treturn true|nil
-- @treturn table error: another client was waited for, and was closed
function methods:sleep(seconds, ...)
  local context = open(self, Client, "client:sleep", 1, ...).context
  check.pause(seconds, "client:sleep", "seconds")
  local slept, failure = context.transport:sleep(seconds)
  if slept then return true end
  return nil, errors.new { kind = failure.kind, op = "client:sleep", message = failure.message, sent = "no" }
end

--- Seconds on a clock that only goes forward: the one by which timeouts count. Its zero means nothing.
-- @treturn number
function methods:now(...)
  return open(self, Client, "client:now", 0, ...).context.transport:now()
end

--- As coroutine.wrap, for an iterator or another coroutine in which a spawned function makes calls: it hands on what
-- the library yields.
-- @tparam function fn
-- @treturn function
function methods:wrap(fn, ...)
  local context = open(self, Client, "client:wrap", 1, ...).context
  check.type("function")(fn, "client:wrap", "fn")
  return context.scheduler and nested.wrap(fn) or cowrap(fn)
end

--- Names the scheduler of the host's own coroutines: calls made there wait in its way instead of blocking.
-- @tparam table|nil host yield = function(thread): called in the coroutine, returns once it is resumed (too early
-- does no harm); resume = function(thread): called by step, has the host resume it, now or later; stackful = true: the
-- host switches stacks (fibers), so that its yield works where Lua cannot yield. nil ends it.
function methods:adopt(host, ...)
  local context = open(self, Client, "client:adopt", 1, ...).context
  if host ~= nil and context.closed then call.refuse(context, "client:adopt") end
  scheduler_of(context, "client:adopt"):adopt(adopt.read(host, "client:adopt"))
end

--- For event loops, as cqueues understands it: cqueues.poll(client) works.
-- @treturn number|nil a descriptor that is readable when step(0) has something to do
function methods:pollfd(...)
  return scheduler_of(open(self, Client, "client:pollfd", 0, ...).context, "client:pollfd"):pollfd()
end

--- The same by the name that LuaSocket's select and copas ask for.
function methods:getfd(...)
  return scheduler_of(open(self, Client, "client:getfd", 0, ...).context, "client:getfd"):pollfd()
end

--- What to poll the descriptor for.
-- @treturn string|nil "r"
function methods:events(...)
  return scheduler_of(open(self, Client, "client:events", 0, ...).context, "client:events"):events()
end

--- After how many seconds to step, whatever the descriptor says.
-- @treturn number|nil nil: the descriptor alone will do
function methods:timeout(...)
  return scheduler_of(open(self, Client, "client:timeout", 0, ...).context, "client:timeout"):timeout()
end

--- Adds these methods to the class of clients.
-- @tparam table class its metatable
function M.extend(class)
  Client = class
  handles.add_methods(class, methods)
end

return M
