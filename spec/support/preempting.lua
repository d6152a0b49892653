-- SPDX-License-Identifier: MIT
-- A host that preempts Lua (preempting.c): compiled here when a spec needs it, for the interpreter of this run.
local quote = require("spec.support.process").quote

local M = {}

local PC = rawget(_G, "jit") and "luajit" or "lua5.4"
local PROGRAM = "build/spec/preempting-" .. PC

-- The compiler is not what the sanitizers are to watch.
local COMPILE = [[unset LD_PRELOAD; mkdir -p build/spec && { test %s -nt spec/support/preempting.c || {
  ${CC:-cc} -O1 $(pkg-config --cflags %s) -o %s.$$ spec/support/preempting.c $(pkg-config --libs %s) &&
  mv %s.$$ %s; }; }]]

local compiled
local function compile()
  if compiled then return end
  local code = os.execute(COMPILE:format(PROGRAM, PC, PROGRAM, PC, PROGRAM, PROGRAM))
  assert(code == true or code == 0, "spec/support/preempting.c does not compile")
  compiled = true
end

--- Runs a script in it.
-- @tparam number instructions after which a coroutine has to give way
-- @tparam string whose "own": the host's coroutines alone; "all": whatever runs
-- @tparam string script path
-- @param ... the script's arguments
-- @treturn string what it wrote; an error, or two minutes without an end, is an error here
function M.run(instructions, whose, script, ...)
  compile()
  local words = { "timeout", 120, PROGRAM, instructions, whose, script, ... }
  for i, word in ipairs(words) do words[i] = quote(tostring(word)) end
  local pipe = io.popen(table.concat(words, " ") .. " 2>&1; echo status $?")
  local out, status = pipe:read("*a"):match("^(.*)status (%d+)%s*$")
  pipe:close()
  if status ~= "0" then error(("status %s: %s"):format(status, out), 2) end
  return out
end

return M
