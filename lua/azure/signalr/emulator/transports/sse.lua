-- SPDX-License-Identifier: MIT
-- The Server-Sent Events transport: one answer that does not end.
local cqueues = require "cqueues"
local http_answer = require "azure.signalr.emulator.http_answer"
local half = require "azure.signalr.emulator.transports.half"

local M = {}
local methods = setmetatable({ kind = "ServerSentEvents" }, { __index = half.methods })
local metatable = { __index = methods, __name = "signalr.emulator.sse" }

local WRITE_SECONDS = 60
local WRITE_BYTES = 262144

--- Whether a request asks for an event stream.
function M.wanted(head)
  return head.method == "GET" and (head.headers.accept or ""):find("text/event-stream", 1, true) ~= nil
end

--- One event. A payload of several lines becomes as many data fields, which
-- the client joins again.
function M.event(payload)
  local lines = payload:gsub("\r\n?", "\n"):gsub("\n", "\r\ndata: ")
  return "data: " .. lines .. "\r\n\r\n"
end

-- lua-http does not say that a client has left while an answer is under way,
-- but the socket does: it becomes readable and is at its end, or broken.
local function watch(self, stream)
  local socket = stream.connection.socket
  if stream.connection.version >= 2 or not socket then return end
  -- The socket itself would only be polled for what it is waiting for.
  local readable = { pollfd = socket:pollfd(), events = "r" }
  cqueues.running():wrap(function()
    while not self.forgotten and stream.connection.socket do
      cqueues.poll(readable, 5)
      -- A further request that waits makes it readable too, for long.
      cqueues.sleep(0.05)
      if self.forgotten then return end
      if socket:eof("r") or socket:error("r") then
        self.why = self.why or "the client closed the connection"
        return self.outbox:abort()
      end
    end
  end)
end

function methods:overflowed()
  -- A write that is stuck ends with the connection.
  local socket = self.stream.connection.socket
  if socket then socket:shutdown("rw") end
end

local function write_all(self, stream)
  while self.outbox:wait() do
    local events = self.outbox:take(WRITE_BYTES)
    for i, payload in ipairs(events) do events[i] = M.event(payload) end
    if not stream:write_chunk(table.concat(events), false, WRITE_SECONDS) then
      self.why = self.why or "the client closed the connection"
      return
    end
  end
  stream:write_chunk("", true, WRITE_SECONDS)
end

--- Serves a client until its connection ends.
-- @tparam table context as half.open takes it
-- @param stream the lua-http stream of the GET
-- @tparam table client { token, ticket }
-- @tparam ?table more further header fields for the answer
function M.serve(context, stream, client, more)
  local headers = http_answer.headers({ status = 200, headers = {
    ["content-type"] = "text/event-stream", ["cache-control"] = "no-cache, no-store", ["x-accel-buffering"] = "no",
  } }, more)
  if not stream:write_headers(headers, false, WRITE_SECONDS) then return end
  -- A comment makes proxies and clients see at once that the stream is open.
  if not stream:write_chunk(":\r\n", false, WRITE_SECONDS) then return end
  local self = half.open(context, client.ticket, client.token, metatable)
  self.stream = stream
  watch(self, stream)
  write_all(self, stream)
  self:forget()
end

return M
