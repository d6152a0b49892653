-- SPDX-License-Identifier: MIT
--- Base64 in both alphabets (RFC 4648), in plain Lua.
local pace = require "azure.signalr.emulator.pace"

local M = {}

local char, byte, floor = string.char, string.byte, math.floor

local STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local URL_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local function table_of(alphabet)
  local digits, values = {}, {}
  for i = 1, 64 do
    digits[i - 1] = alphabet:sub(i, i)
    values[alphabet:byte(i)] = i - 1
  end
  return digits, values
end

local standard_digits, standard_values = table_of(STANDARD)
local url_digits, url_values = table_of(URL_SAFE)

local function encode(data, digits)
  local out = {}
  for i = 1, #data, 3 do
    local a, b, c = byte(data, i, i + 2)
    pace.spend(8)
    local bits = a * 65536 + (b or 0) * 256 + (c or 0)
    out[#out + 1] = digits[floor(bits / 262144)] .. digits[floor(bits / 4096) % 64]
      .. (b and digits[floor(bits / 64) % 64] or "") .. (c and digits[bits % 64] or "")
  end
  return table.concat(out)
end

-- Reads 2 to 4 digits at `pos`; leftover bits must be zero, so that one value has one spelling.
local function decode_group(text, pos, values)
  local bits, n = 0, 0
  for i = pos, math.min(pos + 3, #text) do
    local value = values[byte(text, i)]
    if not value then return nil end
    bits, n = bits * 64 + value, n + 1
  end
  if n == 4 then
    return char(floor(bits / 65536), floor(bits / 256) % 256, bits % 256)
  elseif n == 3 and bits % 4 == 0 then
    return char(floor(bits / 1024), floor(bits / 4) % 256)
  elseif n == 2 and bits % 16 == 0 then
    return char(floor(bits / 16))
  end
  return nil
end

local function decode(text, values)
  local out = {}
  for pos = 1, #text, 4 do
    pace.spend(8)
    local bytes = decode_group(text, pos, values)
    if not bytes then return nil end
    out[#out + 1] = bytes
  end
  return table.concat(out)
end

--- Standard alphabet, padded.
-- @tparam string data bytes
-- @treturn string
function M.encode(data)
  return encode(data, standard_digits) .. ("="):rep(-#data % 3)
end

--- Reads the standard alphabet, padded.
-- @treturn string|nil the bytes, or nil when the text is not base64
function M.decode(text)
  if #text % 4 ~= 0 then return nil end
  return decode((text:gsub("==?$", "")), standard_values)
end

--- URL alphabet without padding, as tokens use it.
function M.url_encode(data)
  return encode(data, url_digits)
end

--- Reads the URL alphabet without padding.
-- @treturn string|nil
function M.url_decode(text)
  return decode(text, url_values)
end

return M
