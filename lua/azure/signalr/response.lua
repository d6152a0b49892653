-- SPDX-License-Identifier: MIT
--- Turns an answer into values or an error. Pure: no socket, no clock.
local base64 = require "azure.signalr.base64"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local http_status = require "azure.signalr.http_status"
local refusal = require "azure.signalr.refusal"

local ipairs, next, tostring, type = ipairs, next, tostring, type
local format = globals.string.format

local M = {}

local known, shown, text_of, object_of = refusal.known, refusal.shown, refusal.text_of, refusal.object_of

local function unreadable(op, reply, req, what)
  local fields = refusal.fields(op, reply, req, "protocol")
  fields.message = format("%d, but %s", reply.status, what)
  return nil, errors.new(fields)
end

-- What is here of an answer whose connection broke says nothing: half a body may look like a whole one.
local function cut_off(op, reply, req)
  local fields = refusal.fields(op, reply, req, "reset")
  fields.message = format("%d, but the connection broke before the answer was whole", reply.status)
  return nil, errors.new(fields)
end

-- Spelled out: a table made whole costs a third of one that grows.
local function info_of(answer)
  return {
    status_code = known(answer.statusCode), code = text_of(answer.code), level = shown(answer.level),
    scope = shown(answer.scope), error_kind = shown(answer.errorKind), message = shown(answer.message),
    json_object = known(answer.jsonObject), is_success = known(answer.isSuccess),
  }
end

local readers = {}

function readers.none() return true, true end
readers.exists = readers.none

-- A transport may fill the headers when one is first looked at.
function readers.raw(_, reply)
  local all = reply.headers
  local _ = all.date
  return true, { status = reply.status, headers = all, body = reply.body }
end

function readers.info(op, reply, req)
  local body = reply.body
  if not body or body == "" or reply.status == 204 then return true, true, {} end
  local answer = object_of(body)
  if not answer then return unreadable(op, reply, req, "the body is not the JSON of a ServiceResponse") end
  local info = info_of(answer)
  if info.is_success ~= false then return true, true, info end
  local fields = refusal.fields(op, reply, req, "failed")
  fields.code = fields.code or info.code
  fields.message = format("%d, but the service says that it did not succeed%s", reply.status,
    info.message and ": " .. text_of(info.message) or "")
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
  return true, { access_key = answer.AccessKey, key_id = text_of(answer.KeyId) }
end

-- The client's own value: 64-bit integers stay exact, or become strings where the client wants them so.
function readers.invocation(op, reply, req, config)
  if not reply.body or reply.body == "" then return true, true, nil end
  local answer, problem = object_of(reply.body, config.big_integers)
  if not answer then
    return unreadable(op, reply, req, "the body is not the JSON of a result: " .. tostring(problem or "no object"))
  end
  local protocol = answer.protocol
  if type(protocol) ~= "string" then return true, true, answer.result end
  if type(answer.result) ~= "string" then return true, true, answer.result, protocol end
  return true, true, base64.decode(answer.result) or answer.result, protocol
end

local function is_array(value) return type(value) == "table" and (value[1] ~= nil or next(value) == nil) end

function readers.page(op, reply, req)
  local answer = object_of(reply.body)
  if not answer or not is_array(answer.value) then
    return unreadable(op, reply, req, "the body holds no array \"value\"")
  end
  local items = {}
  for i, member in ipairs(answer.value) do
    if type(member) ~= "table" or type(member.connectionId) ~= "string" then
      return unreadable(op, reply, req, format("value[%d] has no connectionId", i))
    end
    items[i] = { connection_id = member.connectionId, user_id = known(member.userId) }
  end
  local link = known(answer.nextLink)
  if link ~= nil and type(link) ~= "string" then return unreadable(op, reply, req, "nextLink is not a string") end
  return true, { items = items, link = link ~= "" and link or nil }
end

--- Reads an answer.
-- @tparam table op a row of operations.lua
-- @tparam table reply status, headers (lower-case names), body, truncated
-- @tparam table req as sent: target, url, body, sent_at, expires
-- @tparam table config bare_404, big_integers
-- @treturn boolean|nil true, then what the method returns; or nil and an error
function M.read(op, reply, req, config)
  if reply.truncated then return cut_off(op, reply, req) end
  if http_status.is_success(reply.status) then return readers[op.answer](op, reply, req, config) end
  return refusal.read(op, reply, req, config)
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
