-- SPDX-License-Identifier: MIT
--- Turns an answer into values or an error. Pure: no socket, no clock.
local cjson = require("cjson.safe").new()
local core = require "azure.signalr.core"
local base64 = require "azure.signalr.base64"
local errors = require "azure.signalr.errors"
local explain = require "azure.signalr.explain"
local http_date = require "azure.signalr.http_date"
local http_status = require "azure.signalr.http_status"
local request = require "azure.signalr.request"

local M = {}

local function known(value)
  if value ~= cjson.null then return value end
end

local function text_of(value)
  value = known(value)
  return value ~= nil and tostring(value) or nil
end

local function object_of(text)
  local value = text and text ~= "" and cjson.decode(text)
  return type(value) == "table" and value or nil
end

-- Seconds from the service's own clock when it tells it, else from ours.
local function retry_after(headers, sent_at)
  local text = headers["retry-after"]
  if not text then return nil end
  local seconds = tonumber(text:match("^%s*(%d+)%s*$"))
  if seconds then return seconds end
  local at = http_date.parse(text)
  local now = headers.date and http_date.parse(headers.date) or sent_at
  return at and now and math.max(0, at - now) or nil
end

local function common(op, reply, req, kind)
  return {
    kind = kind, op = op.id, status = reply.status, sent = "maybe",
    code = reply.headers["x-ms-error-code"],
    request_id = reply.headers["x-ms-request-id"] or reply.headers["x-ms-client-request-id"],
    retry_after = retry_after(reply.headers, req.sent_at),
  }
end

-- A connection that broke in the middle of the body is another matter than a body that is no JSON.
local function unreadable(op, reply, req, what)
  local fields = common(op, reply, req, reply.truncated and "reset" or "protocol")
  fields.message = ("%d, but %s"):format(reply.status, what)
  return nil, errors.new(fields)
end

-- Spelled out: a table made whole costs a third of one that grows.
local function info_of(answer)
  return {
    status_code = known(answer.statusCode), code = text_of(answer.code), level = known(answer.level),
    scope = known(answer.scope), error_kind = known(answer.errorKind), message = known(answer.message),
    json_object = known(answer.jsonObject), is_success = known(answer.isSuccess),
  }
end

local readers = {}

function readers.none() return true, true end
readers.exists = readers.none

-- A transport may fill the headers when one is first looked at.
function readers.raw(_, reply)
  local headers = reply.headers
  local _ = headers.date
  return true, { status = reply.status, headers = headers, body = reply.body }
end

function readers.info(op, reply, req)
  local body = reply.body
  if not body or body == "" or reply.status == 204 then return true, true, {} end
  local answer = object_of(body)
  if not answer then return unreadable(op, reply, req, "the body is not the JSON of a ServiceResponse") end
  local info = info_of(answer)
  if info.is_success ~= false then return true, true, info end
  local fields = common(op, reply, req, "failed")
  fields.code = fields.code or info.code
  fields.message = ("%d, but the service says that it did not succeed%s"):format(reply.status,
    info.message and ": " .. tostring(info.message) or "")
  return nil, errors.new(fields)
end

function readers.token(op, reply, req)
  local answer = object_of(reply.body)
  if not answer or type(answer.token) ~= "string" then
    return unreadable(op, reply, req, "the body holds no token")
  end
  return true, answer.token
end

function readers.access_key(op, reply, req)
  local answer = object_of(reply.body)
  if not answer or type(answer.AccessKey) ~= "string" then
    return unreadable(op, reply, req, "the body holds no AccessKey")
  end
  return true, { access_key = answer.AccessKey, key_id = known(answer.KeyId) }
end

-- The client's own value: read by our reader, which keeps 64-bit integers exact.
function readers.invocation(op, reply, req, config)
  if not reply.body or reply.body == "" then return true, true, nil end
  local answer, problem = core.json_decode(reply.body, config.big_integers)
  if type(answer) ~= "table" then
    return unreadable(op, reply, req, "the body is not the JSON of a result: " .. tostring(problem or "no object"))
  end
  local protocol = answer.protocol
  if type(protocol) ~= "string" then return true, true, answer.result end
  if type(answer.result) ~= "string" then return true, true, answer.result, protocol end
  return true, true, base64.decode(answer.result) or answer.result, protocol
