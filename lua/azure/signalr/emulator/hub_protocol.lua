-- SPDX-License-Identifier: MIT
--- What the hub protocols share: the handshake (always JSON), and messages written once for many clients.
local json_text = require "azure.signalr.emulator.json_text"
local json = require "azure.signalr.emulator.hub_protocol_json"
local messagepack = require "azure.signalr.emulator.hub_protocol_msgpack"

local M = { protocols = { json = json, messagepack = messagepack } }

local SEPARATOR = "\30"

local function read_request(record)
  local slice, message = json_text.check(record)
  if not slice then return nil, "Handshake was malformed: " .. message end
  local fields = json_text.kind(slice) == "object" and json_text.fields(slice) or {}
  local name, version = fields.protocol, fields.version
  if not name or json_text.kind(name) ~= "string" then return nil, "Handshake has no 'protocol'." end
  if not version or not version:find("^%d+$") then return nil, "Handshake has no 'version'." end
  return json_text.unquote(name), version
end

--- Whether these bytes hold the end of a handshake request.
function M.ends_handshake(bytes)
  return bytes:find(SEPARATOR, 1, true) ~= nil
end

--- Reads a handshake request.
-- @tparam string data all that was received
-- @treturn table|nil { protocol, rest } when it is complete and understood; { error } when it must be refused; nil when
-- more bytes are needed
function M.read_handshake(data)
  local stop = data:find(SEPARATOR, 1, true)
  if not stop then return nil end
  local name, version = read_request(data:sub(1, stop - 1))
  if not name then return { error = version } end
  local protocol = M.protocols[name]
  if not protocol then return { error = ("The protocol '%s' is not supported."):format(name) } end
  if version ~= "1" then
    return { error = ("The server does not support version %s of the '%s' protocol."):format(version, name) }
  end
  return { protocol = protocol, rest = data:sub(stop + 1) }
end

--- The answer to a handshake.
function M.handshake_answer(err)
  return json_text.object("error", err and json_text.quote(err)) .. SEPARATOR
end

local Outgoing = {}
Outgoing.__index = Outgoing

--- The bytes for clients of a protocol (nil when there are none); made at first use and kept.
function Outgoing:frame(protocol)
  local frame = self.frames[protocol.name]
  if not frame and self.write then
    frame = self.write(protocol)
    self.frames[protocol.name] = frame
  end
  return frame
end

--- A message written by `write(protocol)`.
function M.outgoing(write)
  return setmetatable({ frames = {}, write = write }, Outgoing)
end

--- A message that came framed: a map from protocol name to bytes.
function M.framed(frames)
  return setmetatable({ frames = frames }, Outgoing)
end

return M
