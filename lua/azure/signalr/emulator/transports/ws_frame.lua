-- SPDX-License-Identifier: MIT
-- WebSocket frames (RFC 6455) as the server reads and writes them. Apart from
-- lua-http's because a server must bound what a client announces, and because
-- a frame to many clients is built once.
local bit = require "http.bit"

local M = {}

local band, bxor = bit.band, bit.bxor
local byte, char = string.byte, string.char
local floor = math.floor

M.CONTINUATION, M.TEXT, M.BINARY, M.CLOSE, M.PING, M.PONG = 0, 1, 2, 8, 9, 10

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
-- @tparam ?string reason cut to what fits
function M.close_payload(code, reason)
  return char(floor(code / 256), code % 256) .. (reason or ""):sub(1, 123)
end

--- Undoes a client's masking.
function M.unmask(data, key)
  local k1, k2, k3, k4 = byte(key, 1, 4)
  local out, n, whole = {}, 0, #data - #data % 4
  for i = 1, whole, 4 do
    local a, b, c, d = byte(data, i, i + 3)
    n = n + 1
    out[n] = char(bxor(a, k1), bxor(b, k2), bxor(c, k3), bxor(d, k4))
  end
  for i = whole + 1, #data do
    n = n + 1
    out[n] = char(bxor(byte(data, i), byte(key, i - whole)))
  end
  return table.concat(out)
end

-- Exactly n bytes, or nil when the connection ends before.
local function read(socket, n)
  if n == 0 then return "" end
  local bytes = socket:xread(n, "b")
  if bytes and #bytes == n then return bytes end
  return nil
end

local function read_length(socket, short)
  if short < 126 then return short end
  local bytes = read(socket, short == 126 and 2 or 8)
  if not bytes then return nil end
  -- Not an integer: eight bytes would wrap round where Lua has integers.
  local length = 0.0
  for i = 1, #bytes do length = length * 256 + byte(bytes, i) end
  return length
end

--- Reads one frame from a client.
-- @param socket a cqueues socket that returns its errors
-- @tparam number limit of the payload
-- @treturn ?table { opcode, final, payload }; nil when the connection ended or the frame breaks a rule
-- @treturn ?number the close code to answer with; nil when the connection ended
-- @treturn ?string what is wrong
function M.read(socket, limit)
  local head = read(socket, 2)
  if not head then return nil end
  local first, second = byte(head, 1, 2)
  local opcode, final = first % 16, first >= 128
  local control = opcode >= 8
  if band(first, 0x70) ~= 0 then return nil, 1002, "reserved bits must be zero" end
  if opcode > M.PONG or (opcode > M.BINARY and not control) then return nil, 1002, "unknown opcode" end
  if second < 128 then return nil, 1002, "a client's frame must be masked" end
  if control and (second - 128 > 125 or not final) then return nil, 1002, "a control frame is too long or split" end
  local length = read_length(socket, second - 128)
  if not length then return nil end
  if length > limit then return nil, 1009, "the message is too big" end
  local key = read(socket, 4)
  local data = key and read(socket, length)
  if not data then return nil end
  return { opcode = opcode, final = final, payload = M.unmask(data, key) }
end

return M
