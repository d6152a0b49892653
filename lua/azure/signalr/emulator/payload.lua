-- SPDX-License-Identifier: MIT
--- A value of the user's, as it came: JSON text or MessagePack bytes. The other form is made when
-- a client of that protocol needs it; the form that came is never touched.
local json_msgpack = require "azure.signalr.emulator.json_msgpack"
local msgpack_json = require "azure.signalr.emulator.msgpack_json"

local M = {}

local Payload = {}
local metatable = { __index = Payload, __name = "payload" }

--- From a checked JSON slice.
function M.from_json(slice)
  return setmetatable({ text = slice }, metatable)
end

--- From MessagePack bytes.
-- @treturn table|nil nil and a message when they are no value, or one that JSON cannot express
function M.from_msgpack(bytes)
  local text, message = msgpack_json.convert(bytes)
  if not text then return nil, message end
  return setmetatable({ text = text, bytes = bytes }, metatable)
end

--- The value as JSON text.
function Payload:json()
  return self.text
end

--- The value as MessagePack bytes.
function Payload:msgpack()
  self.bytes = self.bytes or json_msgpack.convert(self.text)
  return self.bytes
end

return M