end

function readers.page(op, reply, req)
  local answer = object_of(reply.body)
  if not answer or type(answer.value) ~= "table" then
    return unreadable(op, reply, req, "the body holds no array \"value\"")
  end
  local items = {}
  for i, member in ipairs(answer.value) do
    if type(member) ~= "table" or type(member.connectionId) ~= "string" then
      return unreadable(op, reply, req, ("value[%d] has no connectionId"):format(i))
    end
    items[i] = { connection_id = member.connectionId, user_id = known(member.userId) }
  end
  local link = known(answer.nextLink)
  if link ~= nil and type(link) ~= "string" then return unreadable(op, reply, req, "nextLink is not a string") end
  return true, { items = items, link = link ~= "" and link or nil }
end

local function begins_with_one(code, beginnings)
  for i = 1, #beginnings do
    if code:sub(1, #beginnings[i]) == beginnings[i] then return true end
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
  local lower = code and code:lower()
  if op.absent_codes and (bare or lower and is_one(lower, op.absent_codes)) then return true, false end
  if op.gone_codes and (bare or lower and begins_with_one(lower, op.gone_codes)) then
    return true, true, { absent = true, code = code }
  end
end

local function kind_of(op, status, code)
  local kind = http_status.kind(status)
  if not op.error_kinds or not code then return kind end
  local lower = code:lower()
  for _, pair in ipairs(op.error_kinds) do
    if lower:find(pair[1], 1, true) then return pair[2] end
  end
  return kind
end

local function text_only(reply)
  local kind = reply.headers["content-type"]
  if not kind or not kind:find("^text/plain") or not reply.body then return nil end
  return (reply.body:sub(1, 200):gsub("[%c\128-\255]", " "))
end

local function message_of(op, reply, req, detail)
  local code = reply.headers["x-ms-error-code"] or known(detail.code)
  local said = known(detail.message) or text_only(reply)
  local why = explain.status(reply.status, {
    audience = not op.anonymous and req.target.audience or nil,
    scope = req.scope, expires = req.expires, sent_at = req.sent_at, date = reply.headers.date, code = code,
    size = req.body and #req.body or 0, limit = request.max_body, url_size = #req.url,
  })
  local parts = { tostring(reply.status) }
  if code then parts[#parts + 1] = "(" .. tostring(code) .. ")" end
  local text = table.concat(parts, " ")
  if said then text = text .. ": " .. tostring(said) end
  return why and text .. "; " .. why or text
end

local function refused(op, reply, req, config)
  local detail = object_of(reply.body) or {}
  if type(detail.error) == "table" then detail = detail.error end
  local code = reply.headers["x-ms-error-code"] or text_of(detail.code)
  if reply.status == 404 then
    local done, a, b = absence(op, code, config)
    if done then return done, a, b end
  end
  local fields = common(op, reply, req, kind_of(op, reply.status, code))
  fields.code = code
  fields.message = message_of(op, reply, req, detail)
  fields.target = text_of(detail.target)
  fields.details = type(detail.details) == "table" and detail.details or nil
  fields.inner = type(detail.inner) == "table" and detail.inner or nil
  if http_status.is_refusal(reply.status) then fields.sent = "no" end
  return nil, errors.new(fields)
end

--- Reads an answer.
-- @tparam table op a row of operations.lua
-- @tparam table reply status, headers (lower-case names), body
-- @tparam table req as sent: target, url, body, sent_at, expires
-- @tparam table config bare_404, big_integers
-- @treturn boolean|nil true, then what the method returns; or nil and an error
function M.read(op, reply, req, config)
  if http_status.is_success(reply.status) then return readers[op.answer](op, reply, req, config) end
  return refused(op, reply, req, config)
end

--- Turns a transport's failure into an error.
-- @tparam table op
-- @tparam table failure kind, message, sent
-- @treturn table the error
function M.failed(op, failure)
  local kind = failure.kind
  if kind == "timeout" and failure.sent ~= "no" and op.timeout_kind then kind = op.timeout_kind end
  return errors.new {
    kind = errors.kinds[kind] and kind or "protocol",
    op = op.id,
    message = failure.message or kind,
    sent = failure.sent or "maybe",
  }
end

return M
