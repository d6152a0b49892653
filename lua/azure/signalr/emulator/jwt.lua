-- SPDX-License-Identifier: MIT
--- HS256 tokens: read, checked and made. The HMAC is given by the caller.
local ascii = require "azure.signalr.emulator.ascii"
local base64 = require "azure.signalr.emulator.base64"
local json_text = require "azure.signalr.emulator.json_text"

local M = {}

local function read_object(part)
  local text = base64.url_decode(part)
  local slice = text and json_text.check(text)
  if not slice or json_text.kind(slice) ~= "object" then return nil end
  return json_text.decode(slice)
end

--- Takes a token apart without checking its signature.
-- @treturn table|nil { header, claims, signed, signature }
-- @treturn string|nil what is wrong
function M.read(token)
  local head, body, signature = token:match("^([A-Za-z0-9_-]+)%.([A-Za-z0-9_-]+)%.([A-Za-z0-9_-]*)$")
  if not head then return nil, "the token is not three base64url parts" end
  local header, claims = read_object(head), read_object(body)
  if not header then return nil, "the token's header is not a JSON object in base64url" end
  if not claims then return nil, "the token's payload is not a JSON object in base64url" end
  return { header = header, claims = claims, signed = head .. "." .. body, signature = base64.url_decode(signature) }
end

-- Takes as long whatever differs, so that time tells nothing about the right signature.
local function same(a, b)
  local difference = #a == #b and 0 or 1
  for i = 1, #b do
    difference = difference + math.abs((a:byte(i) or -1) - b:byte(i))
  end
  return difference == 0
end

-- A value of a token's header, whatever its sender made it.
local function show(value)
  if type(value) == "string" then return ("'%s'"):format(ascii.clean(value, 40)) end
  if value == nil then return "absent" end
  return type(value) == "table" and value ~= json_text.null and "an array or an object" or tostring(value)
end

--- Whether the token was signed with the key by HS256.
-- @tparam table token from `read`
-- @tparam string key
-- @tparam function hmac (key, data) -> 32 bytes
-- @treturn true|nil
-- @treturn string|nil what is wrong
function M.verify(token, key, hmac)
  if token.header.alg ~= "HS256" then
    return nil, ("the token's algorithm (alg) is %s, only HS256 is accepted"):format(show(token.header.alg))
  end
  if not same(token.signature or "", hmac(key, token.signed)) then
    return nil, "the signature does not fit the access key"
  end
  return true
end

--- Makes a token.
-- @tparam string claims_json the payload
-- @tparam string key
-- @tparam function hmac
function M.sign(claims_json, key, hmac)
  local signed = base64.url_encode('{"alg":"HS256","typ":"JWT"}') .. "." .. base64.url_encode(claims_json)
  return signed .. "." .. base64.url_encode(hmac(key, signed))
end

return M
