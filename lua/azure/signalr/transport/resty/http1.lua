-- SPDX-License-Identifier: MIT
--- Reads one HTTP/1.1 answer from a socket with nginx's methods receiveany and settimeout.
-- Strict: what is not HTTP is refused, not guessed at. Every wait ends at the deadline, however slowly bytes drip in,
-- and everything that grows has a ceiling. A connection is fit for another request only after an answer that ended
-- where it said it would, with nothing behind it.
local core = require "azure.signalr.core"

local M = {}

local find, sub, match = string.find, string.sub, string.match
local http_head, http_headers = core.http_head, core.http_headers

local HEAD_MAX = 65536 -- bytes of status line and headers, those of 1xx answers included
local LINE_MAX = 4096 -- bytes of a chunk's first line
local TRAILER_MAX = 16384
local READ = 65536 -- bytes to take at once; nginx gives at most what its buffer holds

local BROKE, LATE = "the connection broke before the answer was whole", "the answer did not come in time"
local REST, CHUNKS = -1, -2 -- how a body may end, besides after its length

-- Headers of most answers are never looked at: the table is filled when it is.
local unread = { __name = "azure.signalr.headers" }

function unread.__index(headers, name)
  local text, stop = rawget(headers, 1), rawget(headers, 2)
  headers[1], headers[2] = nil, nil
  return http_headers(sub(text, 1, stop), setmetatable(headers, nil))[name]
end

local function receive(sock)
  local data, why = sock:receiveany(READ)
  if data then return data end
  if why == "timeout" then return nil, "timeout", LATE end
  return nil, "reset", BROKE .. " (" .. tostring(why) .. ")", why
end

-- Waits for more bytes and puts them behind what was not yet used.
local function fill(self)
  local left = self.deadline - self.now()
  if left <= 0 then return nil, "timeout", LATE end
  self.sock:settimeout(left < 2000000 and left * 1000 + 1 or 2000000000)
  local data, kind, message, why = receive(self.sock)
  if not data then return nil, kind, message, why end
  self.buf = self.pos > #self.buf and data or sub(self.buf, self.pos) .. data
  self.pos = 1
  return true
end

local function bad(what) return nil, "protocol", "the answer is not valid HTTP/1.1: " .. what end

-- Finds the end of a head; other protocols and noise are refused at their first bytes.
local function find_head(self)
  local from = self.pos
  while true do
    local stop = find(self.buf, "\r\n\r\n", from, true)
    local had = #self.buf - self.pos + 1
    local seen = had < 7 and had or 7
    if sub(self.buf, self.pos, self.pos + seen - 1) ~= sub("HTTP/1.", 1, seen) then
      return bad("it does not begin with HTTP/1.1")
    end
    local size = stop and stop - self.pos or had
    if size > self.head_left then
      return nil, "too_large", ("the answer's headers are over %d bytes"):format(HEAD_MAX)
    end
    if stop then
      self.head_left = self.head_left - size
      return stop
    end
    local filled, kind, message = fill(self)
    if not filled then return nil, kind, message end
    from = had > 3 and had - 2 or 1
  end
end

local function read_head(self)
  local stop, kind, message = find_head(self)
  if not stop then return nil, kind, message end
  local from = self.pos
  self.pos = stop + 4
  local status, body, keep = http_head(self.buf, from, stop + 1)
  if not status then return bad(body) end
  return { status = status, body = body, keep = keep, text = sub(self.buf, from, stop + 1) }
end

-- Interim answers are passed over. Nobody asked for 101.
local function final_head(self)
  while true do
    local head, kind, message = read_head(self)
    if not head then return nil, kind, message end
    if head.status == 101 then return bad("it changes to a protocol that nobody asked for") end
    if head.status >= 200 then return head end
  end
end

local function too_large(self)
  return nil, "too_large", ("the answer's body is over the limit of %.0f bytes"):format(self.max)
end

