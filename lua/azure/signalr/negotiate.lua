-- SPDX-License-Identifier: MIT
--- The answer to a client's negotiate request, signed here: with the client's access key, or else with one that the
-- service lends.
local core = require "azure.signalr.core"
local bytes = require "azure.signalr.bytes"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local handle = require "azure.signalr.handle"
local op = require "azure.signalr.operations"
local renewal = require "azure.signalr.renewal"

local M = {}

local where = "hub:negotiate"
local max_token = 4096 -- characters; a client sends it in the query

-- Claims of these names are the token's own: a user's go under another name, as Microsoft's SDK does it.
local reserved = {}
for name in ("aud exp iat nbf iss actort acr azp c_hash jti nonce"):gmatch("%S+") do reserved[name] = true end

local function encode(value, name)
  local text, problem = core.json_encode(value, name)
  if not text then check.fail("%s: %s", where, problem) end
  return text
end

-- The service lets such claims choose the user id and more: they must not come from a caller's data.
local function claim_name(name, path)
  if type(name) ~= "string" or name == "" then check.fail("%s: %s must be named by a non-empty string", where, path) end
  check.text(name, where, path)
  local lower = core.lower(name)
  if lower:sub(1, 7) == "asrs.s." then
    check.fail("%s: %s: claims that begin with asrs.s. are the service's own and are refused", where, path)
  end
  if lower == "nameid" then
    check.fail("%s: %s: the claim nameid would choose the user id: use the option user_id", where, path)
  end
  return reserved[name] and "asrs.u." .. name or name
end

local function is_array(value)
  return type(value) == "table" and getmetatable(value) == nil and #value > 0
end

local Claims = {}
Claims.__index = Claims

function Claims:add(name, text)
  local values = self.values[name]
  if not values then
    values = {}
    self.values[name] = values
    self.names[#self.names + 1] = name
  end
  values[#values + 1] = text
end

function Claims:add_user(name, value, path)
  if value == nil then check.fail("%s: %s has no value", where, path) end
  name = claim_name(name, path)
  if not is_array(value) then return self:add(name, encode(value, path)) end
  for i = 1, #value do self:add(name, encode(value[i], ("%s[%d]"):format(path, i))) end
end

function Claims:json()
  local parts = {}
  for i, name in ipairs(self.names) do
    local values = self.values[name]
    local text = #values == 1 and values[1] or "[" .. table.concat(values, ",") .. "]"
    parts[i] = encode(name, "claim") .. ":" .. text
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- claims: name -> value, or an array of { name, value }, which keeps the order.
local function add_claims(claims, given)
  if type(given) ~= "table" then check.fail("%s: claims must be a table, got %s", where, check.kind_of(given)) end
  local names = {}
  for name in pairs(given) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  bytes.sort(names)
  for _, name in ipairs(names) do claims:add_user(name, given[name], ("claims[%q]"):format(name)) end
  for i, pair in ipairs(given) do
    local path = ("claims[%d]"):format(i)
    if type(pair) ~= "table" then check.fail("%s: %s must be a pair { name, value }", where, path) end
    claims:add_user(pair[1], pair[2], path)
  end
end

local flag = check.type("boolean")

local negotiate_options = {
  user_id = check.id, claims = check.type("table"), expires_in = check.integer(1, 2147483647),
  close_on_expiry = flag, diagnostic = flag, detailed_errors = flag,
}

local function claims_of(options, expires)
  local claims = setmetatable({ names = {}, values = {} }, Claims)
  if options.user_id then claims:add("asrs.s.uid", encode(options.user_id, "user_id")) end
  if options.diagnostic then claims:add("asrs.s.dc", '"true"') end
  if options.detailed_errors then claims:add("asrs.s.derror", '"True"') end
  if options.close_on_expiry then
    claims:add("asrs.s.coae", '"true"')
    claims:add("asrs.s.aeo", '"' .. check.digits(expires) .. '"')
  end
  if options.claims then add_claims(claims, options.claims) end
  return #claims.names > 0 and claims:json() or nil
end

local key_lifetime, key_renewal = 3600, 3300 -- seconds; the service's keys are good for an hour

-- With a token provider there is no key to sign with: the service lends one.
local function lend(now, hub)
  local key, err = handle.call({ context = hub.context, settings = hub.settings, params = {} }, op.Auth_GetAccessKey)
  if not key then return nil, err end
  return {
    signer = core.signer(key.access_key, key.key_id), renew = now + key_renewal, expires = now + key_lifetime,
  }
end

local function signer_of(hub)
  local context = hub.context
  if context.credential.signer then return context.credential.signer end
  context.lent = context.lent or renewal.new(lend)
  local held, problem = context.lent:get(context.transport, context.transport:now() + hub.settings.timeout, hub)
  if held then return held.signer end
  if errors.is(problem) then return nil, problem end
  return nil, errors.new { kind = "credential", op = op.Auth_GetAccessKey.id, message = problem, sent = "no" }
end

--- Signs the answer.
-- @tparam table hub the handle
-- @tparam table|nil options see hub:negotiate
-- @treturn table|nil url, accessToken
-- @treturn table error
function M.answer(hub, options)
  options = check.options(options, negotiate_options, where)
  if hub.excluded then check.fail("%s takes no excluded connections", where) end
  local context = hub.context
  if context.closed then check.fail("%s: the client is closed", where) end
  local params = hub.params
  local name = params.application and params.application .. "_" .. params.hub or params.hub
  local lifetime = options.expires_in or 3600
  local now = math.floor(context.transport:time())
  local claims = claims_of(options, now + lifetime)
  local signer, err = signer_of(hub)
  if not signer then return nil, err end
  local path = "/client/?hub=" .. core.escape(name)
  local token = signer:token(context.router.audience .. path, now, lifetime, claims)
  if #token > max_token then
    return nil, errors.new {
      kind = "uri_too_long", op = where, sent = "no",
      message = ("the token has %d characters; the service takes at most %d: give fewer or shorter claims")
        :format(#token, max_token),
    }
  end
  return { url = context.config.client_endpoint .. path, accessToken = token }
end

return M
