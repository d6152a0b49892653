-- SPDX-License-Identifier: MIT
-- Who a visitor is: a name that this server signed into a cookie, and that nobody else can. Stands for the session
-- that a real application has, behind a login with a password.
local M = {}

local LIFETIME = 86400 -- seconds

-- Made where the module is loaded, in init_by_lua: the same for all workers, and another one after a restart.
local function random(n)
  local file = assert(io.open("/dev/urandom", "rb"))
  local bytes = file:read(n)
  file:close()
  return bytes
end

local secret = random(32)

local function sign(text) return (ngx.encode_base64(ngx.hmac_sha1(secret, text)):gsub("[+/=]", "-")) end

-- Signatures of the same length are compared to their end: how far they agree must not show in the time.
local function same(a, b)
  if #a ~= #b then return false end
  local differ = 0
  for i = 1, #a do differ = differ + (a:byte(i) == b:byte(i) and 0 or 1) end
  return differ == 0
end

--- Begins the session of a visitor.
-- @tparam string|nil name
-- @treturn boolean whether it is a name
function M.begin(name)
  if not name or not name:find "^%w+$" or #name > 32 then return false end
  local text = ("%s.%d"):format(name, ngx.time() + LIFETIME)
  ngx.header["Set-Cookie"] = ("session=%s.%s; Path=/; HttpOnly; SameSite=Lax"):format(text, sign(text))
  return true
end

--- Whose request this is.
-- @treturn string|nil name
function M.user()
  local name, expires, signature = (ngx.var.cookie_session or ""):match "^(%w+)%.(%d+)%.([%w-]+)$"
  if not name or tonumber(expires) < ngx.time() or not same(signature, sign(name .. "." .. expires)) then return nil end
  return name
end

return M
