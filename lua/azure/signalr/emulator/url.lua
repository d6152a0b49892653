-- SPDX-License-Identifier: MIT
--- Percent-encoding, queries, and the base of a URL.
local ascii = require "azure.signalr.emulator.ascii"

local M = {}

--- Undoes percent-encoding; `+` stays what it is.
function M.unescape(s)
  return (s:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

--- Percent-encodes all but `A-Za-z0-9-._~`.
function M.escape(s)
  return (s:gsub("[^A-Za-z0-9%-%._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- Whether every `%` begins a well-formed escape.
function M.well_escaped(s)
  return not s:gsub("%%%x%x", ""):find("%", 1, true)
end

local function form_decode(s)
  return M.unescape((s:gsub("+", " ")))
end

--- Reads a query. Names are compared without case, as the service does.
-- @tparam string text without the leading "?"
-- @treturn table lower-case name -> array of decoded values, in order
-- @treturn table lower-case name -> the name as it was first sent
function M.parse_query(text)
  local query, spelled = {}, {}
  for part in text:gmatch("[^&]+") do
    local name, value = part:match("^([^=]*)=?(.*)$")
    local sent = form_decode(name)
    name = ascii.lower(sent)
    if not query[name] then query[name], spelled[name] = {}, sent end
    table.insert(query[name], form_decode(value))
  end
  return query, spelled
end

--- Splits a path into its raw segments: "/a/b" is { "a", "b" }.
function M.segments(path)
  local list = {}
  for segment in path:gmatch("/([^/]*)") do list[#list + 1] = segment end
  return list
end

local SLASH = 47
local DEFAULT_PORT = { http = "80", https = "443" }

-- scheme, host, port (nil when not written), path prefix without trailing "/"
local function split_base(base)
  local scheme, authority, path = base:match("^([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]+)([^?#]*)$")
  if not scheme then return nil end
  local host, port = authority:match("^(.-):(%d+)$")
  if not host or (host:find("^%[") and not host:find("%]$")) then host, port = authority, nil end
  local last = #path
  while path:byte(last) == SLASH do last = last - 1 end
  return ascii.lower(scheme), ascii.lower(host), port, path:sub(1, last)
end

local SCHEMES = { http = true, https = true }

--- Checks the base URL of an endpoint, as a user writes it.
-- @treturn true|nil
-- @treturn string|nil what is wrong
function M.check_base(base)
  if base:find("[?#]") then return nil, "it must have no query and no fragment" end
  local scheme, host, port, path = split_base(base)
  if not SCHEMES[scheme] then return nil, "it must begin with http:// or https:// and name a host" end
  if not host:find("^[a-z0-9._~%-]+$") and not host:find("^%[[a-f0-9:.]+%]$") then
    return nil, ("'%s' is no name or address of a host"):format(ascii.clean(host, 100))
  end
  if port and (#port > 5 or tonumber(port) < 1 or tonumber(port) > 65535) then
    return nil, "its port must be a number from 1 to 65535"
  end
  if path:find("[^!-~]") then return nil, "its path must be percent-encoded" end
  return true
end

--- Whether `given` names the same endpoint as `base`; `given` may leave the port out.
function M.same_base(given, base)
  local scheme, host, port, path = split_base(given)
  local base_scheme, base_host, base_port, base_path = split_base(base)
  if not scheme or scheme ~= base_scheme or host ~= base_host or path ~= base_path then return false end
  return port == nil or port == (base_port or DEFAULT_PORT[base_scheme])
end

return M
