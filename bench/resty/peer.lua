-- SPDX-License-Identifier: MIT
--- What somebody who knows OpenResty would write by hand, in lua-resty-http's approach: a cosocket with keep-alive,
-- status line and headers read line by line, JSON by lua-cjson, tokens signed by libcrypto through FFI and used again
-- for a minute. It does what our send does for a message that is accepted, fails, or is refused, and no more.
local cjson = require "cjson.safe"
local ffi = require "ffi"

local M = {}
local metatable = { __index = M }

ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *HMAC(const void *evp_md, const void *key, int key_len, const unsigned char *d, size_t n,
  unsigned char *md, unsigned int *md_len);
]]
local crypto = ffi.load "libcrypto.so.3"
local sha256 = crypto.EVP_sha256()
local digest, digest_size = ffi.new "unsigned char[32]", ffi.new "unsigned int[1]"

local function base64url(bytes)
  local text = ngx.encode_base64(bytes, true)
  return (text:gsub("[+/]", { ["+"] = "-", ["/"] = "_" }))
end

local head = base64url '{"alg":"HS256","typ":"JWT"}'

local function sign(key, audience, now)
  local claims = cjson.encode { aud = audience, nbf = now, iat = now, exp = now + 3600 }
  local text = head .. "." .. base64url(claims)
  crypto.HMAC(sha256, key, #key, text, #text, digest, digest_size)
  return text .. "." .. base64url(ffi.string(digest, 32))
end

--- @tparam string host
-- @tparam number port
-- @tparam string key
-- @tparam[opt=60] number keep seconds for which a token is used again
function M.new(host, port, key, keep)
  return setmetatable({ host = host, port = port, key = key, tokens = {}, keep = keep or 60 }, metatable)
end

local function token(self, path)
  local now = ngx.time()
  local kept = self.tokens[path]
  if not kept or now - kept.at >= self.keep then
    local audience = ("http://%s:%d%s"):format(self.host, self.port, path)
    kept = { at = now, text = sign(self.key, audience, now) }
    self.tokens[path] = kept
  end
  return kept.text
end

local function read_headers(sock)
  local headers = {}
  while true do
    local line, why = sock:receive "*l"
    if not line then return nil, why end
    if line == "" then return headers end
    local name, value = line:match "^([^:]+):%s*(.-)%s*$"
    if not name then return nil, "bad header" end
    headers[name:lower()] = value
  end
end

local function read_chunks(sock)
  local parts = {}
  while true do
    local line, why = sock:receive "*l"
    local size = line and tonumber(line:match "^%x+", 16)
    if not size then return nil, why or "bad chunk" end
    if size > 0 then parts[#parts + 1] = sock:receive(size) end
    sock:receive(2)
    if size == 0 then return table.concat(parts) end
  end
end

local function read_body(sock, status, headers)
  if status == 204 then return "" end
  if headers["transfer-encoding"] == "chunked" then return read_chunks(sock) end
  local length = tonumber(headers["content-length"])
  if not length then return sock:receive "*a" end
  return length == 0 and "" or sock:receive(length)
end

local function read_answer(sock)
  local line, why = sock:receive "*l"
  if not line then return nil, why end
  local status = tonumber(line:match "^HTTP/1%.%d (%d%d%d)")
  if not status then return nil, "bad status line" end
  local headers
  headers, why = read_headers(sock)
  if not headers then return nil, why end
  local body
  body, why = read_body(sock, status, headers)
  if not body then return nil, why end
  return { status = status, headers = headers, body = body }
end

local function post(self, path, body)
  local sock = ngx.socket.tcp()
  sock:settimeouts(5000, 30000, 30000)
  local ok, why = sock:connect(self.host, self.port, { pool_size = 64 })
  if not ok then return nil, why end
  local sent
  sent, why = sock:send {
    "POST ", path, "?api-version=2024-12-01 HTTP/1.1\r\nHost: ", self.host, ":", self.port,
    "\r\nUser-Agent: by-hand\r\nAuthorization: Bearer ", token(self, path),
    "\r\nContent-Type: application/json\r\nContent-Length: ", #body, "\r\n\r\n", body,
  }
  local answer
  if sent then answer, why = read_answer(sock) end
  if not answer then
    sock:close()
    return nil, why
  end
  if answer.headers.connection == "close" then sock:close() else sock:setkeepalive(30000, 64) end
  return answer
end

--- Sends a message to everybody on a hub.
function M:send(hub, target, ...)
  local body = cjson.encode { target = target, arguments = { ... } }
  local answer, why = post(self, "/api/hubs/" .. ngx.escape_uri(hub) .. "/:send", body)
  if not answer then return nil, why end
  local said = answer.body ~= "" and cjson.decode(answer.body)
  if answer.status >= 300 then return nil, said and said.message or answer.status end
  if said and said.isSuccess == false then return nil, said.message end
  return true, said
end

return M
