-- SPDX-License-Identifier: MIT
--- Where requests go: origins of URLs, the proxy before them, and the names of the pools in which nginx keeps their
-- connections. A pool is known by its name alone, to all Lua code of a worker, so that the name holds everything that
-- makes two connections differ.
local core = require "azure.signalr.core"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.transport.resty.addresses" }

local function bracketed(host)
  if host:find(":", 1, true) and host:sub(1, 1) ~= "[" then return "[" .. host .. "]" end
  return host
end

-- A dot at the end is for name servers; certificates and TLS know names without.
local function undotted(host) return host:match("^(.*[^.])%.$") or host end

-- nginx's resolver asks name servers only, and RFC 6761 says what they need not be asked. Second result: where to go
-- when nobody listens there.
local function place_of(host)
  local name = undotted(host)
  if name == "localhost" or name:find("%.localhost$") then return "127.0.0.1", "[::1]" end
  return bracketed(host)
end

-- TLS has no IP addresses for names, and nginx compares none: without a name it would compare nothing.
local function tls_name_of(host, verify)
  local is_ip = host:find("^[%d.]+$") or host:find(":", 1, true)
  if verify or not is_ip then return undotted(host) end
end

local default_port = { http = 80, https = 443 }

--- Makes the addresses of a transport.
-- @tparam table config verify, proxy, max_connections, max_in_flight, idle_timeout
-- @tparam table|nil proxy from azure.signalr.proxy
function M.new(config, proxy)
  return setmetatable({
    proxy = proxy, verify = config.verify ~= false, targets = {},
    pool_size = config.max_connections, backlog = config.max_in_flight - config.max_connections,
    idle = config.idle_timeout,
  }, metatable)
end

local function name_pool(target)
  target.options = {
    pool = target.name .. "|" .. ("%d"):format(target.generation),
    pool_size = target.pool_size, backlog = target.backlog,
  }
end

local function authority_of(url)
  local port = url.port ~= default_port[url.scheme] and (":%d"):format(url.port) or ""
  return bracketed(url.host) .. port
end

local function proxied(self, target, url)
  local proxy = self.proxy
  target.host, target.other_host = place_of(proxy.host)
  target.port, target.proxy = proxy.port, proxy
  if target.tls then
    target.tunnel = ("%s:%d"):format(bracketed(url.host), url.port)
  else
    target.before_path = "http://" .. authority_of(url)
  end
end

-- A login as a part of a pool's name, which is no secret: nobody can try passwords on it without this process' key.
local names = core.signer(("%.0f %.0f"):format(core.chance() * 2 ^ 53, core.chance() * 2 ^ 53))

-- What tells connections of one proxy and login from others.
local function name_of(proxy)
  local basic = proxy:basic()
  return ("%s:%d:%s"):format(proxy.host, proxy.port, basic and names:sign("", basic):match("[^.]*$") or "")
end

--- What a request to a proxy has to say besides: its login, if there is one. Made anew each time, and kept nowhere.
-- @tparam table proxy
-- @treturn string header lines, or ""
function M.login_line(proxy)
  local basic = proxy:basic()
  return basic and "Proxy-Authorization: Basic " .. ngx.encode_base64(basic) .. "\r\n" or ""
end

local function make(self, origin)
  local url = core.parse_url(origin .. "/")
  if not url then return nil end
  local tls = url.scheme == "https"
  local host, other_host = place_of(url.host)
  local target = {
    origin = origin, host = host, other_host = other_host, port = url.port, tls = tls,
    server_name = tls_name_of(url.host, self.verify),
    before_path = "", after_path = " HTTP/1.1\r\nHost: " .. authority_of(url) .. "\r\n",
    verify = self.verify, generation = 1, pool_size = self.pool_size, backlog = self.backlog > 0 and self.backlog or 0,
  }
  if self.proxy then proxied(self, target, url) end
  target.name = table.concat({
    "azure.signalr", url.scheme, url.host, ("%d"):format(url.port), tls and (self.verify and "verified" or "any") or "",
    self.proxy and name_of(self.proxy) or "",
    ("%d+%d+%s"):format(target.pool_size, target.backlog, self.idle and core.json_encode(self.idle) or ""),
  }, "|")
  name_pool(target)
  return target
end

--- The target of a URL.
-- @tparam string url absolute
-- @treturn table|nil target: host, other_host (when nobody listens there), port, tls, server_name, verify, options (for
-- connect), proxy, tunnel (where it is to lead), before_path, after_path
-- @treturn string what stands in the request line
function methods:of(url)
  local slash = url:find("/", 9, true)
  if not slash then return nil end
  local origin = url:sub(1, slash - 1)
  local target = self.targets[origin]
  if not target then
    target = make(self, origin)
    if not target then return nil end
    self.targets[origin] = target
  end
  return target, url:sub(slash)
end

--- Leaves the kept connections of a target alone from now on: one of them turned out to be dead, and what closed it
-- (a restart, a limit on idle time) will have closed its neighbours. They go when their idle time is over.
-- @tparam table target
-- @tparam table options with which the dead connection was taken; another request may have been here before
function M.renew(target, options)
  if target.options ~= options then return end
  target.generation = target.generation + 1
  name_pool(target)
end

return M
