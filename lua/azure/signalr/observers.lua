-- SPDX-License-Identifier: MIT
--- Calls observers: functions of the user's that are told what happens and decide nothing (on_attempt, on_error).
-- Whatever they do, the result of the call at hand stays what it is; what they throw is told on standard error.
local core = require "azure.signalr.core"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"

local pcall, setmetatable = pcall, setmetatable
local format, gmatch = globals.string.format, globals.string.gmatch
local concat = globals.table.concat

local M = {}

-- In nginx a wait inside an observer goes to nginx's own loop, and comes back; elsewhere it would go to whoever
-- resumes the coroutine of the call, and is a mistake of the observer's.
local guarded = globals.ngx and pcall or core.fenced

local told = setmetatable({}, { __mode = "k" }) -- observer -> what was told of it last

--- Writes to standard error.
-- @tparam string text becomes one line
-- @tparam string|nil traceback more lines, further in
function M.complain(text, traceback)
  local lines = { "azure.signalr: " .. core.clean(text, 1000) }
  for line in gmatch(traceback or "", "[^\n]+") do lines[#lines + 1] = "  " .. core.clean(line, 200) end
  globals.write_error(concat(lines, "\n"))
end

--- Tells an observer; what that throws is told each time.
-- @tparam string name of the option
-- @tparam function|nil observer
-- @param ... its arguments
function M.tell(name, observer, ...)
  if not observer then return end
  local fine, problem = guarded(observer, ...)
  if fine then return end
  M.complain(format("%s threw: %s (it was told: %s)", name, errors.text(problem), errors.text((...))))
end

--- Tells an observer that is told all the time; what that throws is told once, and again when it throws another text.
-- @tparam string name of the option
-- @tparam function observer
-- @param ... its arguments
function M.tell_often(name, observer, ...)
  local fine, problem = guarded(observer, ...)
  if fine then return end
  local text = format("%s threw: %s", name, errors.text(problem))
  if told[observer] == text then return end
  told[observer] = text
  M.complain(text .. " (told once; no result was changed)")
end

return M
