-- SPDX-License-Identifier: MIT
-- Takes the place of some methods of lua-http's HTTP/1.1 connections, against
-- clients that would harm a server. A chunk of a body may have up to 4 GB, and
-- lua-http waits until the whole of it lies in memory: here it comes in pieces.
-- When a client leaves in the middle of its body, lua-http's stream:shutdown
-- goes round for ever, because the end is no error to it: here it is one.
local ce = require "cqueues.errno"
local cqueues = require "cqueues"
local h1_connection = require "http.h1_connection"

local M = {}

local PIECE = 64 * 1024

local function malformed(connection)
  connection.socket:seterror("r", ce.EILSEQ)
  return nil, ce.strerror(ce.EILSEQ), ce.EILSEQ
end

-- The size that stands before a chunk; leaves it in connection.chunk_left.
local function read_size(connection, timeout)
  local line, why, errno = connection.socket:xread("*L", timeout)
  if not line then return nil, why, errno end
  local digits = line:match("^(%x+)[ \t]*\r\n$") or line:match("^(%x+)[ \t]*;.*\r\n$")
  if not digits or #digits > 8 then return malformed(connection) end
  connection.chunk_left = tonumber(digits, 16)
  return true
end

local function read_end_of_line(connection, timeout)
  local line, why, errno = connection.socket:xread(2, "b", timeout)
  if line == "\r\n" then return true end
  if line then return malformed(connection) end
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
  return piece
end

-- As lua-http's read_body_by_length, for bodies that are announced.
local function read_announced(connection, length, timeout)
  local bytes, why, errno = connection.socket:xread(length, "b", timeout)
  if not bytes and why == nil then return nil, ce.strerror(ce.EPIPE), ce.EPIPE end
  return bytes, why, errno
end

-- After a request with "Connection: close" lua-http stops reading, and what
-- does not read looks like a client that left: an event stream would end here.
local function shutdown(connection, direction)
  if direction == "r" then return true end
  return h1_connection.methods.shutdown(connection, direction)
end

--- Guards a connection.
-- @param connection a lua-http connection of a server; HTTP/2 ones are left as they are
function M.guard(connection)
  if connection.version >= 2 then return end
  connection.read_body_chunk = read_piece
  connection.read_body_by_length = read_announced
  connection.shutdown = shutdown
end

return M
