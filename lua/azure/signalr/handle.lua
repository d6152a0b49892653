-- SPDX-License-Identifier: MIT
--- What hub, group, user, connection and stream have in common: a light object that addresses something.
-- Fields: context (shared by all of a client), settings (per-call options), params (values for the path),
-- excluded (connection ids or nil), targets (places of operations, made when first used). A handle is never
-- changed once made; what looks like a change returns another.
local call = require "azure.signalr.call"
local check = require "azure.signalr.check"
local options = require "azure.signalr.options"
local request = require "azure.signalr.request"

local M = {}

--- Makes a handle.
-- @tparam table class a metatable from M.class
-- @tparam table parent a handle (or client) whose context and settings it shares
-- @tparam table params
-- @tparam table|nil excluded
function M.new(class, parent, params, excluded)
  return setmetatable({
    context = parent.context, settings = parent.settings, params = params, excluded = excluded,
  }, class)
end

--- A copy of params with one more. The names are spelled out: handles are made for single calls, and a loop over
-- pairs costs twice as much.
function M.extend(params, name, value)
  local copy = {
    hub = params.hub, application = params.application, query_prefix = params.query_prefix,
    group = params.group, user = params.user, connectionId = params.connectionId,
  }
  copy[name] = value
  return copy
end

local function same_list(a, b)
  if a == b then return true end
  return a ~= nil and b ~= nil and #a == #b and table.concat(a, "\0") == table.concat(b, "\0")
end

--- Makes a class of handles.
-- @tparam string name as in "hub"
-- @tparam function describe (handle) -> text
-- @treturn table metatable, whose __index holds the methods
function M.class(name, describe)
  local class = { __name = "azure.signalr." .. name, __index = {} }
  class.__json = false -- it is no data: core.json_encode refuses it

  function class.__tostring(self)
    local text = class.__name .. ": " .. describe(self)
    return self.excluded and ("%s except %d"):format(text, #self.excluded) or text
  end

  -- Equal when they address the same, in the same way, through the same client.
  function class.__eq(a, b)
    if getmetatable(a) ~= getmetatable(b) or a.context ~= b.context or a.settings ~= b.settings then return false end
    for k, v in pairs(a.params) do if b.params[k] ~= v then return false end end
    for k in pairs(b.params) do if a.params[k] == nil then return false end end
    return same_list(a.excluded, b.excluded)
  end

  return class
end

-- What was said to be left out must not be dropped without a word.
local function refuse_excluded(op)
  check.fail("%s takes no excluded connections: except{...} counts for send, send_list, send_frames, enqueue and "
    .. "close_connections", op.id)
end

--- Adds methods to a class that another file has made.
-- @tparam table class from M.class
-- @tparam table methods
function M.add_methods(class, methods)
  for name, method in pairs(methods) do class.__index[name] = method end
end

local function target_of(self, op)
  if self.excluded and not op.takes_excluded then refuse_excluded(op) end
  local targets = self.targets
  if not targets then
    targets = {}
    self.targets = targets
  end
  local target = targets[op]
  if not target then
    if self.params.application and not op.takes_application then
      check.fail("%s takes no application: with one configured (%q) it would reach the hub of the same name "
        .. "outside of it; use a hub without an application", op.id, self.params.application)
    end
    target = request.target(op, self.params, self.context.router)
    targets[op] = target
  end
  return target
end

--- The request of an operation on what the handle addresses.
-- @tparam table self
-- @tparam table op a row of operations.lua
-- @tparam table|nil query wire name -> string or array of strings
-- @tparam string|nil body
-- @tparam string|nil content_type
function M.request(self, op, query, body, content_type)
  return request.build(op, target_of(self, op), query, body, content_type)
end

--- Runs an operation on what the handle addresses; parameters as of M.request.
function M.call(self, op, query, body, content_type)
  local req = request.build(op, target_of(self, op), query, body, content_type)
  return call.run(self.context, op, req, self.settings)
end

--- Runs an operation whose path has one more part than the handle.
-- @tparam table self
-- @tparam table op
-- @tparam string name of the path parameter
-- @tparam string value
-- @tparam table|nil query
function M.call_at(self, op, name, value, query)
  local there = {
    context = self.context, settings = self.settings, params = M.extend(self.params, name, value),
    excluded = self.excluded,
  }
  return M.call(there, op, query)
end

--- The query of a handle's excluded connections.
function M.excluding(self) return self.excluded and { excluded = self.excluded } or nil end

--- A handle with more connections excluded.
function M.except(self, ids, where)
  ids = check.ids(ids, where, "ids")
  local all = {}
  for _, id in ipairs(self.excluded or {}) do all[#all + 1] = id end
  for _, id in ipairs(ids) do all[#all + 1] = id end
  local other = M.new(getmetatable(self), self, self.params, #all > 0 and all or nil)
  other.targets = self.targets
  return other
end

--- A handle with other per-call options.
function M.with(self, given, where)
  local other = M.new(getmetatable(self), self, self.params, self.excluded)
  other.settings = options.merge_call(self.settings, given, where)
  other.targets = self.targets
  return other
end

local close_options = {
  reason = check.text,
  except = check.ids,
}

--- Closes connections: of a hub, a group, a user.
function M.close_connections(self, op, given, where)
  given = check.options(given, close_options, where)
  local excluded = {}
  for _, id in ipairs(self.excluded or {}) do excluded[#excluded + 1] = id end
  for _, id in ipairs(given.except or {}) do excluded[#excluded + 1] = id end
  return M.call(self, op, { excluded = excluded, reason = given.reason })
end

--- close() exists on the client alone: elsewhere it would be taken for "end these connections".
function M.no_close(where, instead)
  check.fail("%s does not exist: to end connections use %s; client:close() releases the client", where, instead)
end

return M
