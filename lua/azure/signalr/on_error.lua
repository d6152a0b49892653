-- SPDX-License-Identifier: MIT
--- The option on_error: told of what nobody waits for.
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local observers = require "azure.signalr.observers"
local running = require "azure.signalr.running"

local M = {}

local setmetatable = setmetatable
local match = globals.string.match

-- What is said of an error by its source where there is no on_error. Messages of the queue that were not delivered are
-- counted instead, and drain and close tell of them.
local unheard = {
  spawn = "a spawned function failed: ",
  adopt = "the resume of client:adopt threw: ",
}

local function complain(err, what)
  local lead = unheard[what.source]
  local trace = what.traceback and match(what.traceback, "stack traceback:.*")
  if lead then observers.complain(lead .. errors.text(err), trace) end
end

-- on_error -> the coroutines in which it is told now.
local telling = setmetatable({}, { __mode = "k" })

local function places_of(on_error)
  local places = telling[on_error]
  if not places then
    places = setmetatable({}, { __mode = "k" })
    telling[on_error] = places
  end
  return places
end

--- Tells it; what that throws must neither reach the host's loop nor vanish (observers.lua). Errors that would vanish
-- without one go to standard error; and so do those of functions that it spawns itself and that fail at once: telling
-- it of these would have no end.
-- @tparam function|nil on_error
-- @param err
-- @tparam table what
function M.tell(on_error, err, what)
  if not on_error then return complain(err, what) end
  local places, thread = places_of(on_error), running.here()
  if what.source == "spawn" and running.is_in(places) then return complain(err, what) end
  local before = places[thread]
  places[thread] = true
  observers.tell("on_error", on_error, err, what)
  places[thread] = before
end

return M
