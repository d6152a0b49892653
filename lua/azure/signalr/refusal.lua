-- SPDX-License-Identifier: MIT
--- What the service says when it does not do what it was asked: absent, gone already, or an error. Pure.
local core = require "azure.signalr.core"
local errors = require "azure.signalr.errors"
local explain = require "azure.signalr.explain"
local globals = require "azure.signalr.globals"
local headers = require "azure.signalr.headers"
local http_status = require "azure.signalr.http_status"
local request = require "azure.signalr.request"

local getmetatable, ipairs, tostring, type = getmetatable, ipairs, tostring, type
local find, format, sub = globals.string.find, globals.string.format, globals.string.sub

local M = {}

local null = core.null

--- A member of the service's JSON; nil for null.
function M.known(value)
  if value ~= null then return value end
end
local known = M.known

--- The same, fit to be shown.
function M.shown(value) return type(value) == "string" and errors.clean(value) or known(value) end

--- The same as text, fit to be shown.
-- @treturn string|nil
function M.text_of(value)
  if value == nil or value == null then return nil end
  local text = type(value) == "string" and value or core.json_encode(value)
  return text and errors.clean(text)
end
local text_of = M.text_of

--- The JSON object that a body holds; arrays are marked by a metatable, objects are not.
-- @tparam string|nil body
-- @tparam string|nil big_integers "string", see core.json_decode
-- @treturn table|nil
-- @treturn string|nil what is wrong with the JSON
function M.object_of(body, big_integers)
  if not body or body == "" then return nil end
  local value, problem = core.json_decode(body, big_integers)
  return type(value) == "table" and getmetatable(value) == nil and value or nil, problem
end

--- What every error of an answer says.
-- @treturn table fields for errors.new, without a message
function M.fields(op, reply, req, kind)
  local all = reply.headers
  return {
    kind = kind, op = op.id, status = reply.status, sent = "maybe",
    code = headers.first(all, "x-ms-error-code"),
    request_id = headers.first(all, "x-ms-request-id") or headers.first(all, "x-ms-client-request-id"),
    retry_after = headers.retry_after(all, req.sent_at),
  }
end

local function begins_with_one(code, beginnings)
  for i = 1, #beginnings do
    if sub(code, 1, #beginnings[i]) == beginnings[i] then return true end
  end
  return false
end

local function is_one(code, codes)
  for i = 1, #codes do
    if code == codes[i] then return true end
  end
  return false
end

-- A 404 says "absent" only with its code.
local function absence(op, code, config)
  local bare = code == nil and config.bare_404 == "absent"
  local lower = code and core.lower(code)
  if op.absent_codes and (bare or lower and is_one(lower, op.absent_codes)) then return true, false end
  if op.gone_codes and (bare or lower and begins_with_one(lower, op.gone_codes)) then
    return true, true, { absent = true, code = code and errors.clean(code) }
  end
end

local function kind_of(op, status, code)
  local kind = http_status.kind(status)
  if not op.error_kinds or not code then return kind end
  local lower = core.lower(code)
  for _, pair in ipairs(op.error_kinds) do
    if find(lower, pair[1], 1, true) then return pair[2] end
  end
  return kind
end

local function plain_text(reply)
  if headers.media_type(reply.headers) == "text/plain" and reply.body and reply.body ~= "" then
    return errors.clean(reply.body, 200)
  end
end

local function reason(reply, req, code)
  local all = reply.headers
  return explain.status(reply.status, {
    audience = req.authorized and req.target.audience or nil,
    scope = req.scope, expires = req.expires, sent_at = req.sent_at, date = headers.date(all),
    code = code, location = headers.location(all),
    size = req.body and #req.body or 0, limit = request.max_body, url_size = #req.url,
  })
end

-- "401 (Code): what the service says: why, in its header; what to do".
local function message_of(reply, req, detail, code)
  local text = tostring(reply.status)
  if code then text = format("%s (%s)", text, code) end
  local challenge = headers.challenge(reply.headers)
  for _, said in ipairs { text_of(detail.message) or plain_text(reply) or false, challenge or false } do
    if said then text = text .. ": " .. errors.clean(said) end
  end
  local why = reason(reply, req, code)
  return why and text .. "; " .. why or text
end

--- Reads an answer whose status is no success.
-- @tparam table op a row of operations.lua
-- @tparam table reply
-- @tparam table req
-- @tparam table config bare_404
-- @treturn boolean|nil true, then what the method returns; or nil and an error
function M.read(op, reply, req, config)
  local detail = M.object_of(reply.body) or {}
  if type(detail.error) == "table" then detail = detail.error end
  local fields = M.fields(op, reply, req)
  local signed = fields.code ~= nil or headers.has(reply.headers, "retry-after")
  fields.code = fields.code or text_of(detail.code)
  if reply.status == 404 then
    local done, a, b = absence(op, fields.code, config)
    if done then return done, a, b end
  end
  fields.kind = kind_of(op, reply.status, fields.code)
  fields.message = message_of(reply, req, detail, fields.code)
  fields.target = text_of(detail.target)
  fields.details = type(detail.details) == "table" and detail.details or nil
  fields.inner = type(detail.inner) == "table" and detail.inner or nil
  if http_status.is_untouched(reply.status) or http_status.is_refusal(reply.status, signed) then fields.sent = "no" end
  return nil, errors.new(fields)
end

return M
