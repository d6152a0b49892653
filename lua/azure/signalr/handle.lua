-- SPDX-License-Identifier: MIT
--- What hub, group, user, connection, stream and client have in common: a light object that addresses something.
--
-- A handle is an empty table, so that nothing in it can be set and no walk over it shows what it keeps to itself. Its
-- fields ("it", in the methods) are its own metatable, which core.inner gives to those who have the class: context
-- (shared by all of a client), settings (per-call options), hub, application, query_prefix, group, user, connectionId,
-- streamId (for the path), excluded (connection ids or nil), targets and places (of operations, made when first used),
-- and problem: what is wrong with a name in it, if anything is. A handle is never changed once made; what looks like a
-- change returns another.
local core = require "azure.signalr.core"
local call = require "azure.signalr.call"
local check = require "azure.signalr.check"
local errors = require "azure.signalr.errors"
local globals = require "azure.signalr.globals"
local hints = require "azure.signalr.hints"
local names = require "azure.signalr.names"
local options = require "azure.signalr.options"
local request = require "azure.signalr.request"

local M = {}

local getmetatable, ipairs, pairs, select = getmetatable, ipairs, pairs, select
local setmetatable, type = setmetatable, type
local format = globals.string.format
local concat = globals.table.concat
local inner = core.inner

-- ---- handles

--- Makes a handle from a client's, or another handle's, fields.
-- @tparam table class from M.class
-- @tparam table from fields
-- @treturn table fields; M.handle makes the object of them
local function derive(class, from)
  return {
    __index = class.index, __newindex = class.refuse, __tostring = class.text, __eq = class.same, __metatable = class,
    context = from.context, settings = from.settings, excluded = from.excluded, problem = from.problem,
    hub = from.hub, application = from.application, query_prefix = from.query_prefix,
    group = from.group, user = from.user, connectionId = from.connectionId,
  }
end
M.derive = derive

--- A handle that addresses one thing more.
-- @tparam table class
-- @tparam table from fields
-- @tparam string name of the path parameter
-- @tparam string value
-- @tparam string|nil problem with the value
-- @treturn table fields
function M.child(class, from, name, value, problem)
  local it = derive(class, from)
  it[name] = value
  if problem and not it.problem then it.problem = problem end
  return it
end

--- The object of such fields.
function M.handle(it) return setmetatable({}, it) end
local handle = M.handle

--- The object of fields that M.derive has not made.
function M.dress(class, it)
  it.__index, it.__newindex, it.__tostring, it.__eq = class.index, class.refuse, class.text, class.same
  it.__metatable, it.__close = class, class.close
  return handle(it)
end

--- The fields of a handle.
-- @param self
-- @treturn table|nil nil for what is no handle
function M.fields(self) return inner(self, getmetatable(self)) end

local function same_list(a, b)
  if a == b then return true end
  return a ~= nil and b ~= nil and #a == #b and concat(a, "\0") == concat(b, "\0")
end

local addressing = { "context", "settings", "hub", "application", "group", "user", "connectionId", "streamId" }

-- Equal when they address the same, in the same way, through the same client.
local function is_same(a, b)
  local class = getmetatable(a)
  local one, other = inner(a, class), inner(b, class)
  if not one or not other then return false end
  for i = 1, #addressing do
    local field = addressing[i]
    if one[field] ~= other[field] then return false end
  end
  return same_list(one.excluded, other.excluded)
end

