-- SPDX-License-Identifier: MIT
-- Reads tokens for specs, with luaossl and lua-cjson and nothing of the library: what it signs must not be checked
-- by what signed it.
local cjson = require "cjson"
local hmac = require "openssl.hmac"

local M = {}

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

local function base64url(bytes)
  local out = {}
  for i = 1, #bytes, 3 do
    local a, b, c = bytes:byte(i, i + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    for shift = 3, (b == nil and 2) or (c == nil and 1) or 0, -1 do
      local index = math.floor(n / 64 ^ shift) % 64 + 1
      out[#out + 1] = alphabet:sub(index, index)
    end
  end
  return table.concat(out)
end

local function from_base64url(text)
  local bits, n, out = 0, 0, {}
  for letter in text:gmatch(".") do
    bits, n = bits * 64 + alphabet:find(letter, 1, true) - 1, n + 6
    if n >= 8 then
      n = n - 8
      out[#out + 1] = string.char(math.floor(bits / 2 ^ n))
      bits = bits % 2 ^ n
    end
  end
  return table.concat(out)
end

--- Checks the signature; returns claims, header, and the payload's text.
function M.open(token, key)
  local head, payload, signature = token:match("^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
  assert(signature, "not a token")
  assert(base64url(hmac.new(key, "sha256"):final(head .. "." .. payload)) == signature, "bad signature")
  local text = from_base64url(payload)
  return cjson.decode(text), cjson.decode(from_base64url(head)), text
end

return M
