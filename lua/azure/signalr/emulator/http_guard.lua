-- SPDX-License-Identifier: MIT
-- Takes the place of some methods of lua-http's HTTP/1.1 connections, against clients that would harm a server. There a
-- chunk of a body may have 4 GB and lies in memory as a whole, the fields of a head 3 MB; a field of many blanks is
-- searched for seconds; requests that are sent ahead are all begun at once; and when a client leaves in the middle of
-- its body, stream:shutdown goes round for ever, because the end is no error to it.
local ce = require "cqueues.errno"
local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local h1_connection = require "http.h1_connection"
local limits = require "azure.signalr.emulator.limits"
local pace = require "azure.signalr.emulator.pace"

local M = {}

local PIECE = 64 * 1024
local MOST_CHUNK_LINE = 1024
-- The exact limit is checked when a head is complete; up to this it is read.
local MOST_HEAD = 2 * limits.header
-- Requests of one connection that are begun before the first of them is answered.
local MOST_AHEAD = 8

-- What is wrong is also left for whoever answers: http_request.
local function refuse(connection, status, message)
  connection.refusal = { status = status, message = message }
  connection.socket:seterror("r", ce.EILSEQ)
  return nil, ce.strerror(ce.EILSEQ), ce.EILSEQ
end

-- The size that stands before a chunk; leaves it in connection.chunk_left.
local function read_size(connection, timeout)
  local line, why, errno = connection.socket:xread("*L", timeout)
  if not line then return nil, why, errno end
  local digits = line:match("^(%x+)[ \t]*\r\n$") or line:match("^(%x+)[ \t]*;.*\r\n$")
  if not digits or #line > MOST_CHUNK_LINE then return refuse(connection, 400, "malformed body: no chunk's size") end
  digits = digits:gsub("^0+(%x)", "%1")
  if #digits > 8 then return refuse(connection, 400, "malformed body: a chunk is too large") end
  connection.chunk_left = tonumber(digits, 16)
  return true
end

local function read_end_of_line(connection, timeout)
  local line, why, errno = connection.socket:xread(2, "b", timeout)
  if line == "\r\n" then return true end
  if line then return refuse(connection, 400, "malformed body: a chunk does not end where it said") end
  return nil, why, errno
end

-- As lua-http's read_body_chunk: a piece; false at the last chunk; or nil, message, errno.
local function read_piece(connection, timeout)
  local deadline = timeout and cqueues.monotime() + timeout
  if not connection.chunk_left then
    local ok, why, errno = read_size(connection, timeout)
    if not ok then return nil, why, errno end
    if connection.chunk_left == 0 then
      connection.chunk_left = nil
      return false
    end
  end
  local wanted = math.min(connection.chunk_left, PIECE)
  local piece, why, errno = connection.socket:xread(-wanted, "b", deadline and deadline - cqueues.monotime())
  if not piece then return nil, why, errno end
  connection.chunk_left = connection.chunk_left - #piece
  if connection.chunk_left == 0 then
    local ok
    ok, why, errno = read_end_of_line(connection, deadline and deadline - cqueues.monotime())
    if not ok then return nil, why, errno end
    connection.chunk_left = nil
  end
  pace.spend(512 + #piece / 4)
  return piece
end

-- As lua-http's read_body_by_length, for bodies that are announced.
local function read_announced(connection, length, timeout)
  local bytes, why, errno = connection.socket:xread(length, "b", timeout)
  if not bytes and why == nil then return nil, ce.strerror(ce.EPIPE), ce.EPIPE end
  pace.spend(512 + #(bytes or "") / 4)
  return bytes, why, errno
end

local BLANK = { [9] = true, [32] = true }

-- The field value without the blanks around it. No pattern: "(.-)[ \t]*$" looks at each run of blanks many times.
local function trimmed(line, first)
  local last = #line
  while BLANK[line:byte(last)] do last = last - 1 end
  while BLANK[line:byte(first)] do first = first + 1 end
  return line:sub(first, last)
end

local function parse_field(line)
  local colon = line:match("^[!#$%%&'*+.^_`|~0-9A-Za-z-]+():")
  if not colon then return nil, "a header field has no proper name" end
  if line:find("[%z\1-\8\10-\31\127]") then
    return nil, ("the header field %s has a control character"):format(line:sub(1, math.min(colon - 1, 100)))
  end
  return line:sub(1, colon - 1), trimmed(line, colon + 1)
end

-- As lua-http's read_header: name and value; nothing at the end of the fields; or nil, message, errno.
local function read_header(connection, timeout)
  local line, why, errno = connection.socket:xread("*L", timeout)
  if not line then
    if why == nil then return nil, ce.strerror(ce.EPIPE), ce.EPIPE end
    return nil, why, errno
  end
  if line == "\r\n" then
    connection.head_size = nil
    return nil
  end
  connection.head_size = (connection.head_size or 0) + #line
  if connection.head_size > MOST_HEAD then return refuse(connection, 431, "the header fields are too long") end
  if line:sub(-2) ~= "\r\n" then return refuse(connection, 400, "a line does not end in CR LF") end
  local name, value = parse_field(line:sub(1, -3))
  if not name then return refuse(connection, 400, value) end
  return name, value
end

local function read_headers_done() return true end

-- After a request with "Connection: close" lua-http stops reading, and what
-- does not read looks like a client that left: an event stream would end here.
local function shutdown(connection, direction)
  if direction == "r" then return true end
  return h1_connection.methods.shutdown(connection, direction)
end

-- As lua-http's, but waits while enough requests are under way.
local function get_next_incoming_stream(connection, timeout)
  local deadline = timeout and cqueues.monotime() + timeout
  while connection.pipeline:length() >= MOST_AHEAD do cqueues.poll(connection.answered, 0.25) end
  return h1_connection.methods.get_next_incoming_stream(connection, deadline and deadline - cqueues.monotime())
end

--- Guards a connection.
-- @param connection a lua-http connection of a server; HTTP/2 ones are left as they are
function M.guard(connection)
  if connection.version >= 2 or connection.answered then return end
  connection.answered = condition.new()
  connection.read_body_chunk = read_piece
  connection.read_body_by_length = read_announced
  connection.read_header = read_header
  connection.read_headers_done = read_headers_done
  connection.shutdown = shutdown
  connection.get_next_incoming_stream = get_next_incoming_stream
end

--- Says that one of a connection's requests was answered.
function M.answered(connection)
  if connection.answered then connection.answered:signal() end
end

return M
