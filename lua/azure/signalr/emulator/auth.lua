-- SPDX-License-Identifier: MIT
--- Who may do what: tokens of REST requests and of clients, each check with its own message.
local ascii = require "azure.signalr.emulator.ascii"
local base64 = require "azure.signalr.emulator.base64"
local jwt = require "azure.signalr.emulator.jwt"
local url = require "azure.signalr.emulator.url"

local M = {}

--- Seconds by which the clocks of signer and emulator may differ.
M.SKEW = 30

local Auth = {}
Auth.__index = Auth

--- @tparam table options access_key, now, hmac, random_id, endpoints (function(base) -> boolean), lax
function M.new(options)
  local self = setmetatable({ access_key = options.access_key, now = options.now, hmac = options.hmac,
    endpoints = options.endpoints, lax = options.lax }, Auth)
  self.key_id = options.random_id()
  self.exchanged_key = base64.encode(self.hmac(self.access_key, "exchanged key " .. self.key_id))
  return self
end

--- The token of a request: the bearer, or for clients `access_token` of the query.
function M.token_of(headers, query)
  local bearer = (headers.authorization or ""):match("^[Bb][Ee][Aa][Rr][Ee][Rr] +([^ \t]+)[ \t]*$")
  return bearer or (query and query.access_token and query.access_token[1])
end

-- One time claim: absent (nil), a number, or false when it is something else.
local function time_claim(claims, name)
  local value = claims[name]
  if value == nil then return nil end
  return type(value) == "number" and value
end

local function check_lifetime(claims, now)
  local exp, nbf = time_claim(claims, "exp"), time_claim(claims, "nbf")
  if not exp then return nil, "the token has no exp, or one that is not a number" end
  if nbf == false then return nil, "the token's nbf is not a number" end
  if now >= exp + M.SKEW then
    return nil, ("the token expired %.0f seconds ago (exp %.0f)"):format(now - exp, exp)
  end
  if nbf and now < nbf - M.SKEW then
    return nil, ("the token is not valid for another %.0f seconds (nbf %.0f)"):format(nbf - now, nbf)
  end
  return true
end

function Auth:base_accepted(given, base)
  if url.same_base(given, base) then return true end
  return self.endpoints ~= nil and self.endpoints(given) and true or false
end

-- The query an older SDK's audience carries: `?[application=..&]api-version=..`, as in the request.
local function old_query_fits(text, query)
  for name, values in pairs(url.parse_query(text)) do
    local sent = query[name] and query[name][1]
    if (name ~= "application" and name ~= "api-version") or not sent then return false end
    if #values ~= 1 or ascii.lower(values[1]) ~= ascii.lower(sent) then return false end
  end
  return true
end

local function rest_audience_fits(self, aud, req, query)
  local place, tail = aud:match("^([^?]*)%??(.*)$")
  if place:sub(-#req.path) ~= req.path then return false end
  return self:base_accepted(place:sub(1, -#req.path - 1), req.base) and old_query_fits(tail, query)
end

local function client_audience_fits(self, aud, req, hub)
  local place, tail = aud:match("^([^?]*)%??(.*)$")
  local base = place:match("^(.*)/client/?$")
  local named = url.parse_query(tail).hub
  if not base or not named or #named ~= 1 or ascii.lower(named[1]) ~= hub then return false end
  return self:base_accepted(base, req.base)
end

local function any_audience(claims, fits)
  local list = type(claims.aud) == "table" and claims.aud or { claims.aud }
  for _, aud in ipairs(list) do
    if type(aud) == "string" and fits(aud) then return true end
  end
  return false
end

local function show_audience(aud)
  if type(aud) == "string" then return ("'%s'"):format(ascii.clean(aud, 300)) end
  return type(aud) == "table" and "a list" or "absent"
end

-- signature, then lifetime, then audience: the claims, or nil and the first check that failed
local function check(self, text, fits, wanted)
  if not text then
    return nil, "there is no token: send Authorization: Bearer <token>"
  end
  local token, message = jwt.read(text)
  if not token then return nil, message end
  local key = token.header.kid == self.key_id and self.exchanged_key or self.access_key
  local ok
  ok, message = jwt.verify(token, key, self.hmac)
  if not ok then return nil, message end
  ok, message = check_lifetime(token.claims, self.now())
  if not ok then return nil, message end
  if not any_audience(token.claims, fits) then
    return nil, ("the audience (aud) is %s, expected '%s'"):format(
      show_audience(token.claims.aud), ascii.clean(wanted, 300))
  end
  return token.claims
end

--- Checks a REST request.
-- @treturn table|nil the claims
-- @treturn string|nil the check that failed
function Auth:check_rest(req, query)
  if self.lax then return {} end
  return check(self, M.token_of(req.headers), function(aud)
    return rest_audience_fits(self, aud, req, query)
  end, req.base .. req.path)
end

--- Checks a client's request; a lax emulator takes the claims of any token, or of none.
-- @tparam table req
-- @tparam string|nil token what `token_of` found
-- @tparam string hub lower-case
function Auth:check_client(req, token, hub)
  if self.lax then return (jwt.read(token or "") or { claims = {} }).claims end
  return check(self, token, function(aud)
    return client_audience_fits(self, aud, req, hub)
  end, req.base .. "/client/?hub=" .. url.escape(hub))
end

--- The user a client's claims name: asrs.s.uid, else nameid.
function M.user_of(claims)
  for _, name in ipairs { "asrs.s.uid", "nameid" } do
    local value = claims[name]
    if type(value) == "string" and value ~= "" then return value end
  end
  return nil
end

--- When a client's connection is to be closed (asrs.s.coae); nil for never.
function M.expiry_of(claims)
  local close = claims["asrs.s.coae"]
  if close ~= true and ascii.lower(tostring(close)) ~= "true" then return nil end
  return tonumber(claims["asrs.s.aeo"]) or tonumber(claims.exp)
end

return M
