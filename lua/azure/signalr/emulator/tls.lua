-- SPDX-License-Identifier: MIT
-- The server's TLS context, from a certificate chain and a key in PEM.
local http_tls = require "http.tls"
local pkey = require "openssl.pkey"
local x509 = require "openssl.x509"
local chain = require "openssl.x509.chain"

local M = {}

local PEM_CERTIFICATE = "(%-%-%-%-%-BEGIN CERTIFICATE%-%-%-%-%-.-%-%-%-%-%-END CERTIFICATE%-%-%-%-%-)"

local function read(path)
  local file, why = io.open(path, "rb")
  if not file then error(why, 0) end
  local text = file:read("*a")
  file:close()
  return text
end

-- The client's first choice among the spoken ones (ALPN).
local function choose_protocol(_, offered, spoken)
  for _, name in ipairs(offered) do
    if spoken[name] then return name end
  end
end

local function build(cert_path, key_path, http2)
  local ctx = http_tls.new_server_context()
  local rest = chain.new()
  local leaf
  for pem in read(cert_path):gmatch(PEM_CERTIFICATE) do
    local certificate = x509.new(pem)
    if leaf then rest:add(certificate) else leaf = certificate end
  end
  if not leaf then error(cert_path .. ": no certificate in it", 0) end
  ctx:setCertificate(leaf)
  ctx:setCertificateChain(rest)
  ctx:setPrivateKey(pkey.new(read(key_path)))
  if http_tls.has_alpn then ctx:setAlpnSelect(choose_protocol, { h2 = http2, ["http/1.1"] = true }) end
  return ctx
end

--- Makes the context.
-- @tparam string cert_path PEM file, the server's certificate first
-- @tparam string key_path PEM file
-- @tparam ?boolean http2 whether HTTP/2 may be chosen
-- @return an openssl.ssl.context, or nil and what is wrong with the files
function M.context(cert_path, key_path, http2)
  local ok, result = pcall(build, cert_path, key_path, http2 or false)
  if not ok then return nil, "the TLS files cannot be used: " .. tostring(result) end
  return result
end

return M