--- Makes a class of handles: what getmetatable shows of them.
-- @tparam string name as in "hub"
-- @tparam table public name of a field that may be read -> name of the inner field
-- @tparam function describe (fields) -> text
-- @treturn table __name, __index (the methods)
function M.class(name, public, describe)
  local methods = {}
  -- __json: it is no data, core.json_encode refuses it; __what is for its message.
  local class = {
    __name = "azure.signalr." .. name, __index = methods, __json = false, __what = "a " .. name .. " handle",
  }

  function class.index(self, key)
    local method = methods[key]
    if method ~= nil then return method end
    local field = public[key]
    if not field then return hints.stand_in(name, key, methods) end
    local it = inner(self, class)
    return it and it[field]
  end

  function class.refuse(_, key)
    check.fail("%s.%s cannot be set: a handle is never changed; %s:with{ ... } gives another with other options", name,
      type(key) == "string" and core.clean(key, 40) or check.shown(key), name)
  end

  function class.text(self)
    local it = inner(self, class)
    local text = class.__name .. ": " .. core.clean(describe(it), 500)
    return it.excluded and format("%s except %d", text, #it.excluded) or text
  end

  class.same = is_same
  return class
end

--- Adds methods to a class that another file has made.
-- @tparam table class from M.class
-- @tparam table methods
function M.add_methods(class, methods)
  for name, method in pairs(methods) do class.__index[name] = method end
end

-- ---- the beginning of each method

--- Wants the object before the colon, and no surplus arguments.
-- @param self what came as self
-- @tparam table class that it must be of
-- @tparam string where as in "hub:send"
-- @tparam number|nil declared how many arguments the method declares; nil: any number
-- @param ... what came behind them
-- @treturn table the handle's fields
function M.open(self, class, where, declared, ...)
  local it = inner(self, class)
  if not it then check.wrong_self(self, where) end
  if declared and select("#", ...) > 0 then check.count(where, declared, ...) end
  return it
end

--- The same, for methods that need the client: it must not be closed.
function M.ask(self, class, where, declared, ...)
  local it = inner(self, class)
  if not it then check.wrong_self(self, where) end
  if declared and select("#", ...) > 0 then check.count(where, declared, ...) end
  if it.context.closed then call.refuse(it.context, where) end
  return it
end

-- ---- calls

-- What was said to be left out, or to be of an application, must not be dropped without a word.
local function refuse_dropping(it, op)
  if it.excluded and not op.takes_excluded then
    check.fail("%s takes no excluded connections: except{...} counts for send, send_list, send_frames, enqueue and "
      .. "close_connections", op.id)
  end
  if it.application and not op.takes_application then
    check.fail("%s takes no application: with one configured (%q) it would reach the hub of the same name "
      .. "outside of it; use a hub without an application", op.id, it.application)
  end
end

local function target_of(it, op)
  local targets = it.targets
  if not targets then
    targets = {}
    it.targets = targets
  end
  local target = targets[op]
  if not target then
    target = request.target(op, it, it.context.router)
    targets[op] = target
  end
  return target
end

M.target = target_of

--- Why an operation cannot be asked of what a handle addresses: throws for misuse.
-- @tparam table it fields
-- @tparam table op a row of operations.lua
-- @param problem with what else the call was given, or nil
-- @treturn table|nil the error
function M.problem(it, op, problem)
  refuse_dropping(it, op)
  problem = it.problem or problem
  return problem and errors.about(errors.invalid(op.id, problem), it) or nil
end

--- The request of an operation on what a handle addresses, once M.problem had nothing to say.
-- @tparam table it fields
-- @tparam table op a row of operations.lua
-- @tparam table|nil query wire name -> string or array of strings
-- @tparam string|nil body
-- @tparam string|nil content_type
function M.request(it, op, query, body, content_type)
  local req = request.build(op, target_of(it, op), query, body, content_type)
  req.about = it
  return req
end
local build = M.request

--- Runs an operation on what a handle addresses.
-- @tparam table it fields
-- @tparam table op
-- @tparam table|nil query
-- @param problem with what the call was given, or nil
function M.call(it, op, query, problem)
  local err = M.problem(it, op, problem)
  if err then return nil, err end
  return call.run(it.context, op, build(it, op, query), it.settings)
end

--- Runs an operation that has a body and a query.
-- @tparam table it fields
-- @tparam table op
-- @tparam table with query, body, content_type
-- @param problem with what the call was given, or nil
function M.run(it, op, with, problem)
  local err = M.problem(it, op, problem)
  if err then return nil, err end
  return call.run(it.context, op, build(it, op, with.query, with.body, with.content_type), it.settings)
end

--- Runs an operation whose path has one more part than the handle.
-- @tparam table it fields
-- @tparam table op
-- @tparam table at name and value of that part, and what is wrong with the value
-- @tparam table|nil query
function M.call_at(it, op, at, query)
  return M.call(M.child(it.__metatable, it, at[1], at[2], at[3]), op, query)
end

--- Sends a body that message.lua has made.
-- @tparam table it fields
-- @tparam table op
-- @tparam string form "json" or "frames": which of the operation's bodies it is
-- @tparam string|nil body
-- @param problem why there is none
function M.send(it, op, form, body, problem)
  local err = M.problem(it, op, problem)
  if err then return nil, err end
  local query = it.excluded and { excluded = it.excluded } or nil
  return call.run(it.context, op, build(it, op, query, body, op.body[form]), it.settings)
end

-- ---- what looks like a change

--- A handle with more connections excluded.
function M.except(it, ids, where)
  local more, problem = names.ids(ids, where, "ids")
  local all = {}
  for _, id in ipairs(it.excluded or {}) do all[#all + 1] = id end
  for _, id in ipairs(more) do all[#all + 1] = id end
  local other = derive(it.__metatable, it)
  other.excluded = #all > 0 and all or nil
  other.targets, other.places = it.targets, it.places
  other.problem = it.problem or problem
  return handle(other)
end

--- A handle with other per-call options.
function M.with(it, given, where)
  local settings = options.merge_call(it.settings, given, where)
  local other = {}
  for name, value in pairs(it) do other[name] = value end
  other.settings = settings
  return handle(other)
end

local close_options = { reason = check.text, except = names.ids }

--- Closes connections: of a hub, a group, a user.
function M.close_connections(it, op, given, where)
  local read, problem = check.read(given, close_options, where)
  local excluded = {}
  for _, id in ipairs(it.excluded or {}) do excluded[#excluded + 1] = id end
  for _, id in ipairs(read.except or {}) do excluded[#excluded + 1] = id end
  return M.call(it, op, { excluded = excluded, reason = read.reason }, problem)
end

return M
