-- SPDX-License-Identifier: MIT
-- Reads a request from a lua-http stream, within the service's limits.
local ce = require "cqueues.errno"
local cqueues = require "cqueues"
local ascii = require "azure.signalr.emulator.ascii"
local byte_buffer = require "azure.signalr.emulator.byte_buffer"
local http_guard = require "azure.signalr.emulator.http_guard"
local limits = require "azure.signalr.emulator.limits"
local url = require "azure.signalr.emulator.url"

local M = {}

local HEADER_SECONDS = 30
local BODY_SECONDS = 60

local GONE = {
  [ce.EPIPE] = true, [ce.ECONNRESET] = true, [ce.ENOTCONN] = true, [ce.ETIMEDOUT] = true, [ce.EBADF] = true,
}

-- Why the head of a request could not be read: nil when nobody is there to be
-- told, otherwise a status and a message.
local function unreadable(stream, why, errno)
  local refusal, socket = stream.connection.refusal, stream.connection.socket
  if refusal then return refusal.status, refusal.message end
  if why == nil or GONE[errno] then return nil end
  if errno == ce.E2BIG then return 431, "too many header fields" end
  if errno == ce.EILSEQ and stream.state == "idle" then
    if socket and socket:pending() >= limits.header then return 414, "the request line is too long" end
    return 400, "malformed request: the request line is not HTTP"
  end
  return 400, "malformed request: " .. tostring(why)
end

-- Field names and values as they stood on the wire: "name: value\r\n".
local function collect(headers)
  local fields, size, hosts = {}, 0, 0
  for name, value in headers:each() do
    if name == ":authority" then name, hosts = "host", hosts + 1 end
    if name:sub(1, 1) ~= ":" then
      size = size + #name + #value + 4
      fields[name] = fields[name] and fields[name] .. ", " .. value or value
    end
  end
  return fields, size, hosts
end

local function split_target(target)
  local rest = target:match("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*(.*)$") or target
  local path, query = rest:match("^([^?#]*)%??([^#]*)")
  return path == "" and "/" or path, query
end

-- A name or an address, and a port: what may stand in a URL that an answer holds.
local function host_fault(host, hosts, stream)
  if hosts > 1 then return "there are two Host fields" end
  if hosts == 0 then return stream.peer_version ~= 1.0 and "there is no Host field" or nil end
  if not host:find("^[A-Za-z0-9._~%-]+:?%d*$") and not host:find("^%[[A-Fa-f0-9:.]+%]:?%d*$") then
    return "the Host field is no name or address with a port"
  end
  return nil
end

-- How long the body is must be said in one way.
local function framing_fault(fields, stream)
  local length, coding = fields["content-length"], fields["transfer-encoding"]
  if coding and length then return "Content-Length and Transfer-Encoding do not go together" end
  if coding and stream.peer_version == 1.0 then return "Transfer-Encoding does not go with HTTP/1.0" end
  if length and not length:find("^%d+$") then
    -- lua-http, which took it, would throw when it comes to skip the body.
    stream.body_read_left = 1
    return "Content-Length is not a number"
  end
  return nil
end

local function check(stream, head, size, hosts)
  local length = head.headers["content-length"]
  local fault = framing_fault(head.headers, stream) or host_fault(head.headers.host, hosts, stream)
  if fault then return 400, fault end
  if length and #length > 15 then
    stream.body_read_left = 1
    return 413, ("the body has %s bytes, the limit is %d"):format(ascii.clean(length, 40), limits.body)
  end
  if size > limits.header then
    return 431, ("the header is %d bytes long, the limit is %d"):format(size, limits.header)
  end
  if #head.target > limits.target then
    return 414, ("the request's target is %d bytes long, the limit is %d"):format(#head.target, limits.target)
  end
  return nil
end

-- What a client of HTTP/1.0, which need not say whom it called, did call.
local function own_address(stream)
  local _, address, port = stream:localname()
  return ("%s:%d"):format(address:find(":", 1, true) and "[" .. address .. "]" or address, port)
end

--- Reads the head of a request.
-- @param stream a lua-http stream
-- @treturn ?table { method, target, path (raw), query (raw, ""), params (decoded: name -> array), headers
--   (lower name -> value, repeats joined), base ("http://host:port" as the client called us) }; nil otherwise
-- @treturn ?number the status to refuse it with; nil when the client is gone
-- @treturn ?string a message for the client
function M.head(stream)
  http_guard.guard(stream.connection)
  local ok, headers, why, errno = pcall(stream.get_headers, stream, HEADER_SECONDS)
  -- lua-http throws where a coding needs zlib and there is none.
  if not ok then return nil, 501, "this transfer coding is not spoken here" end
  if not headers then return nil, unreadable(stream, why, errno) end
  local fields, size, hosts = collect(headers)
  local target = headers:get(":path") or ""
  local path, query = split_target(target)
  local head = {
    method = headers:get(":method"), target = target, path = path, query = query,
    params = url.parse_query(query), headers = fields,
    base = headers:get(":scheme") .. "://" .. (fields.host or own_address(stream)),
  }
  local status, message = check(stream, head, size, hosts)
  if status then return nil, status, message, head end
  return head
end

local function read_chunks(stream, limit)
  local deadline = cqueues.monotime() + BODY_SECONDS
  local parts = byte_buffer.new()
  while true do
    local chunk, why, errno = stream:get_next_chunk(deadline - cqueues.monotime())
    if not chunk then
      if why == nil then return parts:take() end
      if GONE[errno] then return nil end
      local refusal = stream.connection.refusal
      if refusal then return nil, refusal.status, refusal.message end
      return nil, 400, "malformed body: " .. tostring(why)
    end
    if parts.size + #chunk > limit then return nil, 413, ("the body is over the limit of %d bytes"):format(limit) end
    parts:push(chunk)
  end
end

--- Reads the body.
-- @tparam table head what `head` returned
-- @treturn ?string the body, nil otherwise
-- @treturn ?number the status to refuse it with; nil when the client is gone
-- @treturn ?string a message for the client
function M.body(stream, head)
  local announced = tonumber(head.headers["content-length"])
  if announced and announced > limits.body then
    return nil, 413, ("the body has %d bytes, the limit is %d"):format(announced, limits.body)
  end
  local expect = head.headers.expect
  if expect and ascii.lower(expect) == "100-continue" then stream:write_continue(HEADER_SECONDS) end
  local body, status, message = read_chunks(stream, limits.body)
  if not body then return nil, status, message end
  -- The end of the connection looks like the end of the body.
  if announced and #body < announced then return nil end
  return body
end

--- Reads and drops what a refused client is still sending, so that it reads
-- the answer before it sees the connection end.
-- @tparam number bytes at most so many
-- @tparam number seconds and at most so long
function M.drain(stream, bytes, seconds)
  local deadline = cqueues.monotime() + seconds
  while bytes > 0 do
    local chunk = stream:get_next_chunk(deadline - cqueues.monotime())
    if not chunk then return end
    bytes = bytes - #chunk
  end
end

return M
