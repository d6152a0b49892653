-- SPDX-License-Identifier: MIT
--- The negotiate endpoint: who may connect, and as whom, is decided by a function; the token is signed here.
local check = require "azure.signalr.check"
local core = require "azure.signalr.core"

local M = {}

local where = "resty.negotiate"

local function origins(value, _, name)
  if value == "*" then return end
  if type(value) ~= "table" then check.fail('%s: %s must be "*" or an array of origins', where, name) end
  for i = 1, check.array(value, where, name, " of origins") do
    if type(value[i]) ~= "string" or not value[i]:find("^https?://[^/]+$") then
      check.fail("%s: %s[%d] must be an origin such as https://app.example", where, name, i)
    end
  end
end

local handler_options = { origins = origins, max_age = check.integer(0, 86400) }

-- A browser sends cookies along only to who is named: with "*" a page of anybody's gets a token, but not for the
-- person who is logged in here.
local function allow_origin(allowed, origin)
  if allowed == "*" then return "*", nil end
  if allowed[origin] then return origin, "true" end
end

local function set_cors(self)
  local origin = ngx.var.http_origin
  if self.allowed ~= "*" then ngx.header["Vary"] = "Origin" end
  if not origin then return end
  local name, credentials = allow_origin(self.allowed, origin)
  ngx.header["Access-Control-Allow-Origin"] = name
  ngx.header["Access-Control-Allow-Credentials"] = credentials
  return name
end

-- What a browser asks before it sends SignalR's own headers to another origin.
local function preflight(self)
  if set_cors(self) then
    ngx.header["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
    ngx.header["Access-Control-Allow-Headers"] = ngx.var.http_access_control_request_headers
    ngx.header["Access-Control-Max-Age"] = tostring(self.max_age)
  end
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

local function refuse(status, message)
  status = type(status) == "number" and status or 401
  answer(status, { { "error", type(message) == "string" and message or "you may not connect" } })
end

local function negotiate(self)
  local options, status, message = self.decide()
  if not options then return refuse(status, message) end
  local place, err = self.hub:negotiate(options)
  if place then return answer(200, { { "url", place.url }, { "accessToken", place.accessToken } }) end
  if err.kind == "invalid" then return refuse(400, err.message) end
  ngx.log(ngx.ERR, "negotiate: ", tostring(err))
  refuse(500, "no token could be made")
end

--- Makes the handler of a negotiate location, for content_by_lua. It answers GET and POST, and OPTIONS for browsers.
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
  local self = { hub = hub, decide = decide, max_age = given.max_age or 600, allowed = "*" }
  if type(given.origins) == "table" then
    self.allowed = {}
    for _, origin in ipairs(given.origins) do self.allowed[origin] = true end
  end
  return function()
    local method = ngx.req.get_method()
    if method == "OPTIONS" then return preflight(self) end
    set_cors(self)
    if method == "POST" or method == "GET" then return negotiate(self) end
    ngx.header["Allow"] = "GET, POST, OPTIONS"
    refuse(405, "GET or POST")
  end
end

return M
