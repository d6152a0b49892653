-- SPDX-License-Identifier: MIT
-- The sockets that the server listens on, and the connections that come in by them.
local ce = require "cqueues.errno"
local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local socket = require "cqueues.socket"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.listener" }

-- What "localhost" may mean to a client. The second is left out where there is no IPv6.
local BOTH = { "127.0.0.1", "::1" }
local NO_SUCH_FAMILY = { [ce.EADDRNOTAVAIL] = true, [ce.EAFNOSUPPORT] = true }
local TRIES = 8
local FULL = { [ce.EMFILE] = true, [ce.ENFILE] = true }
local FULL_SECONDS, SAY_AGAIN_SECONDS = 0.25, 10

--- The addresses that a host option means.
-- @tparam ?string host nil or "localhost": both loopback addresses; brackets around IPv6 may be left out
-- @treturn table addresses
function M.addresses(host)
  if host == nil or host == "localhost" then return BOTH end
  return { host:match("^%[(.*)%]$") or host }
end

--- Whether nobody but this machine can reach what listens there.
function M.is_loopback(host)
  for _, address in ipairs(M.addresses(host)) do
    if address ~= "::1" and not address:find("^127%.%d+%.%d+%.%d+$") then return false end
  end
  return true
end

-- One listening socket, or nil, why, errno.
local function open(host, port)
  local one, errno = socket.listen { host = host, port = port, reuseaddr = true }
  if not one then return nil, ce.strerror(errno), errno end
  one:onerror(function(_, _, why) return why end)
  local ok
  ok, errno = one:listen(5)
  if ok then return one end
  one:close()
  return nil, type(errno) == "number" and ce.strerror(errno) or tostring(errno), errno
end

local function port_of(one)
  local _, _, port = one:localname()
  return port
end

local function close_all(list)
  for _, one in ipairs(list) do one:close() end
end

-- All sockets, or nil and what the first that failed is called, why, and errno.
local function open_all(addresses, port)
  local list = {}
  for i, address in ipairs(addresses) do
    local one, why, errno = open(address, list[1] and port_of(list[1]) or port)
    if one then
      list[#list + 1] = one
    elseif not (addresses == BOTH and i == 2 and NO_SUCH_FAMILY[errno]) then
      close_all(list)
      return nil, ("cannot listen on %s port %s: %s"):format(address, port, why), errno
    end
  end
  return list
end

--- Listens.
-- @tparam table addresses what `addresses` gave
-- @tparam number port 0: one that is free at every address
-- @treturn ?table the listener, with `port`; nil otherwise
-- @treturn ?string why not
function M.new(addresses, port)
  local list, why, errno
  for _ = 1, port == 0 and TRIES or 1 do
    list, why, errno = open_all(addresses, port)
    if list or errno ~= ce.EADDRINUSE then break end
  end
  if not list then return nil, why end
  return setmetatable({ sockets = list, port = port_of(list[1]), paused = false, changed = condition.new() }, metatable)
end

--- No more connections are let in.
function methods:pause()
  self.paused = true
  self.changed:signal()
end

-- Nothing can be accepted until something is closed, so the user is told, but not at every try.
local function say_full(self, http, warn, why)
  local now = cqueues.monotime()
  if now < (self.said_full or -math.huge) + SAY_AGAIN_SECONDS then return end
  self.said_full = now
  warn(("no further connection can be accepted: %s, with %d connections; 'ulimit -n' raises the limit"):format(
    why, http.n_connections))
end

local function accept_all(self, one, http, warn)
  while not self.paused do
    local client, errno = one:accept({ nodelay = true }, 0)
    if client then
      http:add_socket(client)
      cqueues.poll() -- a handshake takes its time, and many may wait
    elseif errno == ce.ETIMEDOUT then
      cqueues.poll(one, self.changed)
    elseif FULL[errno] then
      say_full(self, http, warn, ce.strerror(errno))
      -- what was forgotten without being closed is closed by the collector
      if cqueues.poll(http.connection_done, FULL_SECONDS) == FULL_SECONDS then collectgarbage() end
    elseif errno ~= ce.ECONNABORTED then
      warn("accept: " .. ce.strerror(errno))
      cqueues.sleep(FULL_SECONDS)
    end
  end
end

--- Accepts connections, as coroutines of a queue.
-- @param queue a cqueue
-- @param http the lua-http server that serves them
-- @tparam function warn called with a text that the user should read
function methods:serve(queue, http, warn)
  for _, one in ipairs(self.sockets) do queue:wrap(accept_all, self, one, http, warn) end
end

return M
