-- SPDX-License-Identifier: MIT
--- The negotiate endpoint: who may connect, and as whom, is decided by a function; the token is signed here.
local check = require "azure.signalr.check"
local core = require "azure.signalr.core"
local errors = require "azure.signalr.errors"

local M = {}

local where = "resty.negotiate"

local METHODS = "GET, POST, OPTIONS"
local default_ports = { http = "80", https = "443" }

-- As browsers write it: in lower case, without the port that goes without saying. Shells of apps have schemes of their
-- own (capacitor://localhost).
local function origin_of(text)
  local scheme, host, port = core.lower(text):match("^([a-z][a-z0-9+.-]*)://([^/?#@%s]+)$")
  if not scheme then return nil end
  if not host:find("^%[[^%]]*%]$") then
    local name, digits = host:match("^(.*):(%d+)$")
    if name then host, port = name, digits end
  end
  if port == default_ports[scheme] then port = nil end
  return scheme .. "://" .. host .. (port and ":" .. port or "")
end

local function origins(value, _, name)
  if value == "*" then return nil end
  if type(value) ~= "table" then check.fail('%s: %s must be "*" or an array of origins', where, name) end
  local allowed = {}
  for i = 1, check.array(value, where, name, " of origins") do
    local origin = type(value[i]) == "string" and origin_of(value[i])
    if not origin then
      check.fail("%s: %s[%d] must be an origin such as https://app.example, with no path", where, name, i)
    end
    allowed[origin] = true
  end
  return allowed
end

local handler_options = { origins = origins, max_age = check.integer(0, 86400) }

-- A browser sends cookies along only to who is named: with "*" a page of anybody's gets a token, but not for the
-- person who is logged in here.
local function allow_origin(allowed, origin)
  if allowed == "*" then return "*", nil end
  if allowed[origin] then return origin, "true" end
end

local function vary()
  local already = ngx.header["Vary"]
  if type(already) == "table" then already = table.concat(already, ", ") end
  ngx.header["Vary"] = already and already .. ", Origin" or "Origin"
end

local function set_cors(self)
  local origin = ngx.var.http_origin
  if self.allowed ~= "*" then vary() end
  if not origin then return end
  local name, credentials = allow_origin(self.allowed, origin)
  ngx.header["Access-Control-Allow-Origin"] = name
  ngx.header["Access-Control-Allow-Credentials"] = credentials
  return name
end

-- What a browser asks before it sends SignalR's own headers to another origin.
local function preflight(self)
  if set_cors(self) then
    ngx.header["Access-Control-Allow-Methods"] = METHODS
    ngx.header["Access-Control-Allow-Headers"] = ngx.var.http_access_control_request_headers
    ngx.header["Access-Control-Max-Age"] = tostring(self.max_age)
  end
  ngx.header["Allow"] = METHODS
  ngx.status = 204
end

local function answer(status, members)
  local parts = {}
  for i, member in ipairs(members) do
    parts[i] = core.json_encode(member[1]) .. ":" .. core.json_encode(member[2])
  end
  local text = "{" .. table.concat(parts, ",") .. "}"
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.header["Cache-Control"] = "no-store"
  ngx.header["Content-Length"] = #text
  ngx.print(text)
end

-- The message may show what a visitor sent.
local function refuse(status, message)
  answer(status, { { "error", type(message) == "string" and core.clean(message, 500) or "you may not connect" } })
end

-- A mistake of the program's: the visitor learns nothing of it, but a page of another origin that there is an answer.
local function broken(problem)
  ngx.log(ngx.ERR, "negotiate: ", problem)
  refuse(500, "no token could be made")
end

local function turn_away(status, message)
  if status == nil then status = 401 end
  if type(status) == "number" and status >= 400 and status <= 599 and status % 1 == 0 then
    return refuse(status, message)
  end
  broken("decide returned nil and, as the status, " .. check.shown(status) .. ", which refuses nobody")
end

-- What a visitor's own data may have brought about.
local outside = { invalid = true, uri_too_long = true }

local function negotiate(self)
  local ran, options, status, message = xpcall(self.decide, debug.traceback)
  if not ran then return broken("decide threw: " .. errors.text(options)) end
  if not options then return turn_away(status, message) end
  local signed, place, err = pcall(self.hub.negotiate, self.hub, options)
  if not signed then return broken("what decide returned is not understood: " .. errors.text(place)) end
  if place then return answer(200, { { "url", place.url }, { "accessToken", place.accessToken } }) end
  if outside[err.kind] then return refuse(400, err.message) end
  broken(tostring(err))
end

--- Makes the handler of a negotiate location, for content_by_lua. It answers GET and POST, and OPTIONS for browsers.
-- What a visitor sent and no token can hold is answered with 400, a mistake of decide's with 500 and a line in the log;
-- pages of the origins may read that, too.
-- @tparam table hub of a client
-- @tparam function decide () -> the options of hub:negotiate ({ user_id =, claims =, ... }) | nil, status (401),
-- message: called in the request, with ngx at hand
-- @tparam table|nil given origins (an array: pages from there may connect with their cookies; "*", the default: pages
-- from anywhere, without cookies), max_age (seconds for which a browser remembers that; 600)
-- @treturn function
function M.new(hub, decide, given, ...)
  check.count(where, 3, ...)
  if check.kind_of(hub) ~= "azure.signalr.hub" then
    check.fail("%s: hub must be a hub handle, got %s", where, check.kind_of(hub))
  end
  check.type("function")(decide, where, "decide")
  given = check.options(given, handler_options, where)
  local self = { hub = hub, decide = decide, max_age = given.max_age or 600, allowed = given.origins or "*" }
  return function()
    local method = ngx.req.get_method()
    if method == "OPTIONS" then return preflight(self) end
    set_cors(self)
    if method == "POST" or method == "GET" then return negotiate(self) end
    ngx.header["Allow"] = METHODS
    refuse(405, "GET or POST")
  end
end

return M
