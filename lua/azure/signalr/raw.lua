-- SPDX-License-Identifier: MIT
--- Requests for what the API adds later.
local core = require "azure.signalr.core"
local bytes = require "azure.signalr.bytes"
local check = require "azure.signalr.check"
local message = require "azure.signalr.message"
local operations = require "azure.signalr.operations"
local request = require "azure.signalr.request"

local M = {}

local repeats = { GET = "safe", HEAD = "safe", PUT = "safe", DELETE = "safe", POST = "undone", PATCH = "undone" }

local function method(value, where, name)
  if not repeats[value] then
    check.fail("%s: %s must be GET, HEAD, PUT, POST, PATCH or DELETE, in capitals", where, name)
  end
end

local function path(value, where, name)
  check.some_text(value, where, name)
  if not value:find("^/[A-Za-z0-9._~!$&'()*+,;=:@%%/-]*$") or value:gsub("%%%x%x", ""):find("%", 1, true) then
    check.fail("%s: %s must begin with / and be percent-encoded; the query has a place of its own", where, name)
  end
  local plain = value:gsub("%%2[eE]", ".") .. "/"
  if plain:find("/%.%.?/") then check.fail("%s: %s must not have the segments . or ..", where, name) end
end

local function any() end

local request_options = { method = method, path = path, query = check.type("table"), body = any }

local function value_text(value, where, name)
  if type(value) == "string" then
    check.text(value, where, name)
    return value
  end
  if type(value) == "boolean" then return tostring(value) end
  if type(value) == "number" then return message.encode_value(where, value, name) end
  check.fail("%s: %s must be a string, a number or a boolean, got %s", where, name, check.kind_of(value))
end

local function query_text(query, where)
  local names, versioned = {}, false
  for name in pairs(query) do
    check.some_text(name, where, "a query name")
    versioned = versioned or core.lower(name) == "api-version"
    names[#names + 1] = name
  end
  bytes.sort(names)
  local list = {}
  for _, name in ipairs(names) do
    local value, path_of = query[name], ("query[%q]"):format(name)
    for _, one in ipairs(type(value) == "table" and value or { value }) do
      list[#list + 1] = { name, value_text(one, where, path_of) }
    end
  end
  if not versioned then list[#list + 1] = { "api-version", operations.api_version } end
  return core.query(list)
end

--- Builds a request and the row that the pipeline needs for it.
-- @tparam table given method, path, query, body
-- @tparam table router
-- @tparam string where
-- @treturn table row
-- @treturn table request
function M.build(given, router, where)
  if given == nil then check.fail("%s: options are missing: method and path", where) end
  check.options(given, request_options, where)
  if not given.method then check.fail("%s: method is missing", where) end
  if not given.path then check.fail("%s: path is missing", where) end
  local body = given.body
  if body ~= nil and type(body) ~= "string" then body = message.encode_value(where, body, "body") end
  local row = {
    id = given.method .. " " .. given.path, method = given.method, query = {}, answer = "raw",
    repeats = repeats[given.method],
  }
  local target = {
    url = router.server .. given.path .. "?" .. query_text(given.query or {}, where),
    audience = router.audience .. given.path,
  }
  return row, request.build(row, target, nil, body, body and "application/json")
end

return M
