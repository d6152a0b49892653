-- SPDX-License-Identifier: MIT
-- A server that answers no SYN: its backlog is full, as behind a firewall that drops packets. Told to, it hears, and
-- answers every request with 202. It is a child process; this file is both the child and the module that starts it.
--
--   local server = require("spec.support.deaf_server").start()
--   server.url      server:hear()      server:stop()
--
-- With "dual" it listens on ::1, deaf, and on the same port of 127.0.0.1, where it hears from the beginning: what a
-- name with a dead IPv6 address leads to. Each answer there ends its connection.
local M = {}

-- ---- the child

local function say(...)
  io.stdout:write(string.format(...), "\n")
  io.stdout:flush()
end

-- Fills the backlog; what it returns is to be kept.
local function deafen(socket, listener, host, port)
  local fillers = {}
  require("spec.support.posix").listen(listener:pollfd(), 0)
  for i = 1, 4 do
    fillers[i] = socket.connect { host = host, port = port }
    fillers[i]:connect(0)
  end
  return fillers
end

local function converse(sock, last)
  sock:setmode("bn", "bn")
  repeat
    local line, length = sock:read "*L", 0
    if not line then break end
    for header in function() return sock:read "*L" end do
      length = tonumber(header:lower():match "^content%-length:%s*(%d+)") or length
      if header:match "^\r?\n$" then break end
    end
    if length > 0 then sock:read(length) end
    sock:xwrite("HTTP/1.1 202 x\r\nContent-Length: 0\r\n" .. (last and "Connection: close\r\n" or "") .. "\r\n", "bn")
  until last
  sock:close()
end

local function serve(loop, listener, last)
  loop:wrap(function()
    for sock in listener:clients() do
      sock:onerror(function(_, _, why) return why end)
      loop:wrap(function() pcall(converse, sock, last) end)
    end
  end)
end

local function main(dual)
  local cqueues, socket = require "cqueues", require "cqueues.socket"
  local loop = cqueues.new()
  local host, port = "127.0.0.1", 0
  local listener = socket.listen { host = host, port = port, nodelay = true }
  assert(listener:listen())
  port = select(3, listener:localname())
  local deaf = listener
  if dual then
    serve(loop, listener, true)
    host = "::1"
    deaf = socket.listen { host = host, port = port, v6only = true }
    assert(deaf:listen())
  end
  local fillers = deafen(socket, deaf, host, port)
  say("port %d", port)
  local input = { pollfd = 0, events = "r" }
  loop:wrap(function()
    cqueues.poll(input)
    if not io.read "*l" then os.exit(0) end
    for _, filler in ipairs(fillers) do filler:close() end
    require("spec.support.posix").listen(deaf:pollfd(), 128)
    serve(loop, deaf, false)
    say "heard"
    cqueues.poll(input)
    os.exit(0)
  end)
  assert(loop:loop())
end

if arg and arg[0] and arg[0]:match "deaf_server%.lua$" then main(arg[1] == "dual") end

-- ---- the module

local methods = {}
local metatable = { __index = methods }

--- Starts a server on a free port.
-- @tparam[opt] string kind "dual"
-- @treturn table port, url, hear(), stop()
function M.start(kind)
  local child = require("spec.support.process").start({ "lua5.4", "spec/support/deaf_server.lua", kind or "" },
    { stdin = true })
  local port = assert(child:await(function(line) return line:match "^port (%d+)$" end))
  local name = kind == "dual" and "dual.test" or "127.0.0.1"
  return setmetatable({ child = child, port = tonumber(port), url = ("http://%s:%s"):format(name, port) }, metatable)
end

--- From now on it answers.
function methods:hear()
  self.child:write "hear"
  assert(self.child:await(function(line) return line == "heard" or nil end))
end

function methods:stop()
  self.child:stop()
end

return M
