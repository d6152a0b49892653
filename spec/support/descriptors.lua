-- SPDX-License-Identifier: MIT
-- What this process has open, as the kernel says (Linux).
local M = {}

local function own_id()
  local file = assert(io.open("/proc/self/stat"))
  local id = file:read "*n"
  file:close()
  return ("%.0f"):format(id)
end

--- The descriptors of a process.
-- @tparam[opt] string|number id its process id; this one's without
-- @treturn table number -> what it is ("socket:[123]", "/dev/null")
function M.list(id)
  -- One may be closed while ls looks, by a thread of libcurl's that looks names up: ls says so, and goes on.
  local pipe = assert(io.popen("ls -l /proc/" .. (id or own_id()) .. "/fd 2>/dev/null"))
  local found = {}
  for line in pipe:lines() do
    local number, what = line:match "(%d+) %-> (.+)$"
    if number then found[tonumber(number)] = what end
  end
  pipe:close()
  return found
end

--- How many there are, and how many of them are sockets. Pipes are left out: this is asked through one.
function M.count()
  local all, sockets = 0, 0
  for _, what in pairs(M.list()) do
    if not what:find "^pipe:" then all = all + 1 end
    if what:find "^socket:" then sockets = sockets + 1 end
  end
  return all, sockets
end

local function inodes(into, path)
  local file = io.open(path)
  if not file then return end
  for line in file:lines() do
    local inode = line:match("^%s*%d+:" .. ("%s+%S+"):rep(8) .. "%s+(%d+)")
    if inode then into[inode] = true end
  end
  file:close()
end

--- How many of them are TCP sockets.
function M.tcp()
  local known, n = {}, 0
  inodes(known, "/proc/self/net/tcp")
  inodes(known, "/proc/self/net/tcp6")
  for _, what in pairs(M.list()) do
    if known[what:match "^socket:%[(%d+)%]$" or ""] then n = n + 1 end
  end
  return n
end

return M
