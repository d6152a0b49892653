-- SPDX-License-Identifier: MIT
--- Where requests go and for which URL they are signed: the two differ with a server endpoint.
local core = require "azure.signalr.core"
local globals = require "azure.signalr.globals"

local error, setmetatable = error, setmetatable
local string = globals.string
local find, format, gsub, match, sub = string.find, string.format, string.gsub, string.match, string.sub

local M = {}

local default_port = { http = 80, https = 443 }

local function host_of(url)
  if find(url.host, ":", 1, true) and sub(url.host, 1, 1) ~= "[" then return "[" .. url.host .. "]" end
  return url.host
end

local function origin_of(url)
  local port = url.port ~= default_port[url.scheme] and ":" .. format("%d", url.port) or ""
  return url.scheme .. "://" .. host_of(url) .. port
end

local function base_of(text)
  local url, problem = core.parse_url(text)
  if not url then error(problem) end
  local path = gsub(url.path, "/+$", "")
  return { scheme = url.scheme, origin = origin_of(url), path = path, text = origin_of(url) .. path }
end

local Router = { __name = "azure.signalr.router" }
local methods = {}
Router.__index = methods

--- Makes a router.
-- @tparam string endpoint what tokens are signed for
-- @tparam string|nil server_endpoint where requests go instead
-- @treturn table with server and audience, to which paths are appended
function M.new(endpoint, server_endpoint)
  local own = base_of(endpoint)
  local server = server_endpoint and base_of(server_endpoint) or own
  return setmetatable({ server = server.text, audience = own.text, bases = { server, own } }, Router)
end

-- Without its query, in which a token for the next page is.
local function refuse(link, why)
  return nil, format("the service's nextLink %s is not followed: %s", sub(match(link, "^[^?#]*"), 1, 120), why)
end

local function has_dots(path)
  local decoded = gsub(path, "%%2[eE]", ".") .. "/"
  return find(decoded, "/../", 1, true) or find(decoded, "/./", 1, true)
end

-- An absolute URL for a reference, by RFC 3986 against the endpoint; one that is a query alone is for the page that it
-- came with. Segments of dots are left in, and refused later.
local function resolve(self, link, page)
  local base = self.bases[1]
  if find(link, "^[A-Za-z][A-Za-z0-9+.-]*:") then return link end
  if sub(link, 1, 2) == "//" then return base.scheme .. ":" .. link end
  if sub(link, 1, 1) == "/" then return base.origin .. link end
  if sub(link, 1, 1) == "?" then return match(page, "^[^?]*") .. link end
  return base.text .. "/" .. link
end

--- Turns a nextLink into a place of our own endpoint.
-- @tparam string link a URL, absolute or relative
-- @tparam string page the URL of the page that it came with
-- @treturn table|nil with url and audience, as request.target gives them
-- @treturn string why not
function methods:follow(link, page)
  if find(link, "[^\33-\126]") or find(link, "[\\#]") then return refuse(link, "it holds characters no URL has") end
  local url, problem = core.parse_url(resolve(self, link, page))
  if not url then return refuse(link, problem) end
  local origin = origin_of(url)
  for i = 1, #self.bases do
    local base = self.bases[i]
    local inside = sub(url.path, 1, #base.path + 5) == base.path .. "/api/"
    if origin == base.origin and inside and not has_dots(url.path) then
      local path = sub(url.path, #base.path + 1)
      return { url = self.server .. path .. "?" .. (url.query or ""), audience = self.audience .. path }
    end
  end
  return refuse(link, "it leads away from " .. self.bases[1].text)
end

return M
