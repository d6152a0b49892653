-- SPDX-License-Identifier: MIT
--- Calls observers: functions of the user's that are told what happens and decide nothing (on_attempt, on_error).
-- Whatever they do, the result of the call at hand stays what it is; what they throw is told on standard error.
local core = require "azure.signalr.core"
local errors = require "azure.signalr.errors"

local M = {}

-- Of the time of loading: a host may take them away later.
local io = type(io) == "table" and io or {}
local stderr = io.stderr
local ngx = rawget(_G, "ngx")

-- In nginx a wait inside an observer goes to nginx's own loop, and comes back; elsewhere it would go to whoever
-- resumes the coroutine of the call, and is a mistake of the observer's.
local guarded = type(ngx) == "table" and ngx.config and pcall or core.fenced

local told = setmetatable({}, { __mode = "k" }) -- observer -> what was told of it last

--- Writes a line to standard error, where the host has one.
-- @tparam string text
function M.complain(text)
  local out = io.stderr or stderr
  if out then pcall(out.write, out, "azure.signalr: ", core.clean(text, 1000), "\n") end
end

--- Tells an observer; what that throws is told each time.
-- @tparam string name of the option
-- @tparam function|nil observer
-- @param ... its arguments
function M.tell(name, observer, ...)
  if not observer then return end
  local fine, problem = guarded(observer, ...)
  if not fine then M.complain(("%s threw: %s"):format(name, errors.text(problem))) end
end

--- Tells an observer that is told all the time; what that throws is told once, and again when it throws another text.
-- @tparam string name of the option
-- @tparam function observer
-- @param ... its arguments
function M.tell_often(name, observer, ...)
  local fine, problem = guarded(observer, ...)
  if fine then return end
  local text = ("%s threw: %s"):format(name, errors.text(problem))
  if told[observer] == text then return end
  told[observer] = text
  M.complain(text .. " (told once; no result was changed)")
end

return M
