-- SPDX-License-Identifier: MIT
-- The WebSocket transport: a client's connection is one socket, read by the
-- request's coroutine and written by a second one.
local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local digest = require "openssl.digest"
local answers = require "azure.signalr.emulator.answers"
local ascii = require "azure.signalr.emulator.ascii"
local base64 = require "azure.signalr.emulator.base64"
local byte_buffer = require "azure.signalr.emulator.byte_buffer"
local http_answer = require "azure.signalr.emulator.http_answer"
local limits = require "azure.signalr.emulator.limits"
local pace = require "azure.signalr.emulator.pace"
local frame = require "azure.signalr.emulator.transports.ws_frame"
local outbox = require "azure.signalr.emulator.transports.outbox"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.websocket" }

local GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
local MAX_MESSAGE = limits.message + 4096 -- so that the hub protocol can say what is wrong
local MOST_EMPTY = 1000 -- fragments of one message; others are bounded by its size
local READ_BYTES = 65536
local WRITE_BYTES = 262144
local CLOSE_SECONDS = 2

--- Whether a request asks for a WebSocket.
function M.wanted(head)
  local upgrade = head.headers.upgrade
  return head.method == "GET" and upgrade ~= nil and ascii.lower(upgrade) == "websocket"
end

--- What is wrong with the request for a WebSocket.
-- @treturn ?table an answer that refuses it; nil when it is well-formed
function M.check(stream, head)
  local fields = head.headers
  if stream.connection.version >= 2 then
    return answers.error(400, "Error.Request.Invalid", "a WebSocket needs HTTP/1.1")
  end
  if not fields["sec-websocket-key"] or not ascii.lower(fields.connection or ""):find("upgrade", 1, true) then
    return answers.error(400, "Error.Request.Invalid", "not a well-formed WebSocket request")
  end
  if fields["sec-websocket-version"] ~= "13" then
    local refusal = answers.error(426, "Error.Request.Invalid", "only WebSocket version 13 is spoken here")
    refusal.headers["sec-websocket-version"] = "13"
    return refusal
  end
  return nil
end

local function accept_key(key)
  return base64.encode(digest.new("sha1"):final(key .. GUID))
end

local function upgrade(stream, head, more)
  local headers = http_answer.headers({ status = 101, headers = {
    upgrade = "websocket", connection = "upgrade",
    ["sec-websocket-accept"] = accept_key(head.headers["sec-websocket-key"]),
  } }, more)
  if not stream:write_headers(headers, false, 10) then return nil end
  local socket = stream.connection:take_socket()
  if socket then socket:onerror(function(_, _, why) return why end) end
  return socket
end

-- A message to many clients comes as the same string many times in a row.
local last_opcode, last_payload, last_frame
local function encode(opcode, payload)
  if opcode ~= last_opcode or payload ~= last_payload then
    last_opcode, last_payload, last_frame = opcode, payload, frame.encode(opcode, payload)
  end
  return last_frame
end

--- The logic's sink: hands one message over; never waits.
function methods:send(bytes, is_text)
  if self.outbox.ended then return end
  if not self.outbox:push(encode(is_text and frame.TEXT or frame.BINARY, bytes)) then
    self:cut(self.outbox:complaint())
  end
end

--- The logic's sink: no more messages. What was handed over still goes out.
-- @tparam ?string reason
function methods:close(reason)
  self.why = self.why or reason
  self:finish(1000, reason)
end

-- Ends the connection now. The reader wakes up and tells the logic, which is
-- perhaps in the middle of a loop over its connections and must not hear here.
-- What has come and was not read makes the system reset the connection, and not
-- wait until the client reads.
function methods:cut(why)
  self.why, self.over = self.why or why, true
  self.outbox:abort()
  self.socket:shutdown("rw")
end

-- A Close frame goes out; a client that does not answer it is cut off.
function methods:finish(code, reason)
  if self.closing then return end
  self.closing = true
  self.outbox:push(frame.encode(frame.CLOSE, frame.close_payload(code, reason)))
  self.outbox:finish()
  self.controller:wrap(function()
    if not self.ended then cqueues.poll(self.end_seen, CLOSE_SECONDS) end
    if not self.ended then self.socket:shutdown("rw") end
  end)
end

local function write_all(self)
  while self.outbox:wait() do
    local ok = self.socket:xwrite(table.concat(self.outbox:take(WRITE_BYTES)), "bn")
    if not ok then
      self:cut("the client's connection is broken")
      break
    end
  end
  self.written = true
  self.write_done:signal()
