-- SPDX-License-Identifier: MIT
--- The answer to a client's negotiate request, signed here: with the client's access key, or else with one that the
-- service lends.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local claims_of = require "azure.signalr.claims"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local handle = require "azure.signalr.handle"
local names = require "azure.signalr.names"
local op = require "azure.signalr.operations"
local renewal = require "azure.signalr.renewal"

local M = {}

local format = globals.string.format
local floor = globals.math.floor

local where = "hub:negotiate"
local max_token = 4096 -- characters; a client sends it in the query

local flag = check.type("boolean")

local negotiate_options = {
  user_id = names.id, claims = check.type("table"), expires_in = check.integer(1, 2147483647),
  close_on_expiry = flag, diagnostic = flag, detailed_errors = flag,
}

-- JSON, or nil for none; and what is wrong with the contents of one.
local function write_claims(options, expires)
  local claims = claims_of.new(where)
  if options.user_id then claims:add("asrs.s.uid", options.user_id) end
  if options.diagnostic then claims:add("asrs.s.dc", "true") end
  if options.detailed_errors then claims:add("asrs.s.derror", "True") end
  if options.close_on_expiry then
    claims:add("asrs.s.coae", "true")
    claims:add("asrs.s.aeo", check.digits(expires))
  end
  if options.claims then claims:add_all(options.claims) end
  return claims:json(), claims.problem
end

local key_lifetime, key_renewal = 3600, 3300 -- seconds; the service's keys are good for an hour

-- With a token provider there is no key to sign with: the service lends one.
local function lend(now, hub)
  local key, err = handle.call({ context = hub.context, settings = hub.settings }, op.Auth_GetAccessKey)
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

local function too_long(what)
  return nil, errors.new {
    kind = "uri_too_long", op = where, sent = "no",
    message = format("the %s; the service takes a token of at most %d: give fewer or shorter claims", what, max_token),
  }
end

local function signed(hub, options, now, claims)
  local signer, err = signer_of(hub)
  if not signer then return nil, err end
  local name = hub.application and hub.application .. "_" .. hub.hub or hub.hub
  local path = "/client/?hub=" .. core.escape(name)
  local token = signer:token(hub.context.router.audience .. path, now, options.expires_in, claims)
  if #token > max_token then return too_long(format("token has %d characters", #token)) end
  return { url = hub.context.config.client_endpoint .. path, accessToken = token }
end

local function answer(hub, options)
  local read, problem = check.read(options, negotiate_options, where)
  if hub.excluded then check.fail("%s takes no excluded connections", where) end
  read.expires_in = read.expires_in or 3600
  local now = floor(hub.context.transport:time())
  local claims, problem_of_claims = write_claims(read, now + read.expires_in)
  problem = hub.problem or problem or problem_of_claims
  if problem then return nil, errors.invalid(where, problem) end
  -- Before it is signed: what is longer has no token at all.
  if claims and #claims > max_token then return too_long(format("claims have %d bytes", #claims)) end
  return signed(hub, read, now, claims)
end

--- Signs the answer.
-- @tparam table hub its fields
-- @tparam table|nil options see hub:negotiate
-- @treturn table|nil url, accessToken
-- @treturn table error
function M.answer(hub, options)
  local place, err = answer(hub, options)
  if place then return place end
  return nil, errors.about(err, hub)
end

return M
