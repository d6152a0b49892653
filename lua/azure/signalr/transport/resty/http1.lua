-- SPDX-License-Identifier: MIT
--- Reads one HTTP/1.1 answer from a socket with nginx's methods receiveany and settimeout: feeds what comes to the
-- core's reader (csrc/core/http1.h has its rules). Every wait ends at the deadline, however slowly bytes drip in.
local core = require "azure.signalr.core"

local M = {}

local http_reader = core.http_reader

local READ = 65536 -- bytes to take at once; nginx gives at most what its buffer holds
local LARGEST = 2147483648 -- bytes of a body, where nobody says less
local TUNNEL_MAX = 16384

local BROKE, LATE = "the connection broke before the answer was whole", "the answer did not come in time"

-- Headers of most answers are never looked at: the table is filled when one is.
local unread = { __name = "azure.signalr.headers" }

function unread.__index(headers, name)
  local reader = rawget(headers, 1)
  headers[1] = nil
  return reader:headers(setmetatable(headers, nil))[name]
end

local function reply_of(reader, truncated)
  local status, body = reader:reply()
  return {
    status = status, headers = setmetatable({ reader }, unread), body = body, truncated = truncated, time = 0,
    reused = false,
  }
end

local function receive(sock)
  local data, why = sock:receiveany(READ)
  if data then return data end
  if why == "timeout" then return nil, "timeout", LATE end
  return nil, "reset", BROKE .. " (" .. tostring(why) .. ")", why
end

local function receive_until(sock, left)
  if left <= 0 then return nil, "timeout", LATE end
  sock:settimeout(left < 2000000 and left * 1000 + 1 or 2000000000)
  return receive(sock)
end

-- The connection has ended: what is here may be the answer, a part of it, or nothing.
local function end_of(reader, kind, message, why)
  if why == "closed" and reader:ended() then return reply_of(reader), false end
  local _, has_head = reader:began()
  if kind == "reset" and has_head then return reply_of(reader, true), false end
  return nil, kind, message, false
end

--- Reads the answer to one request. The socket's timeout has been set for the deadline.
-- @param sock a connected socket: receiveany(max), settimeout(milliseconds)
-- @tparam function now
-- @tparam number deadline in its terms
-- @tparam number|nil max bytes of the body
-- @tparam boolean|nil head_only true after HEAD
-- @treturn table|nil reply: status, headers, body; truncated when the connection broke inside the body
-- @treturn boolean whether the connection may carry another request; without a reply: the kind of failure
-- @treturn string|nil message; with a reply: whether bytes came behind it
-- @treturn boolean|nil silent: whether not one byte had come
function M.read(sock, now, deadline, max, head_only)
  local data, kind, message = receive(sock)
  if not data then return nil, kind, message, true end
  local reader = http_reader(head_only, max or LARGEST)
  local whole, why
  repeat
    whole, kind, message = reader:feed(data)
    if whole == nil then return nil, kind, message, false end
    if whole then return reply_of(reader), reader:keeps() end
    data, kind, message, why = receive_until(sock, deadline - now())
  until not data
  return end_of(reader, kind, message, why)
end

--- Reads the answer of a proxy to CONNECT, which has a head and, when it agrees, nothing else.
-- @treturn number|nil status
-- @treturn string kind of failure
-- @treturn string message
function M.read_tunnel(sock, now, deadline)
  local reply, kind, message = M.read(sock, now, deadline, TUNNEL_MAX, true)
  if not reply then return nil, kind, message end
  if reply.status < 300 and message then return nil, "protocol", "bytes follow the proxy's agreement" end
  return reply.status
end

return M
