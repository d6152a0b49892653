-- SPDX-License-Identifier: MIT
--- The claims of a client's token, as JSON. The service lets some of them choose the user id: those are refused, or
-- kept from it.
local core = require "azure.signalr.core"
local bytes = require "azure.signalr.bytes"
local check = require "azure.signalr.check"
local globals = require "azure.signalr.globals"
local message = require "azure.signalr.message"

local M = {}

local getmetatable, ipairs, pairs, setmetatable, type = getmetatable, ipairs, pairs, setmetatable, type
local format, gmatch, sub = globals.string.format, globals.string.gmatch, globals.string.sub
local concat = globals.table.concat

-- Claims of these names are the token's own: a user's go under another name, as Microsoft's SDK does it.
local PREFIX = "asrs.u."
local reserved = {}
for name in gmatch("aud exp iat nbf iss actort acr azp c_hash jti nonce", "[^ ]+") do reserved[name] = true end

-- Where no user id is given the service takes it from one of these.
local identity = {
  sub = true, nameid = true, ["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"] = true,
}

local Claims = {}
Claims.__index = Claims

--- Makes an empty set of claims.
-- @tparam string where the method, for errors
-- @treturn table its field problem says what is wrong with the contents of one
function M.new(where) return setmetatable({ where = where, names = {}, values = {}, problem = nil }, Claims) end

function Claims:fail(path, rule) check.fail("%s: %s", self.where, path .. rule) end

function Claims:encode(value, path)
  local text, problem = message.encode_value(self.where, value, path)
  self.problem = self.problem or problem
  return text or "null"
end

--- Adds a claim of the service's own.
-- @tparam string name
-- @tparam string value
function Claims:add(name, value) self:put(name, self:encode(value, name)) end

function Claims:put(name, text)
  local values = self.values[name]
  if not values then
    values = {}
    self.values[name] = values
    self.names[#self.names + 1] = name
  end
  values[#values + 1] = text
end

-- `sub` is a common claim, and beside a user id it chooses nothing: of several, the first.
function Claims:identify(name, lower, path)
  if lower ~= "sub" or not self.values["asrs.s.uid"] then
    self:fail(path, format(": the claim %s would choose the user id: use the option user_id", lower))
  end
  if self.has_sub then return PREFIX .. name end
  self.has_sub = true
  return name
end

-- The name under which a claim goes into the token.
function Claims:name_of(name, path)
  if type(name) ~= "string" then self:fail(path, " must be named by a non-empty string") end
  if name == "" or not core.utf8_len(name) then
    self.problem = self.problem or path .. " must be named by a non-empty string of valid UTF-8"
  end
  local lower = core.lower(name)
  if sub(lower, 1, 7) == "asrs.s." then
    self:fail(path, ": claims that begin with asrs.s. are the service's own and are refused")
  end
  if identity[lower] then return self:identify(name, lower, path) end
  return reserved[name] and PREFIX .. name or name
end

-- Arrays are several claims of one name; one that signalr.array marks is one claim, whose value is an array.
function Claims:add_user(name, value, path)
  if value == nil then self:fail(path, " has no value") end
  local is_table, is_identity = type(value) == "table", type(name) == "string" and identity[core.lower(name)]
  local is_list = is_table and (is_identity or getmetatable(value) == nil) and core.array_length(value)
  if not is_list or is_list == 0 then
    local under = self:name_of(name, path)
    if is_identity and is_table then self:fail(path, " must be a text") end
    return self:put(under, self:encode(value, path))
  end
  for i = 1, check.array(value, self.where, path) do
    self:put(self:name_of(name, path), self:encode(value[i], format("%s[%d]", path, i)))
  end
end

local marks = { ["signalr.array"] = true, ["signalr.object"] = true }

-- By name, in the order of the names; and pairs, in their own.
local function split(given, where)
  if getmetatable(given) ~= nil and not marks[check.kind_of(given)] then
    check.fail("%s: claims must be a plain table, got %s", where, check.kind_of(given))
  end
  local named, listed = {}, {}
  for key, value in pairs(given) do
    if type(key) == "string" then named[#named + 1] = key else listed[key] = value end
  end
  return bytes.sort(named), listed
end

--- Adds a user's claims: name -> value, or an array of { name, value }, which keeps the order.
-- @tparam table given
function Claims:add_all(given)
  local named, listed = split(given, self.where)
  for _, name in ipairs(named) do
    self:add_user(name, given[name], format('claims["%s"]', core.clean(name, 60)))
  end
  for i = 1, check.array(listed, self.where, "claims", " of pairs { name, value }") do
    local path = format("claims[%d]", i)
    local pair = listed[i]
    if type(pair) ~= "table" then self:fail(path, " must be a pair { name, value }") end
    local n = check.array(pair, self.where, path, " of a name and a value")
    if n > 2 then self:fail(path, " must be a pair { name, value }: for several values give an array of them") end
    self:add_user(pair[1], pair[2], path)
  end
end

--- Their JSON.
-- @treturn string|nil nil where there are none
function Claims:json()
  if #self.names == 0 then return nil end
  local parts = {}
  for i, name in ipairs(self.names) do
    local values = self.values[name]
    local text = #values == 1 and values[1] or "[" .. concat(values, ",") .. "]"
    parts[i] = self:encode(name, "claim") .. ":" .. text
  end
  return "{" .. concat(parts, ",") .. "}"
end

return M
