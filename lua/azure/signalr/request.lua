-- SPDX-License-Identifier: MIT
--- Turns an operation and its parameters into a request. Pure: no socket, no clock.
local core = require "azure.signalr.core"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local operations = require "azure.signalr.operations"

local ipairs, type = ipairs, type
local format = globals.string.format

local M = {
  max_body = core.limits.body, -- bytes
  max_uri = core.limits.url,
  max_headers = core.limits.headers,
}

local version = "?api-version=" .. operations.api_version

--- The constant part of a query.
-- @tparam string|nil application
function M.query_prefix(application)
  if not application then return version end
  return "?application=" .. core.escape(application) .. "&api-version=" .. operations.api_version
end

--- The place of an operation: what is the same for each of its requests.
-- @tparam table op a row of operations.lua
-- @tparam table params values for the path; query_prefix
-- @tparam table router from router.lua
-- @treturn table url (with the constant part of the query), audience
function M.target(op, params, router)
  local path = core.expand(op.path, params)
  local prefix = op.takes_application and params.query_prefix or version
  return { url = router.server .. path .. prefix, audience = router.audience .. path }
end

local function extra_query(op, values)
  local list, n = {}, 0
  for _, name in ipairs(op.query) do
    local value = values[name]
    if type(value) == "table" then
      for i = 1, #value do
        n = n + 1
        list[n] = { name, value[i] }
      end
    elseif value ~= nil then
      n = n + 1
      list[n] = { name, value }
    end
  end
  return n > 0 and "&" .. core.query(list) or ""
end

--- Builds a request for a place.
-- @tparam table op
-- @tparam table target from M.target
-- @tparam table|nil query wire name -> string, or array of strings
-- @tparam string|nil body
-- @tparam string|nil content_type
-- @treturn table method, url, body, content_type, operation, target; headers are the credential's part, and about (the
-- fields of the handle that it is for, if any: errors say them) is the caller's
function M.build(op, target, query, body, content_type)
  return {
    operation = op.id,
    repeats = op.repeats,
    method = op.method,
    url = query and target.url .. extra_query(op, query) or target.url,
    body = body,
    content_type = content_type,
    target = target,
    excluded = query and query.excluded and #query.excluded or 0,
    -- For the pipeline to fill: room made now is cheaper than room found later.
    about = false, headers = false, sent_at = false, expires = false, authorized = false, deadline = false,
    max_response = false, renewed = false,
  }
end

--- A place in C (core.place) for drafts.
-- @tparam table op
-- @tparam table target from M.target
-- @tparam table of content_type, agent (a header line), line (bytes to leave for a token's line)
-- @treturn userdata
function M.place(op, target, of)
  return core.place {
    method = op.method, url = target.url, audience = target.audience, agent = of.agent,
    content_type = "Content-Type: " .. of.content_type, authorization = of.line, repeatable = op.repeats == "safe",
  }
end

--- The query of excluded connections, beginning with "&"; nil without any.
function M.excluding(op, excluded) return excluded and extra_query(op, { excluded = excluded }) or nil end

local function too_much(op, kind, message)
  return errors.new { kind = kind, op = op.id, message = message, sent = "no" }
end

--- What the service would refuse for its size is refused before sending.
-- @tparam table op
-- @tparam table req with headers
-- @treturn table|nil an error
function M.oversize(op, req)
  if req.body and #req.body > M.max_body then return M.too_large(op, req, "payload_too_large", #req.body) end
  local size = #req.method + #req.url + 13
  for i = 1, #req.headers do size = size + #req.headers[i] + 2 end
  if #req.url > M.max_uri then return M.too_large(op, req, "uri_too_long", #req.url) end
  return size > M.max_headers and M.too_large(op, req, "headers_too_large", size) or nil
end

--- The error of a request that is too large.
-- @tparam table op
-- @tparam table req
-- @tparam string kind payload_too_large, uri_too_long, headers_too_large
-- @tparam number size bytes
function M.too_large(op, req, kind, size)
  if kind == "payload_too_large" then
    return too_much(op, kind, format("the body has %d bytes; the service takes at most %d", size, M.max_body))
  end
  local what = kind == "uri_too_long" and format("a URL of %d bytes; the service takes about %d", size, M.max_uri)
    or format("headers of %d bytes; the service takes at most %d", size, M.max_headers)
  local cause = "the names and parameters make " .. what
  if req.excluded > 0 then
    cause = format("%d excluded connections make %s. They cannot be split into several sends, which would deliver "
      .. "twice: send to a group without them, or use hub:execute with a filter", req.excluded, what)
  end
  return too_much(op, kind, cause)
end

return M
