-- SPDX-License-Identifier: MIT
--- The access key for tokens, and tokens for clients.
local answers = require "azure.signalr.emulator.answers"
local base64 = require "azure.signalr.emulator.base64"
local json_text = require "azure.signalr.emulator.json_text"
local jwt = require "azure.signalr.emulator.jwt"
local limits = require "azure.signalr.emulator.limits"
local params = require "azure.signalr.emulator.params"
local url = require "azure.signalr.emulator.url"

local M = {}

local quote, object = json_text.quote, json_text.object
local MOST_MINUTES = 525600 -- a year

function M.Auth_GetAccessKey(ctx)
  local auth = ctx.service.auth
  local key = ctx.broken and base64.encode(auth.hmac(auth.exchanged_key, "another")) or auth.exchanged_key
  return answers.json(200, object("AccessKey", quote(key), "KeyId", quote(auth.key_id)))
end

function M.HubProxy_GenerateClientToken(ctx)
  local minutes, message = params.integer(ctx.query, "minutesToExpire", { 1, MOST_MINUTES, 60 })
  if not minutes then return answers.bad_request(message, "minutesToExpire") end
  local user, auth = params.text(ctx.query, "userId"), ctx.service.auth
  if ctx.broken then user = (user or "") .. "-another" end
  local now = math.floor(ctx.service.now())
  local claims = object("asrs.s.uid", user and quote(user), "nbf", ("%d"):format(now),
    "exp", ("%d"):format(now + minutes * 60), "iat", ("%d"):format(now),
    "aud", quote(("%s/client/?hub=%s"):format(ctx.req.base, url.escape(ctx.hub_name))))
  local token = jwt.sign(claims, auth.access_key, auth.hmac)
  if #token > limits.token then
    ctx.hint = ("no client can use the token: it has %d characters, the limit is %d"):format(#token, limits.token)
  end
  return answers.json(200, object("token", quote(token)))
end

return M