end

-- The code of a client's Close frame; nil when the frame breaks a rule, with the code that says so.
local function close_code(payload)
  if #payload == 0 then return 1000 end
  local code = #payload >= 2 and payload:byte(1) * 256 + payload:byte(2) or 0
  local known = code >= 1000 and code <= 1014 and code ~= 1004 and code ~= 1005 and code ~= 1006
  if not known and (code < 3000 or code > 4999) then return nil, 1002, "a Close frame has no valid code" end
  if not utf8_text.valid(payload:sub(3)) then return nil, 1007, "a Close frame's reason is not UTF-8" end
  return code
end

local handlers = {
  [frame.PING] = function(self, received)
    -- Who sends pings and reads no answers fills his own queue.
    if self.closing or self.outbox:push(frame.encode(frame.PONG, received.payload)) then return end
    self:cut(self.outbox:complaint())
  end,
  [frame.PONG] = function() end,
  [frame.CLOSE] = function(self, received)
    local code, wrong_code, wrong = close_code(received.payload)
    if not code then return wrong_code, wrong end
    self.why = self.why or "the client closed the connection"
    self.over = true
    self:finish(code)
  end,
}

-- A data frame: whole messages go to the logic.
local function on_data(self, received)
  local starts = received.opcode ~= frame.CONTINUATION
  if starts == (self.opcode ~= nil) then return 1002, "continuation frames out of order" end
  if starts then self.opcode, self.empty = received.opcode, 0 end
  if received.payload == "" then self.empty = self.empty + 1 end
  if self.parts.size + #received.payload > MAX_MESSAGE then return 1009, "the message is too big" end
  if self.empty > MOST_EMPTY then return 1009, "the message has too many empty fragments" end
  self.parts:push(received.payload)
  if not received.final then return nil end
  local message, is_text = self.parts:take(), self.opcode == frame.TEXT
  self.opcode = nil
  if is_text and not utf8_text.valid(message) then return 1007, "a text is not UTF-8" end
  if not self.closing then self.session:receive(message) end
end

-- Carries out what has come.
-- @treturn ?number the close code when something of it broke a rule
-- @treturn ?string what is wrong
local function take_frames(self)
  while not self.over do
    local received, code, wrong = self.reader:next()
    if received then
      code, wrong = (handlers[received.opcode] or on_data)(self, received)
    elseif not code then
      return nil
    end
    if code then return code, wrong end
  end
end

local function read_all(self)
  while not self.over do
    local bytes = self.socket:xread(-READ_BYTES, "b")
    if not bytes then return end
    self.reader:feed(bytes)
    local code, wrong = take_frames(self)
    if code then
      self.why = wrong
      return self:finish(code, wrong)
    end
    pace.spend(#bytes / 4)
  end
end

local function run(self)
  local ok, wrong = xpcall(read_all, debug.traceback, self)
  if not ok then
    self.context.log:failure(wrong)
    self.why = "the emulator failed"
    self:finish(1011, self.why)
  end
  self.session:closed(self.why or "the connection ended")
  if self.why then self.context.log:note("client %s: %s", self.session.connection_id, self.why) end
  if not self.closing then self.outbox:abort() end
  if not self.written then cqueues.poll(self.write_done, CLOSE_SECONDS) end
  self.ended = true
  self.end_seen:signal()
  self.socket:shutdown("rw")
  -- Whoever still waits for the socket must have let go of it first.
  cqueues.poll()
  cqueues.poll()
  self.socket:close()
end

--- Serves a client until its connection ends.
-- @tparam table context { service, log, send_queue }
-- @param stream the lua-http stream of the request, checked with `check`
-- @tparam table head the request's
-- @param ticket what the service gave for the client's token
-- @tparam ?table more further header fields for the answer
function M.serve(context, stream, head, ticket, more)
  local socket = upgrade(stream, head, more)
  if not socket then return end
  local self = setmetatable({
    context = context, socket = socket, outbox = outbox.new(context.send_queue), controller = cqueues.running(),
    end_seen = condition.new(), write_done = condition.new(),
    reader = frame.reader(MAX_MESSAGE), parts = byte_buffer.new(),
  }, metatable)
  self.session = context.service:open(ticket, self)
  self.controller:wrap(write_all, self)
  run(self)
end

return M
