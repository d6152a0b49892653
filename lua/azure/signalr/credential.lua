-- SPDX-License-Identifier: MIT
--- Who the client is: an access key that signs here, or a function that fetches tokens of Microsoft Entra ID.
-- A credential writes the headers of a request. The key itself stays in the C signer, out of every Lua table.
local core = require "azure.signalr.core"
local errors = require "azure.signalr.errors"
local renewal = require "azure.signalr.renewal"

local M = {}

local agent = "User-Agent: azure-signalr-lua/" .. core._VERSION
local reuse = 60 -- seconds for which a signed token is sent again
local latest = 253402300799 -- the end of the year 9999; beyond it are milliseconds, and what no date can show
local scope = "https://signalr.azure.com/.default"

local function headers_of(authorization, content_type)
  local list = { agent }
  if authorization then list[#list + 1] = authorization end
  if content_type then list[#list + 1] = "Content-Type: " .. content_type end
  return list
end

local function anonymous(req, now)
  req.headers, req.sent_at = headers_of(nil, req.content_type), now
end

local AccessKey = { __name = "azure.signalr.access_key", __tostring = function() return "access key" end }
local key_methods = {}
AccessKey.__index = key_methods

--- A credential that signs with an access key.
-- @tparam string access_key
-- @tparam number lifetime seconds for which each token is good
-- @tparam string|nil key_id
function M.access_key(access_key, lifetime, key_id)
  return setmetatable({
    signer = core.signer(access_key, key_id),
    lifetime = lifetime,
    reuse = math.min(reuse, math.floor(lifetime / 2)),
  }, AccessKey)
end

-- Signed headers are kept with the place that they are for, and so live as long as a handle does. A clock that
-- was set back makes them new.
--- Writes the headers of a request.
-- @treturn table|nil an error
function key_methods:authorize(context, op, req)
  local now = context.transport:time()
  if op.anonymous then return anonymous(req, now) end
  local target = req.target
  local signed = target.signed
  local age = signed and now - signed.at or -1
  if age < 0 or age >= self.reuse or signed.content_type ~= req.content_type then
    local at = math.floor(now)
    local token = self.signer:token(target.audience, at, self.lifetime)
    signed = {
      at = at, expires = at + self.lifetime, content_type = req.content_type,
      headers = headers_of("Authorization: Bearer " .. token, req.content_type),
    }
    target.signed = signed
  end
  req.headers, req.expires, req.sent_at = signed.headers, signed.expires, now
end

--- What somebody else needs to sign in this credential's place: the queue of messages, which has no Lua to ask.
function key_methods:signing() return { signer = self.signer, lifetime = self.lifetime, agent = agent } end

--- Forgets the key.
function key_methods:close() self.signer:close() end

local Provider = { __name = "azure.signalr.token_provider", __tostring = function() return "token provider" end }
local provider_methods = {}
Provider.__index = provider_methods

-- What the user's function returned, checked.
local function provided(provide, now)
  local ran, token, expires_at = pcall(provide, scope)
  if not ran then return nil, "token_provider threw: " .. tostring(token) end
  if token == nil then return nil, "token_provider gave no token: " .. tostring(expires_at) end
  if type(token) ~= "string" or not token:find("^[%w%-%._~+/]+=*$") then
    return nil, "token_provider must return a bearer token as a string"
  end
  if type(expires_at) ~= "number" or not (expires_at > now and expires_at <= latest) then
    return nil, "token_provider must return, after the token, when it expires (unix seconds, in the future)"
  end
  local early = math.min(300, (expires_at - now) / 5)
  return { token = token, expires = expires_at, renew = expires_at - early }
end

--- A credential that asks a function for tokens.
-- @tparam function provide (scope) -> token, expires_at (unix seconds) | nil, message
function M.provider(provide)
  return setmetatable({ tokens = renewal.new(function(now) return provided(provide, now) end) }, Provider)
end

--- Writes the headers of a request.
-- @treturn table|nil an error
function provider_methods:authorize(context, op, req)
  local transport = context.transport
  if op.anonymous then return anonymous(req, transport:time()) end
  local held, problem = self.tokens:get(transport, req.deadline)
  if not held then
    return errors.new { kind = "credential", op = op.id, message = problem, sent = "no" }
  end
  req.headers = headers_of("Authorization: Bearer " .. held.token, req.content_type)
  req.scope, req.expires, req.sent_at = scope, held.expires, transport:time()
end

--- Forgets the token.
function provider_methods:close() self.tokens:clear() end

return M
