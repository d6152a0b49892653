-- SPDX-License-Identifier: MIT
--- Reads one HTTP/1.1 answer from a socket with nginx's methods receiveany and settimeout.
-- Strict: what is not HTTP is refused, not guessed at. Every wait ends at the deadline, however slowly bytes drip in,
-- and everything that grows has a ceiling. A connection is fit for another request only after an answer that ended
-- where it said it would, with nothing behind it.
local M = {}

local find, sub, match, lower = string.find, string.sub, string.match, string.lower

local HEAD_MAX = 65536 -- bytes of status line and headers, those of 1xx answers included
local LINE_MAX = 4096 -- bytes of a chunk's first line
local TRAILER_MAX = 16384
local READ = 65536 -- bytes to take at once; nginx gives at most what its buffer holds

local BROKE, LATE = "the connection broke before the answer was whole", "the answer did not come in time"

-- A token of RFC 9110, as header names are.
local TOKEN = "^[%w!#$%%&'*+%-.^_`|~]+$"

-- Names seen so far -> in lower case; only so many, whatever a service invents.
local names, named = {}, 0

local function name_of(text)
  local known = names[text]
  if known then return known end
  if not find(text, TOKEN) then return nil end
  known = lower(text)
  if named < 512 then
    names[text], named = known, named + 1
  end
  return known
end

local function has_control(text)
  return find(text, "%c") and find((text:gsub("\t", "")), "%c")
end

-- Trims without a pattern that could look at each blank many times.
local function trim(text, from, to)
  while from <= to and (text:byte(from) == 32 or text:byte(from) == 9) do from = from + 1 end
  while to >= from and (text:byte(to) == 32 or text:byte(to) == 9) do to = to - 1 end
  return sub(text, from, to)
end

-- Waits for more bytes and puts them behind what was not yet used.
local function fill(self)
  local left = self.deadline - self.now()
  if left <= 0 then return nil, "timeout", LATE end
  self.sock:settimeout(left * 1000 + 1)
  local data, why = self.sock:receiveany(READ)
  if not data then
    if why == "timeout" then return nil, "timeout", LATE end
    return nil, "reset", BROKE .. " (" .. tostring(why) .. ")", why
  end
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

local function parse_header(text, from, to, headers)
  local colon = find(text, ":", from, true)
  if not colon or colon > to then return nil end
  local name = name_of(sub(text, from, colon - 1))
  local value = trim(text, colon + 1, to)
  if not name or has_control(value) then return nil end
  local former = headers[name]
  headers[name] = former and former .. ", " .. value or value
  return true
end

-- text: a whole head, each line with its end.
local function parse_head(text)
  local stop = find(text, "\r\n", 1, true)
  local line = sub(text, 1, stop - 1)
  local minor, status = match(line, "^HTTP/1%.([01]) ([1-9]%d%d)$")
  if not minor then minor, status = match(line, "^HTTP/1%.([01]) ([1-9]%d%d) ") end
  if not minor or has_control(line) then return bad("its first line is not a status line") end
  local headers, from = {}, stop + 2
  while from <= #text do
    stop = find(text, "\r\n", from, true)
    if not parse_header(text, from, stop - 1, headers) then return bad("it has a malformed header line") end
    from = stop + 2
  end
  return { status = tonumber(status), headers = headers, old = minor == "0" }
end

local function read_head(self)
  local stop, kind, message = find_head(self)
  if not stop then return nil, kind, message end
  local text = sub(self.buf, self.pos, stop + 1)
  self.pos = stop + 4
  return parse_head(text)
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
    if not parse_header(line, 1, #line, {}) then return bad("it has a malformed trailer") end
    left = left - #line
  end
end

local function read_chunks(self, parts)
  local total = 0
  while true do
    local line, kind, message = take_line(self, LINE_MAX)
    if not line then return nil, kind, message end
    local digits = match(line, "^(%x+)[ \t]*$") or match(line, "^(%x+)[ \t]*;")
    if not digits or has_control(line) then return bad("a chunk has no size") end
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

local function read_fixed(self, parts, text)
  if not find(text, "^%d+$") then return bad("its Content-Length is not a number") end
  local size = #text < 16 and tonumber(text) or math.huge
  if size > self.max then return too_large(self) end
  return take(self, size, parts)
end

-- How the body ends: a reader for it, or nil when there is none.
local function body_reader(self, head)
  local encoding, length = head.headers["transfer-encoding"], head.headers["content-length"]
  if self.head_only or head.status == 204 or head.status == 304 then return nil end
  if not encoding then
    if length == "0" then return nil end
    return length and read_fixed or read_rest, length
  end
  if length then return function() return bad("it has both a length and chunks") end end
  if head.old or lower(encoding) ~= "chunked" then
    return function() return bad("its transfer encoding is not understood") end
  end
  return read_chunks
end

local function read_body(self, head)
  local reader, length = body_reader(self, head)
  if not reader then return "" end
  local parts = {}
  local done, kind, message = reader(self, parts, length)
  local body = #parts == 1 and parts[1] or table.concat(parts)
  if done then return body, reader == read_rest end
  if kind == "reset" then return body, true, true end
  return nil, kind, message
end

local function stays_open(head)
  local said = head.headers.connection
  if not said then return not head.old end
  said = "," .. lower(said):gsub("[ \t]", "") .. ","
  if find(said, ",close,", 1, true) then return false end
  return not head.old or find(said, ",keep-alive,", 1, true) ~= nil
end

--- Reads the answer to one request.
-- @param sock a connected socket: receiveany(max), settimeout(milliseconds)
-- @tparam table how now (function), deadline (in its terms), head_only (true after HEAD), max_response (bytes or nil)
-- @treturn table|nil reply: status, headers, body; truncated when the connection broke inside the body; rest when
-- bytes came behind it
-- @treturn boolean whether the connection may carry another request; without a reply: the kind of failure
-- @treturn string|nil message
-- @treturn boolean|nil silent: whether not one byte had come
function M.read(sock, how)
  local self = {
    sock = sock, now = how.now, deadline = how.deadline, head_only = how.head_only,
    max = how.max_response or math.huge, head_left = HEAD_MAX, buf = "", pos = 1,
  }
  local filled, kind, message = fill(self)
  if not filled then return nil, kind, message, true end
  local head
  head, kind, message = final_head(self)
  if not head then return nil, kind, message, false end
  local body, ends, truncated = read_body(self, head)
  if not body then return nil, ends, truncated, false end
  local rest = self.pos <= #self.buf or nil
  return {
    status = head.status, headers = head.headers, body = body, truncated = truncated, rest = rest,
  }, not ends and not rest and stays_open(head)
end

--- Reads the answer of a proxy to CONNECT, which has a head and, when it agrees, nothing else.
-- @treturn number|nil status
-- @treturn string kind of failure
-- @treturn string message
function M.read_tunnel(sock, how)
  local reply, kind, message = M.read(sock, {
    now = how.now, deadline = how.deadline, max_response = 65536, head_only = true,
  })
  if not reply then return nil, kind, message end
  if reply.status < 300 and reply.rest then
    return bad("bytes follow the proxy's agreement")
  end
  return reply.status
end

return M
