-- SPDX-License-Identifier: MIT
--- Who the client is: an access key that signs here, or a function that fetches tokens of Microsoft Entra ID.
-- A credential writes the headers of a request. Keys and tokens are kept in C; a table has one for as long as its
-- request takes.
local core = require "azure.signalr.core"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local renewal = require "azure.signalr.renewal"

local error, pcall, setmetatable, type = error, pcall, setmetatable, type
local find = globals.string.find
local floor, min = globals.math.floor, globals.math.min

local M = {}

local agent = "User-Agent: azure-signalr-lua/" .. core._VERSION
M.agent = agent -- the line of every request
local reuse = 60 -- seconds for which a signed token is sent again
local latest = 253402300799 -- the end of the year 9999; beyond it are milliseconds, and what no date can show
local scope = "https://signalr.azure.com/.default"
local longest = 65536 -- bytes of a token; the service takes 16 KB of headers

local function headers_of(authorization, content_type)
  local type_line = content_type and "Content-Type: " .. content_type
  if authorization then return { agent, authorization, type_line } end
  return { agent, type_line }
end

local AccessKey = { __name = "azure.signalr.access_key", __tostring = function() return "access key" end }
local key_methods = {}
AccessKey.__index = key_methods

--- A credential that signs with an access key.
-- @tparam string access_key
-- @tparam number lifetime seconds for which each token is good
-- @tparam string|nil key_id
function M.access_key(access_key, lifetime, key_id)
  local kept = min(reuse, floor(lifetime / 2))
  return setmetatable({
    signer = core.signer(access_key, key_id):set(lifetime, kept), lifetime = lifetime, reuse = kept,
  }, AccessKey)
end

-- A finalizer of the program's may close the client when it has been asked already whether it is closed.
local function unsigned(context, op, problem)
  if not context.closed then error(problem, 0) end
  return errors.new { kind = "closed", op = op.id, message = "the client was closed", sent = "no" }
end

--- Writes the headers of a request; signs also what needs no token. A token is used again for a while: the signer
-- keeps it.
-- @treturn table|nil an error
function key_methods:authorize(context, op, req)
  local now = context.transport:time()
  local fine, line, expires =
    pcall(self.signer.authorization, self.signer, req.target.audience, now, self.lifetime, self.reuse)
  if not fine then return unsigned(context, op, line) end
  req.headers, req.expires, req.sent_at, req.authorized = headers_of(line, req.content_type), expires, now, true
end

--- What signs a draft where it is sent (core.place, core.draft): no line of it comes to Lua.
-- @treturn userdata a signer, or the secret of a token
-- @treturn table|nil an error; or what was used, for rejected
function key_methods:hand() return self.signer, true end

--- What somebody else needs to sign in this credential's place: the queue of messages, which has no Lua to ask.
function key_methods:signing() return { signer = self.signer, lifetime = self.lifetime, agent = agent } end

key_methods.line = 512 -- bytes that a token's line may take in a draft's room; a longer one is copied

--- What is known of the token of a draft that was sent, for errors.
function key_methods:describe(req) req.expires = floor(req.sent_at) + self.lifetime end

--- Forgets the key.
function key_methods:close() self.signer:close() end

local Provider = { __name = "azure.signalr.token_provider", __tostring = function() return "token provider" end }
local provider_methods = {}
Provider.__index = provider_methods

-- What the user's function returned, checked.
local function provided(provide, now)
  local ran, token, expires_at = pcall(provide, scope)
  if not ran then return nil, "token_provider threw: " .. errors.text(token) end
  if token == nil then return nil, "token_provider gave no token: " .. errors.text(expires_at) end
  if type(token) ~= "string" or #token > longest or not find(token, "^[A-Za-z0-9._~+/-]+=*$") then
    return nil, "token_provider must return a bearer token as a string"
  end
  if type(expires_at) ~= "number" or not (expires_at > now and expires_at <= latest) then
    return nil, "token_provider must return, after the token, when it expires (unix seconds, in the future)"
  end
  local early = min(300, (expires_at - now) / 5)
  return { secret = core.secret(token), expires = expires_at, renew = expires_at - early }
end

--- A credential that asks a function for tokens.
-- @tparam function provide (scope) -> token, expires_at (unix seconds) | nil, message
function M.provider(provide)
  return setmetatable({ tokens = renewal.new(function(now) return provided(provide, now) end) }, Provider)
end

-- A token is not fetched for what needs none.
local function anonymous(req, now)
  req.headers, req.sent_at, req.authorized = headers_of(nil, req.content_type), now, nil
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
  req.headers = headers_of(held.secret:header(), req.content_type)
  req.scope, req.expires, req.sent_at, req.authorized = scope, held.expires, transport:time(), held
end

--- As of an access key; fetches a token if need be.
-- @tparam table context
-- @tparam table op
-- @tparam number deadline
function provider_methods:hand(context, op, deadline)
  local held, problem = self.tokens:get(context.transport, deadline)
  if held then return held.secret, held end
  return nil, errors.new { kind = "credential", op = op.id, message = problem, sent = "no" }
end

--- The service refused the token of a request: it is forgotten, and so is the key that was lent for such a token.
-- @treturn boolean whether another token may do better
function provider_methods:rejected(context, req)
  local held = req.authorized
  if not held then return false end
  self.tokens:reject(held)
  if context.lent then context.lent:clear() end
  return true
end

provider_methods.line = 3072

--- As of an access key.
function provider_methods:describe(req) -- luacheck: ignore 212
  req.scope, req.expires = scope, req.authorized.expires
end

--- Forgets the token.
function provider_methods:close() self.tokens:clear() end

return M
