-- SPDX-License-Identifier: MIT
-- WebSocket frames (RFC 6455) as the server reads and writes them: bytes in, frames out, and back. Apart from
-- lua-http's because a server must bound what a client announces, and because a frame to many clients is built once.
local bit = require "http.bit"
local ascii = require "azure.signalr.emulator.ascii"
local byte_buffer = require "azure.signalr.emulator.byte_buffer"
local pace = require "azure.signalr.emulator.pace"

local M = {}

local band, bxor = bit.band, bit.bxor
local byte, char, sub = string.byte, string.char, string.sub
local floor = math.floor

M.CONTINUATION, M.TEXT, M.BINARY, M.CLOSE, M.PING, M.PONG = 0, 1, 2, 8, 9, 10

local MOST_CONTROL = 125

local function length_bytes(length)
  if length < 126 then return char(length) end
  if length < 65536 then return char(126, floor(length / 256), length % 256) end
  return char(127, 0, 0, 0, 0, floor(length / 16777216) % 256, floor(length / 65536) % 256,
    floor(length / 256) % 256, length % 256)
end

--- One whole frame from server to client.
-- @tparam number opcode
-- @tparam string payload under 4 GB
function M.encode(opcode, payload)
  return char(128 + opcode) .. length_bytes(#payload) .. payload
end

--- The payload of a Close frame.
-- @tparam number code
-- @tparam ?string reason UTF-8; cut to what fits, between two characters
function M.close_payload(code, reason)
  return char(floor(code / 256), code % 256) .. ascii.cut(reason or "", MOST_CONTROL - 2)
end

local SPAN = 4096

-- Undoes a client's masking, a few KB at a time.
local function unmask(data, key)
  local k1, k2, k3, k4 = byte(key, 1, 4)
  if k1 + k2 + k3 + k4 == 0 then return data end
  local out, n, whole = {}, 0, #data - #data % 4
  for from = 1, whole, SPAN do
    for i = from, math.min(from + SPAN - 4, whole), 4 do
      local a, b, c, d = byte(data, i, i + 3)
      n = n + 1
      out[n] = char(bxor(a, k1), bxor(b, k2), bxor(c, k3), bxor(d, k4))
    end
    pace.spend(SPAN)
  end
  for i = whole + 1, #data do
    n = n + 1
    out[n] = char(bxor(byte(data, i), byte(key, i - whole)))
  end
  return table.concat(out)
end

-- What a frame's first two bytes break; nil when nothing.
local function fault_of(first, second)
  local opcode, control = first % 16, first % 16 >= 8
  if band(first, 0x70) ~= 0 then return "reserved bits must be zero" end
  if opcode > M.PONG or (opcode > M.BINARY and not control) then return "unknown opcode" end
  if second < 128 then return "a client's frame must be masked" end
  if control and (second - 128 > MOST_CONTROL or first < 128) then return "a control frame is too long or split" end
  return nil
end

-- Not an integer: eight bytes would wrap round where Lua has integers.
local function read_length(data, first, last)
  local length = 0.0
  for i = first, last do length = length * 256 + byte(data, i) end
  return length
end

local Reader = {}
Reader.__index = Reader

--- A reader of what one client sends.
-- @tparam number limit bytes of one frame's payload
function M.reader(limit)
  return setmetatable({ limit = limit, data = "", pos = 1, later = byte_buffer.new(), wanted = 2 }, Reader)
end

--- Hands over bytes as they come, split anywhere.
function Reader:feed(bytes)
  local here = #self.data - self.pos + 1
  if here + self.later.size + #bytes < self.wanted then return self.later:push(bytes) end
  self.data = sub(self.data, self.pos) .. self.later:take() .. bytes
  self.pos = 1
end

-- Whether so many bytes are there; says how many to wait for when not.
local function has(self, count)
  if #self.data - self.pos + 1 >= count then return true end
  -- What waits is put together, so that all of it is in one place or the other.
  self.later:push(sub(self.data, self.pos))
  self.data, self.pos, self.wanted = "", 1, count
  return false
end

--- The next frame.
-- @treturn ?table { opcode, final, payload }; nil when more bytes are needed or the frame breaks a rule
-- @treturn ?number the close code to answer with; nil when more bytes are needed
-- @treturn ?string what is wrong
function Reader:next()
  if self.later.size > 0 or not has(self, 2) then return nil end
  local data, pos = self.data, self.pos
  local first, second = byte(data, pos, pos + 1)
  local wrong = fault_of(first, second)
  if wrong then return nil, 1002, wrong end
  local length, size = second - 128, 2
  if length > MOST_CONTROL then
    size = length == 126 and 4 or 10
    if not has(self, size) then return nil end
    length = read_length(data, pos + 2, pos + size - 1)
  end
  if length > self.limit then return nil, 1009, "the message is too big" end
  size = size + 4
  if not has(self, size + length) then return nil end
  local payload = unmask(sub(data, pos + size, pos + size + length - 1), sub(data, pos + size - 4, pos + size - 1))
  self.pos = pos + size + length
  self.wanted = 2
  pace.spend(64 + length / 4)
  return { opcode = first % 16, final = first >= 128, payload = payload }
end

return M
