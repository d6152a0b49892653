-- SPDX-License-Identifier: MIT
--- Base64 as JSON carries bytes.
local globals = require "azure.signalr.globals"

local byte, match = globals.string.byte, globals.string.match
local floor, char, concat = globals.math.floor, globals.string.char, globals.table.concat

local M = {}

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local value_of = {}
for i = 1, #alphabet do value_of[byte(alphabet, i)] = i - 1 end

--- Decodes padded base64.
-- @tparam string text
-- @treturn string|nil the bytes, nil if the text is not base64
function M.decode(text)
  local body, padding = match(text, "^([A-Za-z0-9+/]*)(=*)$")
  if not body or #text % 4 ~= 0 or #padding > 2 then return nil end
  local bytes, n = {}, 0
  local bits, have = 0, 0
  for i = 1, #body do
    bits, have = bits * 64 + value_of[byte(body, i)], have + 6
    if have >= 8 then
      have = have - 8
      local unit = 2 ^ have
      n = n + 1
      bytes[n] = char(floor(bits / unit))
      bits = bits % unit
    end
  end
  return concat(bytes)
end

return M
