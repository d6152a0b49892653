-- SPDX-License-Identifier: MIT
-- fork, waitpid, alarm, setrlimit and listen, and the library that makes name resolution hang: compiled here when a
-- spec needs them.
local M = {}

local luajit = rawget(_G, "jit") ~= nil
local PC = luajit and "luajit" or "lua5.4"

local function compile(source, name, flags)
  local out = ("build/spec/%s.so"):format(name)
  -- The compiler is not what the sanitizers are to watch.
  local command = ("unset LD_PRELOAD; mkdir -p build/spec && { test %s -nt %s || { ${CC:-cc} " ..
    "-shared -fPIC -O1 %s -o %s.$$ %s -ldl && mv %s.$$ %s; }; }"):format(out, source, flags, out, source, out, out)
  local code = os.execute(command)
  assert(code == true or code == 0, source .. " does not compile")
  return out
end

--- Compiles spec/support/preload.c.
-- @tparam[opt] boolean with_lua with its Lua binding, which must not be preloaded into other programs
-- @treturn string the path of the shared library, from the top of the tree: LD_PRELOAD takes no path with a space
function M.library(with_lua)
  return compile("spec/support/preload.c", with_lua and "preload-" .. PC or "preload",
    with_lua and "-DSPEC_LUA $(pkg-config --cflags " .. PC .. ")" or "")
end

--- Compiles another library to preload.
-- @tparam string name of a C file in spec/support
-- @treturn string its path, as above
function M.preload(name) return compile(("spec/support/%s.c"):format(name), name, "") end

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

--- Has the process ended by a signal after some seconds, or, 0, no more.
function M.alarm(seconds)
  library().alarm(seconds)
end

--- Limits the number of open files of this process.
function M.limit_files(n)
  assert(library().limit_files(n), "setrlimit failed")
end

--- As listen(2), also for a socket that listens already: the length of its backlog.
function M.listen(descriptor, backlog)
  assert(library().listen(descriptor, backlog), "listen failed")
end

--- Resets a TCP connection by its descriptor: the other end gets a RST.
function M.reset(fd)
  library().reset(fd)
end

return M