-- Moves the next n bytes into parts.
local function take(self, n, parts)
  while true do
    local buf, pos = self.buf, self.pos
    local have = #buf - pos + 1
    if have >= n then
      parts[#parts + 1] = sub(buf, pos, pos + n - 1)
      self.pos = pos + n
      return true
    end
    if have > 0 then
      parts[#parts + 1] = sub(buf, pos)
      self.pos, n = #buf + 1, n - have
    end
    local filled, kind, message = fill(self)
    if not filled then return nil, kind, message end
  end
end

-- A line of at most `limit` bytes, without its end.
local function take_line(self, limit)
  while true do
    local stop = find(self.buf, "\r\n", self.pos, true)
    if (stop or #self.buf) - self.pos > limit then return bad("a line in its body is too long") end
    if stop then
      local line = sub(self.buf, self.pos, stop - 1)
      self.pos = stop + 2
      return line
    end
    local filled, kind, message = fill(self)
    if not filled then return nil, kind, message end
  end
end

local function skip_trailers(self)
  local left = TRAILER_MAX
  while true do
    local line, kind, message = take_line(self, left)
    if not line then return nil, kind, message end
    if line == "" then return true end
    if not find(line, "^[^%c%s:]+:") then return bad("it has a malformed trailer") end
    left = left - #line
  end
end

local function read_chunks(self, parts)
  local total = 0
  while true do
    local line, kind, message = take_line(self, LINE_MAX)
    if not line then return nil, kind, message end
    local digits = match(line, "^(%x+)[ \t]*$") or match(line, "^(%x+)[ \t]*;")
    if not digits or find(line, "[^\t\32-\126\128-\255]") then return bad("a chunk has no size") end
    if #digits > 12 then return too_large(self) end
    local size = tonumber(digits, 16)
    if size == 0 then return skip_trailers(self) end
    total = total + size
    if total > self.max then return too_large(self) end
    line, kind, message = take(self, size, parts)
    if line then line, kind, message = take_line(self, 0) end
    if not line then return nil, kind, message end
  end
end

-- The end of the connection is the end of the body.
local function read_rest(self, parts)
  local total = 0
  while true do
    local rest = sub(self.buf, self.pos)
    self.pos = #self.buf + 1
    total = total + #rest
    if total > self.max then return too_large(self) end
    parts[#parts + 1] = rest
    local filled, kind, message, why = fill(self)
    if not filled then
      if why == "closed" then return true end
      return nil, kind, message
    end
  end
end

local function read_fixed(self, parts, size)
  if size > self.max then return too_large(self) end
  return take(self, size, parts)
end

-- The body, whether it ended with the connection, whether it stops short.
local function read_body(self, head)
  local size = head.body
  if self.head_only or head.status == 204 or head.status == 304 or size == 0 then return "" end
  local reader = size == REST and read_rest or size == CHUNKS and read_chunks or read_fixed
  local parts = {}
  local done, kind, message = reader(self, parts, size)
  local body = #parts == 1 and parts[1] or table.concat(parts)
  if done then return body, size == REST end
  if kind == "reset" then return body, true, true end
  return nil, kind, message
end

local function reply_of(status, head, body, truncated, rest)
  return {
    status = status, headers = setmetatable(head, unread), body = body, truncated = truncated, rest = rest,
    time = 0, reused = false,
  }
end

-- Most answers come in one piece; those need no reader.
local function read_whole(data, max, head_only)
  local stop = find(data, "\r\n\r\n", 1, true)
  if not stop then return nil end
  local status, size, keep = http_head(data, 1, stop + 1)
  if not status or status < 200 then return nil end
  if head_only or status == 204 or status == 304 then size = 0 end
  local have = #data - stop - 3
  if size < 0 or have < size or size > max then return nil end
  local body = size > 0 and sub(data, stop + 4, stop + 3 + size) or ""
  return reply_of(status, { data, stop + 1 }, body, nil, have > size or nil), keep and have == size
end

--- Reads the answer to one request. The socket's timeout has been set for the deadline.
-- @param sock a connected socket: receiveany(max), settimeout(milliseconds)
-- @tparam function now
-- @tparam number deadline in its terms
-- @tparam number|nil max bytes of the body
-- @tparam boolean|nil head_only true after HEAD
-- @treturn table|nil reply: status, headers, body; truncated when the connection broke inside the body; rest when
-- bytes came behind it
-- @treturn boolean whether the connection may carry another request; without a reply: the kind of failure
-- @treturn string|nil message
-- @treturn boolean|nil silent: whether not one byte had come
function M.read(sock, now, deadline, max, head_only)
  max = max or math.huge
  local data, kind, message = receive(sock)
  if not data then return nil, kind, message, true end
  local reply, keep = read_whole(data, max, head_only)
  if reply then return reply, keep end
  local self = {
    sock = sock, now = now, deadline = deadline, head_only = head_only, max = max, head_left = HEAD_MAX, buf = data,
    pos = 1,
  }
  local head
  head, kind, message = final_head(self)
  if not head then return nil, kind, message, false end
  local body, ends, truncated = read_body(self, head)
  if not body then return nil, ends, truncated, false end
  local rest = self.pos <= #self.buf or nil
  return reply_of(head.status, { head.text, -1 }, body, truncated, rest), not ends and not rest and head.keep
end

--- Reads the answer of a proxy to CONNECT, which has a head and, when it agrees, nothing else.
-- @treturn number|nil status
-- @treturn string kind of failure
-- @treturn string message
function M.read_tunnel(sock, now, deadline)
  local reply, kind, message = M.read(sock, now, deadline, TRAILER_MAX, true)
  if not reply then return nil, kind, message end
  if reply.status < 300 and reply.rest then return bad("bytes follow the proxy's agreement") end
  return reply.status
end

return M
