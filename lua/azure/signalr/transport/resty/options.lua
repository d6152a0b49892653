-- SPDX-License-Identifier: MIT
--- What nginx and its sockets can honour of a client's options.
local check = require "azure.signalr.check"
local proxies = require "azure.signalr.proxy"

local M = {}

local where = "signalr.new (inside nginx)"

-- The first versions with what is made use of, as their ngx_lua_version and as people know them.
local oldest = {
  http = { 10014, "lua-nginx-module 0.10.14 (OpenResty 1.15.8)" },
  stream = { 8, "stream-lua-nginx-module 0.0.8 (OpenResty 1.17.8)" },
}

local function refuse_old_modules()
  local known = oldest[ngx.config.subsystem]
  local version = ngx.config.ngx_lua_version
  if not known or version >= known[1] then return end
  check.fail("%s: %s or a later one is needed; the version of this one is %d.%d.%d", where, known[2],
    math.floor(version / 1000000), math.floor(version / 1000) % 1000, version % 1000)
end

-- What a socket of nginx cannot honour must not be silently left out.
local function refuse_options(config)
  for _, name in ipairs { "ca_file", "ca_path" } do
    if config[name] then
      check.fail("%s: %s cannot be set for a socket of nginx: put lua_ssl_trusted_certificate (and "
        .. "lua_ssl_verify_depth) into nginx.conf", where, name)
    end
  end
  for _, name in ipairs { "io_thread", "spawn_yield" } do
    if config[name] then
      check.fail("%s: %s is for hosts that own the loop: leave it out, client:spawn and enqueue never block nginx's",
        where, name)
    end
  end
end

--- Refuses what cannot be, and reads the proxy.
-- @tparam table config of a transport
-- @treturn table|nil proxy
-- @raise for options that a socket of nginx cannot honour, and in an nginx that is too old
function M.read(config)
  refuse_old_modules()
  refuse_options(config)
  local proxy, problem = proxies.of(config.proxy)
  if problem then check.fail("%s: proxy %s", where, problem) end
  if proxy and proxy.scheme ~= "http" then
    check.fail("%s: proxy must be of http: nginx cannot speak TLS within TLS, nor SOCKS", where)
  end
  return proxy
end

return M
