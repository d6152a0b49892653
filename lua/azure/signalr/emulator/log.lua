-- SPDX-License-Identifier: MIT
-- What the emulator tells its user: one line for each request, on standard
-- error so that standard output holds the connection string alone.
local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.log" }

--- Makes a log.
-- @tparam table options `now`: function, unix seconds; `quiet`: failures only;
--   `out`: a file, standard error otherwise
function M.new(options)
  local self = { now = options.now, quiet = options.quiet or false, out = options.out or io.stderr }
  return setmetatable(self, metatable)
end

-- A reader that is gone must not take the server with it, hence no assert.
local function line(self, text)
  local whole, fraction = math.modf(self.now())
  self.out:write(os.date("%H:%M:%S", whole), (".%03d "):format(math.floor(fraction * 1000)), text, "\n")
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
  local text = ("%s %s%s, %.1f ms"):format(entry.name, entry.status, reached(entry.receivers), entry.seconds * 1000)
  if entry.hint then text = text .. " (hint: " .. entry.hint .. ")" end
  line(self, (text:gsub("%c", "?")))
end

--- Something worth knowing that is no request.
function methods:note(...)
  if not self.quiet then line(self, (...):format(select(2, ...))) end
end

--- A failure of the emulator itself; said even when quiet.
function methods:failure(text)
  line(self, "error: " .. text)
end

return M
