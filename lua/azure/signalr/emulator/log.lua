-- SPDX-License-Identifier: MIT
-- What the emulator tells its user: one line for each request, on standard
-- error so that standard output holds the connection string alone. Nothing that
-- a client or a caller sends can begin a line, move the cursor or fill the log.
local ascii = require "azure.signalr.emulator.ascii"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.log" }

local MOST_NAME, MOST_HINT, MOST_NOTE, MOST_TRACE = 200, 500, 500, 4000

--- Makes a log.
-- @tparam table options `now`: function, unix seconds; `quiet`: failures only;
--   `out`: a file, standard error otherwise
function M.new(options)
  local self = { now = options.now, quiet = options.quiet or false, out = options.out or io.stderr }
  return setmetatable(self, metatable)
end

-- A reader that is gone must not take the server with it, hence no assert. In one piece, because standard error has no
-- buffer and others may write there too.
local function line(self, text)
  local whole, fraction = math.modf(self.now())
  self.out:write(("%s.%03d %s\n"):format(os.date("%H:%M:%S", whole), math.floor(fraction * 1000), text))
  self.out:flush()
end

local function reached(receivers)
  if receivers == nil then return "" end
  return (", %d receiver%s"):format(receivers, receivers == 1 and "" or "s")
end

--- One request.
-- @tparam table entry name (operation, or method and path), status, receivers (or nil),
--   seconds, hint (or nil)
function methods:request(entry)
  if self.quiet then return end
  local tenths = math.floor(entry.seconds * 10000 + 0.5)
  line(self, ("%s %d%s, %d.%d ms%s"):format(ascii.clean(entry.name, MOST_NAME), entry.status, reached(entry.receivers),
    math.floor(tenths / 10), tenths % 10, entry.hint and " (hint: " .. ascii.clean(entry.hint, MOST_HINT) .. ")" or ""))
end

--- Something worth knowing that is no request.
function methods:note(...)
  if not self.quiet then line(self, ascii.clean((...):format(select(2, ...)), MOST_NOTE)) end
end

--- Something that the user can mend; said even when quiet.
function methods:warning(text)
  line(self, "warning: " .. ascii.clean(text, MOST_NOTE))
end

--- A failure of the emulator itself; said even when quiet.
-- @tparam string text the lines after its first are shown indented: they begin no entry of the log
function methods:failure(text)
  local lines = {}
  for part in ascii.cut(text, MOST_TRACE):gmatch("[^\n]+") do lines[#lines + 1] = ascii.clean(part, MOST_NOTE) end
  line(self, "error: " .. table.concat(lines, "\n    "))
end

return M
