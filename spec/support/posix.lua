-- SPDX-License-Identifier: MIT
-- fork and waitpid, and the library that makes name resolution hang: compiled here when a spec needs them.
local M = {}

local luajit = rawget(_G, "jit") ~= nil
local PC = luajit and "luajit" or "lua5.4"

--- Compiles spec/support/preload.c.
-- @tparam[opt] boolean with_lua with its Lua binding, which must not be preloaded into other programs
-- @treturn string the path of the shared library, from the top of the tree: LD_PRELOAD takes no path with a space
function M.library(with_lua)
  local out = ("build/spec/%s.so"):format(with_lua and "preload-" .. PC or "preload")
  local flags = with_lua and "-DSPEC_LUA $(pkg-config --cflags " .. PC .. ")" or ""
  -- The compiler is not what the sanitizers are to watch.
  local command = ("unset LD_PRELOAD; mkdir -p build/spec && " ..
    "{ test %s -nt spec/support/preload.c || { ${CC:-cc} " ..
    "-shared -fPIC -O1 %s -o %s.$$ spec/support/preload.c -ldl && mv %s.$$ %s; }; }"):format(out, flags, out, out, out)
  local code = os.execute(command)
  assert(code == true or code == 0, "spec/support/preload.c does not compile")
  return out
end

local opened
local function library()
  opened = opened or assert(package.loadlib(M.library(true), "luaopen_spec_preload"))()
  return opened
end

--- Forks: 0 in the child, its process id in the parent.
function M.fork()
  io.stdout:flush()
  return library().fork()
end

--- Waits for a child: its exit status, 256 and more when a signal ended it.
function M.wait(pid)
  return library().wait(pid)
end

return M
