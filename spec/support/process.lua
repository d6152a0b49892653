-- SPDX-License-Identifier: MIT
-- Child processes for specs. Each child hangs on a pipe that this process
-- holds: when the pipe closes (stop, or the death of the test run itself, even
-- by SIGKILL) the child ends, so no run leaves anything behind.
local cqueues = require "cqueues"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "spec.process" }

--- Quotes one word for the shell.
-- @tparam string word any text
-- @treturn string the word in single quotes
function M.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

local function command_line(words)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = M.quote(word) end
  return table.concat(quoted, " ")
end

-- The sanitizers are preloaded into the process under test only: a child that
-- is not ours to check (a shell, node, the emulator's interpreter) runs clean.
-- Debian keeps nginx where only root's PATH leads.
local CLEAN = "unset LD_PRELOAD ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS; PATH=$PATH:/usr/sbin; "

-- A child that does not read its standard input is watched by a shell that
-- does; one that does read it (stdin = true) must end at the end of its input.
local WATCHED = [[trap '' INT; %s %s </dev/null >%s 2>%s & p=$!; echo $p >%s; cat >/dev/null; kill $p
(i=0; while [ $i -lt 50 ] && kill -0 $p; do sleep 0.1; i=$((i+1)); done; kill -0 $p && kill -9 $p) & wait $p]]
local FED = "%s exec %s >%s 2>%s"

--- Starts a child.
-- @tparam table words the command and its arguments
-- @tparam[opt] table options `stdin = true`: the child reads what `write` sends
-- @treturn table the process; its output is read with `lines` and `line`
function M.start(words, options)
  local stem = os.tmpname()
  local out, err, pid = stem .. ".out", stem .. ".err", stem .. ".pid"
  assert(io.open(out, "w")):close()
  local template = options and options.stdin and FED or WATCHED
  local command = template:format(CLEAN, command_line(words), M.quote(out), M.quote(err), M.quote(pid))
  local pipe = assert(io.popen("exec 2>/dev/null /bin/sh -c " .. M.quote(command), "w"))
  pipe:setvbuf("no")
  local self = { stem = stem, out_path = out, err_path = err, pid_path = pid, pipe = pipe, rest = "" }
  self.reader = assert(io.open(out, "rb"))
  return setmetatable(self, metatable)
end

--- Sends a line to the child's standard input.
function methods:write(line)
  assert(self.pipe:write(line, "\n"))
end

--- Reads the next whole line of the child's standard output.
-- @treturn ?string the line without its end, nil when none is there yet
function methods:next_line()
  if not self.rest:find("\n", 1, true) then
    self.reader:seek("cur", 0)
    self.rest = self.rest .. (self.reader:read("*a") or "")
  end
  local line, rest = self.rest:match("^([^\n]*)\n(.*)$")
  if line then self.rest = rest end
  return line
end

--- Waits for a line that `accept` takes; lines before it are passed over.
-- @tparam function accept gets a line, returns what to hand back or nil
-- @tparam[opt=30] number timeout seconds
-- @return what accept returned, or nil and a text that shows the child's output
function methods:await(accept, timeout)
  local deadline = cqueues.monotime() + (timeout or 30)
  repeat
    local line = self:next_line()
    while line do
      local found = accept(line)
      if found ~= nil then return found end
      line = self:next_line()
    end
    cqueues.sleep(0.005)
  until cqueues.monotime() > deadline
  return nil, "nothing fitting came in time; standard error of the child:\n" .. self:errors()
end

--- What the child wrote to its standard error so far.
function methods:errors()
  local file = io.open(self.err_path, "rb")
  if not file then return "" end
  local text = file:read("*a")
  file:close()
  return text
end

--- Ends a child that does not read its input at once, without its knowing.
function methods:kill()
  local file = assert(io.open(self.pid_path, "rb"))
  local pid = assert(file:read("*l"))
  file:close()
  assert(M.run{ "kill", "-9", pid })
end

--- Ends the child, waits for it and removes its files. Harmless when repeated.
function methods:stop()
  if not self.pipe then return end
  self.pipe:close()
  self.pipe = nil
  self.reader:close()
  os.remove(self.out_path)
  os.remove(self.err_path)
  os.remove(self.pid_path)
  os.remove(self.stem)
end

--- Runs a command to its end. Not by os.execute: while that waits, the Ctrl-C that is to end the specs is lost.
-- @tparam table words the command and its arguments
-- @treturn boolean whether it left with 0
-- @treturn string what it wrote to its standard output and error
function M.run(words)
  local stem = os.tmpname()
  local pipe = assert(io.popen(CLEAN .. command_line(words) .. " >" .. M.quote(stem) .. " 2>&1 </dev/null; echo $?"))
  local code = pipe:read("*l")
  pipe:close()
  local file = assert(io.open(stem, "rb"))
  local text = file:read("*a")
  file:close()
  os.remove(stem)
  return code == "0", text
end

return M
