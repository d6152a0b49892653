-- SPDX-License-Identifier: MIT
--- Bodies: a target and its arguments, for all operations that carry a message.
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local frames = require "azure.signalr.frames"

local M = {}

local none = {}

local function check_target(target, where)
  if type(target) ~= "string" or target == "" then
    check.fail("%s: target must be a non-empty string, got %s", where,
      target == "" and "an empty one" or check.kind_of(target))
  end
end

--- The JSON of a message.
-- @tparam string where the method, for errors
-- @tparam string target
-- @param ... the arguments; trailing nils count
-- @treturn string
function M.encode(where, target, ...)
  check_target(target, where)
  local n = select("#", ...)
  local text, problem = core.json_message(target, n > 0 and { ... } or none, n)
  if not text then check.fail("%s: %s", where, problem) end
  return text
end

--- The JSON of a message whose arguments are one array.
-- @tparam string where
-- @tparam string target
-- @param args an array; signalr.array(t, n) for one with holes
-- @treturn string
function M.encode_list(where, target, args)
  check_target(target, where)
  if type(args) == "table" and next(args) == nil and getmetatable(args) == nil then return M.encode(where, target) end
  local list, problem = core.json_encode(args, "arguments")
  if not list then check.fail("%s: %s", where, problem) end
  if list:sub(1, 1) ~= "[" then check.fail("%s: arguments must be an array, got %s", where, check.kind_of(args)) end
  local name
  name, problem = core.json_encode(target, "target")
  if not name then check.fail("%s: %s", where, problem) end
  return '{"target":' .. name .. ',"arguments":' .. list .. "}"
end

--- The JSON of one value.
function M.encode_value(where, value, name)
  local text, problem = core.json_encode(value, name)
  if not text then check.fail("%s: %s", where, problem) end
  return text
end

--- A MessagePack map from hub protocol to complete framed messages.
-- @tparam string where
-- @tparam table by_protocol name -> bytes
-- @treturn string
function M.encode_frames(where, by_protocol)
  if type(by_protocol) ~= "table" or next(by_protocol) == nil then
    check.fail("%s: frames must be a table of protocol name = bytes, with at least one", where)
  end
  for name, bytes in pairs(by_protocol) do
    if type(name) ~= "string" or name == "" then check.fail("%s: frames must be keyed by protocol name", where) end
    if type(bytes) ~= "string" or bytes == "" then
      check.fail("%s: frames.%s must be the bytes of a complete message, got %s", where, name,
        bytes == "" and "none" or check.kind_of(bytes))
    end
  end
  return frames.encode(by_protocol)
end

return M
