-- SPDX-License-Identifier: MIT
--- Opens a connection for a request, or takes a kept one: connect, CONNECT through a proxy, TLS.
-- Nothing of a request has been written when any of this fails: each failure says sent = "no".
local address = require "azure.signalr.transport.resty.address"
local advice = require "azure.signalr.transport.resty.advice"
local clock = require "azure.signalr.transport.resty.clock"
local http1 = require "azure.signalr.transport.resty.http1"

local M = {}

local now = clock.now

local LONG = 2000000 -- seconds; in milliseconds nginx takes as many as an int holds

local function failed(kind, message) return nil, { kind = kind, message = message, sent = "no" } end

local function connect_failed(target, why) return failed(advice.connect(target, why)) end

local function tls_failed(target, why) return failed(advice.tls(target, why)) end

-- A handshake that ends at once, before nginx had to wait for the other side, makes lua-nginx-module 0.10.23 close the
-- connection but say "done" when the certificate is not good. Trying again nearly always gives the reason.
local function tls_unexplained(target)
  local _, failure = tls_failed(target, nil)
  failure.unexplained = true
  return nil, failure
end

local function tunnel(sock, target, deadline)
  local sent, why = sock:send(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"):format(target.tunnel, target.tunnel,
    address.login_line(target.proxy)))
  if not sent then return failed("proxy", "the proxy does not listen to CONNECT: " .. tostring(why)) end
  local status, kind, message = http1.read_tunnel(sock, now, deadline)
  if not status then
    return failed(kind == "timeout" and kind or "proxy", "the proxy did not answer to CONNECT: " .. message)
  end
  if status < 300 then return true end
  return failed("proxy", ("the proxy refuses the connection with the status %d%s"):format(status,
    status == 407 and ": put user:password@ into the option proxy" or ""))
end

local function greet(sock, target, deadline)
  if target.tunnel then
    local done, failure = tunnel(sock, target, deadline)
    if not done then return nil, failure end
  end
  if target.tls then
    local left = deadline - now()
    if left <= 0 then return tls_failed(target, "timeout") end
    sock:settimeouts(left * 1000 + 1, left * 1000 + 1, left * 1000 + 1)
    local done, why = sock:sslhandshake(false, target.server_name, target.verify)
    if not done then return tls_failed(target, tostring(why)) end
    if not sock:getreusedtimes() then return tls_unexplained(target) end
  end
  return true
end

-- Where localhost is not at 127.0.0.1, it may be at ::1; from then on that is tried first.
local function connect(sock, target)
  local host, other = target.host, target.other_host
  local done, why = sock:connect(host, target.port, target.options)
  if done or not other or why ~= "connection refused" then return done, why end
  if not sock:connect(other, target.port, target.options) then return nil, why end
  target.host, target.other_host = other, host
  return true
end

--- Gives a connection. Waits for one when all of the pool's are in use.
-- @tparam table transport connect_timeout (seconds), is_full (function: whether others have or wait for all
-- connections), out (how many sockets are out, at least), max_connections
-- @param sock new
-- @tparam table target from address.lua
-- @tparam number deadline of the request
-- @treturn boolean|nil whether it is there; its timeouts are set for the deadline
-- @treturn boolean whether it was kept from an earlier request; else: the failure
function M.open(transport, sock, target, deadline)
  local until_open, left
  while true do
    local began = now()
    left = deadline - began
    if left > LONG then left = LONG end
    local limit = left < transport.connect_timeout and left or transport.connect_timeout
    until_open = began + limit
    if limit <= 0 then return connect_failed(target, "timeout") end
    sock:settimeouts(limit * 1000 + 1, left * 1000 + 1, left * 1000 + 1)
    -- Waiting in the pool's queue looks like a slow connect; but it may last as long as the request may.
    local was_full = transport.out > transport.max_connections and transport.is_full()
    local done, why = connect(sock, target)
    if done then break end
    local queued = why == "timeout" and limit < left and (was_full or transport.is_full())
    if not queued then return connect_failed(target, tostring(why)) end
  end
  local reused = sock:getreusedtimes() > 0
  if not reused and (target.tls or target.tunnel) then
    local done, failure = greet(sock, target, until_open)
    if not done then
      sock:close()
      return nil, failure
    end
  end
  local remains = deadline - now()
  if left - remains > 0.001 and remains < LONG then
    if remains <= 0 then
      sock:close()
      return connect_failed(target, "timeout")
    end
    sock:settimeouts(1, remains * 1000 + 1, remains * 1000 + 1)
  end
  return true, reused
end

return M
