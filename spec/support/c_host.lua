-- SPDX-License-Identifier: MIT
-- Hosts in C that do with coroutines what Lua itself cannot: preempting.c, fibers.c. Compiled here when a spec needs
-- them, for the interpreter of this run.
local quote = require("spec.support.process").quote

local M = {}

local PC = rawget(_G, "jit") and "luajit" or "lua5.4"

-- The compiler is not what the sanitizers are to watch.
local COMPILE = [[unset LD_PRELOAD; mkdir -p build/spec && { test %s -nt %s -a %s -nt spec/support/script_host.h || {
  ${CC:-cc} -O1 -pthread $(pkg-config --cflags %s) -o %s.$$ %s $(pkg-config --libs %s) && mv %s.$$ %s; }; }]]

local compiled = {}
local function compile(name)
  local program, source = ("build/spec/%s-%s"):format(name, PC), ("spec/support/%s.c"):format(name)
  if not compiled[name] then
    local code = os.execute(COMPILE:format(program, source, program, PC, program, source, PC, program, program))
    assert(code == true or code == 0, source .. " does not compile")
    compiled[name] = true
  end
  return program
end

--- Runs a host.
-- @tparam string name "preempting" or "fibers"
-- @param ... its arguments
-- @treturn string what it wrote; an error, or two minutes without an end, is an error here
function M.run(name, ...)
  local words = { "timeout", 120, compile(name), ... }
  for i, word in ipairs(words) do words[i] = quote(tostring(word)) end
  local pipe = io.popen(table.concat(words, " ") .. " 2>&1; echo status $?")
  local out, status = pipe:read("*a"):match("^(.*)status (%d+)%s*$")
  pipe:close()
  if status ~= "0" then error(("status %s: %s"):format(status, out), 2) end
  return out
end

return M
