-- SPDX-License-Identifier: MIT
--- The option proxy, read once: where a client or a transport is made, not at its calls. What is said of a proxy never
-- shows its user name and password, nor any part of a text that was not understood.
local core = require "azure.signalr.core"
local globals = require "azure.signalr.globals"

local setmetatable, tonumber, type = setmetatable, tonumber, type
local string = globals.string
local find, format, gsub, match, sub = string.find, string.format, string.gsub, string.match, string.sub
local char = globals.string.char

local M = {}

local Proxy = { __name = "azure.signalr.proxy" }
local methods = {}
Proxy.__index = methods

local ports = { http = 80, https = 443, socks4 = 1080, socks4a = 1080, socks5 = 1080, socks5h = 1080 }

local ENCODE = "; in a user name or password write / ? # @ and spaces as %2F %3F %23 %40 %20"

local function bracketed(host)
  if find(host, ":", 1, true) and sub(host, 1, 1) ~= "[" then return "[" .. host .. "]" end
  return host
end

-- [user[:password]@]host[:port], and nothing behind it but a slash.
local function split(rest)
  local authority, behind = match(rest, "^([^/?#\\]*)(.*)$")
  if behind ~= "" and behind ~= "/" then return nil, "must end after host and port" .. ENCODE end
  local login, place = match(authority, "^(.*)@([^@]*)$")
  if not login then return nil, nil, authority end
  local plain = gsub(login, "%%[0-9A-Fa-f][0-9A-Fa-f]", "")
  if find(plain, "[^A-Za-z0-9._~!$&'()*+,;=:-]") then
    return nil, "has a character in its user name or password that must be percent-encoded" .. ENCODE
  end
  if find(login, "^:") or login == "" or find(login, "%%[01][0-9A-Fa-f]") or find(login, "%%7[Ff]") then
    return nil, "must have a user name before its password, and no control characters in either"
  end
  return login, nil, place
end

--- Reads a proxy's URL.
-- @tparam string text [scheme://][user[:password]@]host[:port]; http is the scheme that need not be said
-- @treturn table|nil scheme, host, port
-- @treturn string what is wrong, without any part of the text
function M.read(text)
  local scheme, rest = match(text, "^([A-Za-z][A-Za-z0-9+.-]*)://(.*)$")
  scheme = core.lower(scheme or "http")
  if not ports[scheme] then return nil, "must be of http, https, socks4, socks4a, socks5 or socks5h" end
  local login, problem, place = split(rest or text)
  if problem then return nil, problem end
  local url
  url, problem = core.parse_url("http://" .. place)
  if not url then return nil, (gsub(problem, "^URL ", "")) end
  return setmetatable({
    scheme = scheme, host = url.host, port = find(place, ":[0-9]+$") and url.port or ports[scheme],
    login = login and core.secret(login),
  }, Proxy)
end

--- The proxy that a transport was made with: a text, or what read gave.
-- @treturn table|nil
-- @treturn string what is wrong
function M.of(given)
  if type(given) == "string" then return M.read(given) end
  return given
end

--- Where it is, with the port always.
function methods:origin() return format("%s://%s:%d", self.scheme, bracketed(self.host), self.port) end

--- The whole URL, secret and all, for who has to open connections; it is not to be kept in a table.
function methods:url()
  if not self.login then return self:origin() end
  return format("%s://%s@%s:%d", self.scheme, self.login:text(), bracketed(self.host), self.port)
end

--- User name and password as Basic authorization wants them, or nil.
-- @treturn string|nil "user:password"
function methods:basic()
  local login = self.login and self.login:text()
  if not login then return nil end
  if not find(login, ":", 1, true) then login = login .. ":" end
  return (gsub(login, "%%(%x%x)", function(digits) return char(tonumber(digits, 16)) end))
end

function Proxy.__tostring(self) return self:origin() end

return M
