-- SPDX-License-Identifier: MIT
--- Numbers between decimal text and big-endian bytes, exact on LuaJIT too,
-- where a Lua number holds no integer beyond 2^53: the arithmetic is on digits and bytes.
local M = {}

local byte, char, floor = string.byte, string.char, math.floor
local unpack = table.unpack or unpack

-- Decimal digits to 8 big-endian bytes in an array; nil beyond 2^64 - 1.
local function magnitude(digits)
  local bytes = { 0, 0, 0, 0, 0, 0, 0, 0 }
  for i = 1, #digits do
    local carry = byte(digits, i) - 48
    for k = 8, 1, -1 do
      local v = bytes[k] * 10 + carry
      bytes[k], carry = v % 256, floor(v / 256)
    end
    if carry > 0 then return nil end
  end
  return bytes
end

local function negate(bytes)
  local carry = 1
  for k = 8, 1, -1 do
    local v = 255 - bytes[k] + carry
    bytes[k], carry = v % 256, floor(v / 256)
  end
  return bytes
end

local function is_zero_from(bytes, first)
  for k = first, 8 do
    if bytes[k] ~= 0 then return false end
  end
  return true
end

--- An integer's text ("-12") as 8 bytes.
-- @treturn string|nil the bytes: two's complement when negative, unsigned otherwise; nil when it fits neither
function M.integer_bytes(text)
  local sign, digits = text:match("^(%-?)(%d+)$")
  local bytes = magnitude(digits)
  if not bytes then return nil end
  if sign == "-" then
    if bytes[1] > 128 or (bytes[1] == 128 and not is_zero_from(bytes, 2)) then return nil end
    negate(bytes)
  end
  return char(unpack(bytes))
end

--- The text of an integer of 1 to 8 big-endian bytes.
-- @tparam string data bytes
-- @tparam boolean signed two's complement
function M.integer_text(data, signed)
  local negative = signed and byte(data, 1) >= 128
  if #data <= 4 then return ("%d"):format(M.unsigned(data) - (negative and 256 ^ #data or 0)) end
  local fill = negative and 255 or 0
  local bytes = {}
  for k = 1, 8 do bytes[k] = k <= 8 - #data and fill or byte(data, k - 8 + #data) end
  if negative then negate(bytes) end
  local groups = {}
  repeat
    local rest = 0
    for k = 1, 8 do
      local v = rest * 256 + bytes[k]
      bytes[k], rest = floor(v / 1000000), v % 1000000
    end
    table.insert(groups, 1, ("%06d"):format(rest))
  until is_zero_from(bytes, 1)
  local digits = table.concat(groups):gsub("^0+(%d)", "%1")
  return (negative and "-" or "") .. digits
end

local function unsigned_bytes(value, count)
  local out = {}
  for k = count, 1, -1 do
    out[k] = char(value % 256)
    value = floor(value / 256)
  end
  return table.concat(out)
end
M.unsigned_bytes = unsigned_bytes

--- Reads an unsigned integer small enough for a Lua number (lengths, dates).
function M.unsigned(data)
  local value = 0
  for i = 1, #data do value = value * 256 + byte(data, i) end
  return value
end

local function join_double(sign, exponent, high, low)
  local first = sign * 32768 + exponent * 16 + floor(high / 65536)
  return unsigned_bytes(first, 2) .. unsigned_bytes(high % 65536, 2) .. unsigned_bytes(low, 4)
end

local function double_bytes(x)
  if x ~= x then return join_double(0, 2047, 524288, 0) end
  local sign = (x < 0 or (x == 0 and 1 / x < 0)) and 1 or 0
  x = math.abs(x)
  if x == math.huge then return join_double(sign, 2047, 0, 0) end
  if x == 0 then return join_double(sign, 0, 0, 0) end
  local m, e = math.frexp(x)
  local exponent, fraction
  if e > -1022 then
    exponent, fraction = e + 1022, (m * 2 - 1) * 4503599627370496
  else
    exponent, fraction = 0, math.ldexp(m, e + 1074)
  end
  return join_double(sign, exponent, floor(fraction / 4294967296), fraction % 4294967296)
end

local function split_float(data, exponent_bits, fraction_bits)
  local bits = M.unsigned(data:sub(1, 4))
  local sign = bits >= 2147483648 and -1 or 1
  local shift = 2 ^ (31 - exponent_bits)
  local exponent = floor(bits % 2147483648 / shift)
  local fraction = bits % shift
  if fraction_bits > 31 then fraction = fraction * 4294967296 + M.unsigned(data:sub(5, 8)) end
  return sign, exponent, fraction
end

local function float_value(data, exponent_bits, fraction_bits)
  local sign, exponent, fraction = split_float(data, exponent_bits, fraction_bits)
  local top = 2 ^ exponent_bits - 1
  if exponent == top then return fraction == 0 and sign * math.huge or 0 / 0 end
  local bias = 2 ^ (exponent_bits - 1) - 1
  if exponent == 0 then return sign * math.ldexp(fraction, 1 - bias - fraction_bits) end
  return sign * math.ldexp(fraction + 2 ^ fraction_bits, exponent - bias - fraction_bits)
end

--- A double as 8 big-endian bytes.
M.double_bytes = double_bytes
--- Reads a double of 8 bytes.
function M.double(data) return float_value(data, 11, 52) end
--- Reads a float of 4 bytes.
function M.float(data) return float_value(data, 8, 23) end

if string.pack then
  function M.double_bytes(x) return string.pack(">d", x) end
  function M.double(data) return (string.unpack(">d", data)) end
  function M.float(data) return (string.unpack(">f", data)) end
end

--- The shortest decimal text that reads back as the same double, always marked as a float ("1.0").
-- @treturn string|nil nil for NaN and the infinities, which JSON has no form for
function M.double_text(x)
  if x ~= x or x == math.huge or x == -math.huge then return nil end
  local text
  for precision = 15, 17 do
    text = ("%." .. precision .. "g"):format(x)
    if tonumber(text) == x then break end
  end
  text = text:gsub("[^0-9e+-]+", ".") -- whatever the locale has for a point
  return text:find("[.e]") and text or text .. ".0"
end

return M
