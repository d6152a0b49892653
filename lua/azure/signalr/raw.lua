-- SPDX-License-Identifier: MIT
--- Requests for what the API adds later.
local core = require "azure.signalr.core"
local bytes = require "azure.signalr.bytes"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"
local message = require "azure.signalr.message"
local operations = require "azure.signalr.operations"
local request = require "azure.signalr.request"

local M = {}

local getmetatable, ipairs, pairs, setmetatable = getmetatable, ipairs, pairs, setmetatable
local tostring, type = tostring, type
local find, format, gsub = globals.string.find, globals.string.format, globals.string.gsub

local repeats = { GET = "safe", HEAD = "safe", PUT = "safe", DELETE = "safe", POST = "undone", PATCH = "undone" }

local function method(value, where, name)
  if not repeats[value] then
    check.fail("%s: %s must be GET, HEAD, PUT, POST, PATCH or DELETE, in capitals", where, name)
  end
end

local function path(value, where, name)
  local _, problem = check.some_text(value, where, name)
  if problem then return value, problem end
  local left = gsub(value, "%%[0-9A-Fa-f][0-9A-Fa-f]", "")
  if not find(value, "^/[A-Za-z0-9._~!$&'()*+,;=:@%%/-]*$") or find(left, "%", 1, true) then
    check.fail("%s: %s must begin with / and be percent-encoded; the query has a place of its own", where, name)
  end
  local plain = gsub(value, "%%2[eE]", ".") .. "/"
  if find(plain, "/%.%.?/") then return value, name .. " must not have the segments . or .." end
end

local function query(value, where, name)
  if type(value) ~= "table" or getmetatable(value) ~= nil then
    check.fail("%s: %s must be a plain table, got %s", where, name, check.kind_of(value))
  end
end

local function any() end

local request_options = { method = method, path = path, query = query, body = any }

-- What is wrong with a query, and its list of names and values.
local Query = {}
Query.__index = Query

function Query:text_of(value, name)
  if type(value) == "string" then
    local _, problem = check.text(value, self.where, name)
    self.problem = self.problem or problem
    return value
  end
  if type(value) == "boolean" then return tostring(value) end
  local digits = value ~= nil and core.digits(value)
  if digits then return digits end
  if type(value) ~= "number" then
    check.fail("%s: %s must be a string, a number or a boolean, got %s", self.where, name, check.kind_of(value))
  end
  local text, problem = message.encode_value(self.where, value, name)
  self.problem = self.problem or problem
  return text or ""
end

function Query:add(name, value)
  local list, shown = self.list, format('query["%s"]', core.clean(name, 60))
  if type(value) ~= "table" then
    list[#list + 1] = { name, self:text_of(value, shown) }
    return
  end
  for i = 1, check.array(value, self.where, shown) do
    list[#list + 1] = { name, self:text_of(value[i], format("%s[%d]", shown, i)) }
  end
end

local function query_text(given, where)
  local self = setmetatable({ where = where, list = {}, problem = nil }, Query)
  local names, versioned = {}, false
  for name in pairs(given) do
    local _, problem = check.some_text(name, where, "a query name")
    self.problem = self.problem or problem
    versioned = versioned or core.lower(name) == "api-version"
    names[#names + 1] = name
  end
  for _, name in ipairs(bytes.sort(names)) do self:add(name, given[name]) end
  local list = self.list
  if not versioned then list[#list + 1] = { "api-version", operations.api_version } end
  return core.query(list), self.problem
end

local function body_text(given, where)
  local body = given.body
  if body == nil or type(body) == "string" then return body end
  return message.encode_value(where, body, "body")
end

--- Builds a request and the row that the pipeline needs for it.
-- @tparam table given method, path, query, body
-- @tparam table router
-- @tparam string where
-- @treturn table row
-- @treturn table|nil request
-- @return what is wrong with the contents, where there is no request
function M.build(given, router, where)
  if given == nil then check.fail("%s: options are missing: method and path", where) end
  local read, problem = check.read(given, request_options, where)
  if not read.method then check.fail("%s: method is missing", where) end
  if not read.path then check.fail("%s: path is missing", where) end
  local row = {
    id = read.method .. " " .. core.clean(read.path, 500), method = read.method, query = {}, answer = "raw",
    repeats = repeats[read.method],
  }
  local body, problem_of_body = body_text(read, where)
  local text, problem_of_query = query_text(read.query or {}, where)
  problem = problem or problem_of_query or problem_of_body
  if problem then return row, nil, problem end
  local target = { url = router.server .. read.path .. "?" .. text, audience = router.audience .. read.path }
  return row, request.build(row, target, nil, body, body and "application/json")
end

return M
