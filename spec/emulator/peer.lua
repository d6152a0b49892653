-- SPDX-License-Identifier: MIT
-- The other end of the emulator's server, byte by byte: raw HTTP/1.1 and raw
-- WebSocket frames on cqueues, so that a spec can also say what no client says.
local hmac = require "openssl.hmac"
local socket = require "cqueues.socket"
local jwt = require "azure.signalr.emulator.jwt"

local M = {}
local methods, websocket_methods = {}, {}
local metatable = { __index = methods, __name = "spec.peer" }
local websocket_metatable = { __index = websocket_methods, __name = "spec.websocket" }

M.VERSION = "api-version=2024-12-01"

local function sha256(key, data)
  return hmac.new(key, "sha256"):final(data)
end

--- A token for an audience.
-- @tparam table emulator of spec.support.emulator
-- @tparam string path with which the audience goes on after the endpoint
-- @tparam[opt] string more JSON text of further members, such as '"nameid":"x",'
function M.token(emulator, path, more)
  local now = os.time()
  local claims = ('{%s"nbf":%d,"exp":%d,"iat":%d,"aud":"%s"}'):format(more or "", now - 5, now + 600, now,
    emulator.endpoint .. path)
  return jwt.sign(claims, emulator.access_key, sha256)
end

--- Connects.
-- @tparam table emulator
-- @param[opt] context an openssl.ssl.context, for TLS
function M.connect(emulator, context)
  local wire = assert(socket.connect("127.0.0.1", emulator.port))
  wire:onerror(function(_, _, why) return why end)
  wire:settimeout(10)
  wire:setmode("b", "bn")
  wire:setmaxline(65536)
  if context then assert(wire:starttls(context)) end
  return setmetatable({ wire = wire, emulator = emulator }, metatable)
end

--- Writes bytes as they are.
-- @return true, or nil and an errno
function methods:write(bytes)
  return self.wire:write(bytes)
end

--- Writes a request's head, and its body when one is given.
-- @tparam string method
-- @tparam string target
-- @tparam[opt] table options `headers` (array of lines), `body`
function methods:request(method, target, options)
  options = options or {}
  local lines = { method .. " " .. target .. " HTTP/1.1", "Host: 127.0.0.1:" .. self.emulator.port }
  for _, line in ipairs(options.headers or {}) do lines[#lines + 1] = line end
  if options.body then lines[#lines + 1] = "Content-Length: " .. #options.body end
  return self:write(table.concat(lines, "\r\n") .. "\r\n\r\n" .. (options.body or ""))
end

-- What comes before the body; nil when the connection ends first.
function methods:head()
  local line = self.wire:read("*l")
  if not line then return nil end
  local answer = { status = assert(tonumber(line:match("^HTTP/1%.%d (%d%d%d)")), line), headers = {} }
  while true do
    line = assert(self.wire:read("*l"), "the header ends too early"):gsub("\r$", "")
    if line == "" then return answer end
    local name, value = line:match("^([^:]+):%s*(.*)$")
    assert(not answer.headers[name:lower()], "header field given twice: " .. line)
    answer.headers[name:lower()] = value
  end
end

--- Reads an answer.
-- @tparam[opt] string method of the request
-- @treturn ?table { status, headers, body }; nil when the connection ended
function methods:answer(method)
  local answer = self:head()
  if not answer then return nil end
  local length = tonumber(answer.headers["content-length"] or 0)
  answer.body = method ~= "HEAD" and length > 0 and self.wire:read(length) or ""
  return answer
end

--- One request and its answer.
function methods:ask(method, target, options)
  self:request(method, target, options)
  return self:answer(method)
end

--- A REST request, signed.
-- @tparam string method
-- @tparam string path without query
-- @tparam[opt] table options `query` (beside api-version), `body`, `headers`
function methods:rest(method, path, options)
  options = options or {}
  local headers = { "Authorization: Bearer " .. M.token(self.emulator, path), "Content-Type: application/json" }
  for _, line in ipairs(options.headers or {}) do headers[#headers + 1] = line end
  local query = M.VERSION .. (options.query and "&" .. options.query or "")
  return self:ask(method, path .. "?" .. query, { headers = headers, body = options.body })
end

--- Whether the other end has closed the connection; waits for it.
function methods:ended()
  return self.wire:read(-1) == nil
end

function methods:close()
  self.wire:close()
end

--- The target with which a client connects.
-- @tparam table emulator
-- @tparam string user
-- @tparam[opt] string more of the query, with its "&"
function M.client_target(emulator, user, more)
  local token = M.token(emulator, "/client/?hub=chat", ('"asrs.s.uid":"%s",'):format(user))
  return "/client/?hub=chat&access_token=" .. token .. (more or "")
end

--- Opens a WebSocket.
-- @tparam table emulator
-- @tparam string user
-- @tparam[opt] table options `context` (TLS), `headers` (lines), `handshake = false` (leave out SignalR's)
-- @treturn table the WebSocket, with `answer`, the answer to the upgrade
function M.websocket(emulator, user, options)
  options = options or {}
  local peer = M.connect(emulator, options.context)
  local headers = {
    "Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  }
  for _, line in ipairs(options.headers or {}) do headers[#headers + 1] = line end
  peer:request("GET", M.client_target(emulator, user), { headers = headers })
  local self = setmetatable({ peer = peer, wire = peer.wire, answer = peer:head() }, websocket_metatable)
  if options.handshake ~= false and self.answer.status == 101 then
    self:send('{"protocol":"json","version":1}\30')
    local _, greeting = self:receive()
    assert(greeting == "{}\30", greeting)
  end
  return self
end

local function length_bytes(length, bit)
  if length < 126 then return string.char(bit + length) end
  if length < 65536 then return string.char(bit + 126, math.floor(length / 256), length % 256) end
  return string.char(bit + 127, 0, 0, 0, 0, 0, math.floor(length / 65536), math.floor(length / 256) % 256, length % 256)
end

--- One frame as a client writes it. The mask is zero, which leaves the payload as it is, unless one is given.
-- @tparam number first the first byte: 0x81 is a whole text
-- @tparam string payload already masked
-- @tparam[opt] string mask four bytes
function M.frame(first, payload, mask)
  return string.char(first) .. length_bytes(#payload, 128) .. (mask or "\0\0\0\0") .. payload
end

--- Sends a text.
function websocket_methods:send(text)
  return self.wire:write(M.frame(129, text))
end

--- Reads one frame.
-- @treturn ?number the first byte; nil when the connection ended
-- @treturn string the payload
function websocket_methods:receive()
  local head = self.wire:read(2)
  if not head then return nil end
  local first, length = head:byte(1, 2)
  assert(length < 128, "a server's frame must not be masked")
  if length == 126 then
    local a, b = self.wire:read(2):byte(1, 2)
    length = a * 256 + b
  elseif length == 127 then
    local a, b, c = self.wire:read(8):byte(6, 8)
    length = a * 65536 + b * 256 + c
  end
  return first, length > 0 and self.wire:read(length) or ""
end

--- Reads up to the Close frame.
-- @treturn ?number its code; nil when the connection ended without one
-- @treturn ?string its reason
-- @treturn table the texts that came before it
function websocket_methods:await_close()
  local texts = {}
  while true do
    local first, payload = self:receive()
    if not first then return nil, nil, texts end
    if first == 136 then return payload:byte(1) * 256 + payload:byte(2), payload:sub(3), texts end
    texts[#texts + 1] = payload
  end
end

function websocket_methods:close()
  self.wire:close()
end

return M
