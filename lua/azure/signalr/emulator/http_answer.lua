-- SPDX-License-Identifier: MIT
-- Writes answers to a lua-http stream.
local cqueues = require "cqueues"
local new_headers = require "http.headers".new
local reason_phrases = require "http.h1_reason_phrases"
local answers = require "azure.signalr.emulator.answers"
local ascii = require "azure.signalr.emulator.ascii"
local dates = require "azure.signalr.emulator.dates"
local pace = require "azure.signalr.emulator.pace"

local M = {}

local WRITE_SECONDS = 30
-- What a refused client is still sending is read for so long, so that it reads the answer before the connection ends.
local PIECE, DRAIN_SECONDS = 65536, 1
local NO_LENGTH = { [204] = true, [304] = true }

--- Turns { status, headers, body } into lua-http's headers.
-- @tparam ?table more further fields, e.g. those of CORS
function M.headers(response, more)
  local headers = new_headers()
  headers:append(":status", ("%d"):format(response.status))
  for _, fields in ipairs { response.headers or {}, more or {} } do
    for name, value in pairs(fields) do headers:append(ascii.lower(name), tostring(value)) end
  end
  if not headers:has("date") then headers:append("date", dates.http(os.time())) end
  return headers
end

--- Writes a whole answer.
-- @param stream a lua-http stream whose request head was read
-- @tparam table head the request's
-- @tparam table response { status, headers (or nil), body (or nil), close (end the connection after it) }
-- @tparam ?table more further header fields
-- @return true, or nil and why
function M.write(stream, head, response, more)
  local headers = M.headers(response, more)
  local body = response.body or ""
  if not NO_LENGTH[response.status] then headers:append("content-length", ("%d"):format(#body)) end
  if response.close and stream.connection.version < 2 then headers:append("connection", "close") end
  local bodiless = body == "" or head.method == "HEAD" or NO_LENGTH[response.status]
  local ok, why, errno = stream:write_headers(headers, bodiless or false, WRITE_SECONDS)
  if ok and not bodiless then ok, why, errno = stream:write_chunk(body, true, WRITE_SECONDS) end
  return ok, why, errno
end

--- A whole HTTP/1.1 answer as bytes, for what lua-http will not write.
function M.raw(response)
  local body = response.body or ""
  local lines = { ("HTTP/1.1 %d %s"):format(response.status, reason_phrases[("%d"):format(response.status)]) }
  for name, value in pairs(response.headers or {}) do lines[#lines + 1] = name .. ": " .. value end
  if response.close then lines[#lines + 1] = "connection: close" end
  if not NO_LENGTH[response.status] then lines[#lines + 1] = ("content-length: %d"):format(#body) end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. body
end

--- Refuses a request whose head could not be read; lua-http has no way to
-- answer those, so the answer goes to the socket and the connection ends.
-- @tparam number status
-- @tparam string message
function M.refuse(stream, status, message)
  local socket = stream.connection.socket
  if not socket or stream.connection.version >= 2 then return end
  local response = answers.error(status, "Error.Request.Invalid", message)
  response.close = true
  local text = M.raw(response)
  socket:xwrite(text, "bn", 2)
  socket:shutdown("w")
  socket:clearerr("r")
  local deadline = cqueues.monotime() + DRAIN_SECONDS
  repeat
    pace.spend(PIECE)
    local dropped = socket:xread(-PIECE, "b", math.max(0, deadline - cqueues.monotime()))
  until not dropped or cqueues.monotime() > deadline
  socket:shutdown("rw")
end

return M
