-- SPDX-License-Identifier: MIT
--- Bodies: a target and its arguments, for all operations that carry a message. Types that JSON has not, and lists with
-- holes, are mistakes in the program and throw; contents that it has not are returned as a problem (errors.invalid).
local core = require "azure.signalr.core"
local check = require "azure.signalr.check"
local frames = require "azure.signalr.frames"
local globals = require "azure.signalr.globals"

local M = {}

local getmetatable, next, pairs, select, type = getmetatable, next, pairs, select, type
local format, sub = globals.string.format, globals.string.sub

local none = {}

-- The problem of a target.
local function flaw_of(target, where)
  if type(target) ~= "string" then
    check.fail("%s: target must be a non-empty string, got %s", where, check.kind_of(target))
  end
  return target == "" and "target must not be empty" or nil
end

-- What core's writers returned.
local function written(where, text, problem, kind)
  if text then return text end
  if kind == "misuse" then check.fail("%s", where .. ": " .. problem) end
  return nil, kind == "size" and { kind = "payload_too_large", message = problem } or problem
end

--- The JSON of a message.
-- @tparam string where the method, for errors
-- @tparam string target
-- @param ... the arguments; trailing nils count
-- @treturn string|nil
-- @return the problem
function M.encode(where, target, ...)
  local problem = flaw_of(target, where)
  if problem then return nil, problem end
  local n = select("#", ...)
  return written(where, core.json_message(target, n > 0 and { ... } or none, n))
end

--- The same as a draft, which goes on the wire as it is.
-- @tparam string where
-- @tparam userdata place
-- @tparam string target
-- @param ... the arguments
-- @treturn userdata|nil
-- @return the problem
function M.draft(where, place, target, ...)
  local problem = flaw_of(target, where)
  if problem then return nil, problem end
  return written(where, core.draft(place, target, ...))
end

local function encode_target(where, target)
  local problem = flaw_of(target, where)
  if problem then return nil, problem end
  return written(where, core.json_encode(target, "target"))
end

--- The JSON of a message whose arguments are one array.
-- @tparam string where
-- @tparam string target
-- @param args an array; signalr.array(t, n) for one with holes
-- @treturn string|nil
-- @return the problem
function M.encode_list(where, target, args)
  local name, problem = encode_target(where, target)
  if type(args) == "table" and getmetatable(args) == nil and next(args) == nil then args = core.array {} end
  local list, problem_of_list = written(where, core.json_encode(args, "arguments"))
  if list and sub(list, 1, 1) ~= "[" then
    check.fail("%s: arguments must be an array, got %s", where, check.kind_of(args))
  end
  if not name then return nil, problem end
  if not list then return nil, problem_of_list end
  return '{"target":' .. name .. ',"arguments":' .. list .. "}"
end

--- The JSON of one value.
-- @treturn string|nil
-- @return the problem
function M.encode_value(where, value, name) return written(where, core.json_encode(value, name)) end

--- A MessagePack map from hub protocol to complete framed messages.
-- @tparam string where
-- @tparam table by_protocol name -> bytes
-- @treturn string|nil
-- @return the problem
function M.encode_frames(where, by_protocol)
  if type(by_protocol) ~= "table" or next(by_protocol) == nil then
    check.fail("%s: frames must be a table of protocol name = bytes, with at least one", where)
  end
  local problem
  for name, bytes in pairs(by_protocol) do
    if type(name) ~= "string" then check.fail("%s: frames must be keyed by protocol name", where) end
    if type(bytes) ~= "string" then
      check.fail("%s: frames.%s must be the bytes of a complete message, got %s", where, core.clean(name, 40),
        check.kind_of(bytes))
    end
    if not core.utf8_len(name) or name == "" then problem = "frames must be keyed by protocol name" end
    if bytes == "" then problem = format("frames.%s must be the bytes of a complete message, got none", name) end
  end
  if problem then return nil, problem end
  return frames.encode(by_protocol)
end

return M
