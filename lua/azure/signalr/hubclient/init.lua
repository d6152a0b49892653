-- SPDX-License-Identifier: MIT
-- A small SignalR hub client: what a browser or a game does on its side of the
-- service. JSON hub protocol over WebSocket, on lua-http and cqueues. It shares
-- no code with the emulator, so that neither can confirm the other's mistakes.
--
-- What happens is told through one function, options.on_event(event):
--   { event = "connected", connection_id = }
--   { event = "invocation", target =, arguments = raw JSON array, id = or nil }
--   { event = "item", id = stream, item = raw JSON }
--   { event = "completion", id =, result = raw JSON or nil, error = or nil }
--   { event = "closed", error = or nil, allow_reconnect =, clean = boolean }
local cqueues = require "cqueues"
local condition = require "cqueues.condition"
local websocket = require "http.websocket"
local negotiate = require "azure.signalr.hubclient.negotiate"
local protocol = require "azure.signalr.hubclient.protocol"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "azure.signalr.hubclient" }

local MAX_MESSAGE = 16777216 -- bytes

local DEFAULTS = { timeout = 10, keep_alive = 15, server_timeout = 30 }

--- Makes a client; nothing is opened yet.
-- @tparam table options `url` (a hub's client URL, or an application's hub),
--   `on_event`, and optionally `access_token`, `skip_negotiation` (straight to
--   the WebSocket; the connection's id stays unknown), `timeout` for opening,
--   `keep_alive` and `server_timeout` (all seconds), `tls_context`
-- @treturn table the client
function M.new(options)
  if type(options) ~= "table" then error("hubclient.new: a table of options is wanted", 2) end
  if type(options.url) ~= "string" then error("hubclient.new: url must be a string", 2) end
  if type(options.on_event) ~= "function" then error("hubclient.new: on_event must be a function", 2) end
  local own = {}
  for name, value in pairs(DEFAULTS) do own[name] = value end
  for name, value in pairs(options) do own[name] = value end
  return setmetatable({ options = own, state = "new", turn = condition.new() }, metatable)
end

-- One frame at a time: two coroutines must not interleave their bytes.
local function send(self, bytes)
  while self.writing do self.turn:wait() end
  if self.state ~= "open" and self.state ~= "opening" then return nil, "the connection is not open" end
  self.writing = true
  local ok, why = self.socket:send(bytes, "text", self.options.timeout)
  self.writing = false
  self.turn:signal()
  if not ok then return nil, tostring(why) end
  self.last_sent = cqueues.monotime()
  return true
end

local function find_place(self)
  local options = self.options
  if options.skip_negotiation then return { url = options.url, token = options.access_token } end
  return negotiate.run(options.url, options.access_token, options)
end

local function open_socket(self, place)
  local address = negotiate.websocket_url(place.url, place.id, place.token)
  local valid, socket = pcall(websocket.new_from_uri, address)
  if not valid then return nil, "not a URL to connect to: " .. place.url end
  negotiate.prepare(socket.request, self.options)
  local ok, why = socket:connect(self.options.timeout)
  if not ok then return nil, "cannot open a WebSocket at " .. place.url:match("^[^?]*") .. ": " .. tostring(why) end
  return socket
end

-- Puts whole messages into the inbox; what comes before the end of one waits in pieces.
local function take(self, bytes)
  self.pieces[#self.pieces + 1], self.size = bytes, self.size + #bytes
  if self.size > MAX_MESSAGE then return nil, "a message is larger than " .. MAX_MESSAGE .. " bytes" end
  if not protocol.ends_message(bytes) then return true end
  local rest
  self.inbox, rest = protocol.split(table.concat(self.pieces))
  self.at, self.pieces, self.size = 1, { rest }, #rest
  return true
end

-- Reads until the next message; what came with it waits in self.inbox.
local function next_message(self, timeout)
  while not self.inbox[self.at] do
    local bytes, why = self.socket:receive(timeout)
    if not bytes then return nil, why end
    self.last_received = cqueues.monotime()
    local ok
    ok, why = take(self, bytes)
    if not ok then return nil, why end
  end
  self.at = self.at + 1
  return self.inbox[self.at - 1]
end

local function shake_hands(self)
  local ok, why = send(self, protocol.handshake)
  if not ok then return nil, why end
  local text
  text, why = next_message(self, self.options.timeout)
  if not text then return nil, "no answer to the handshake: " .. tostring(why or "closed") end
  local message = protocol.parse(text)
  if not message or message.kind ~= "handshake" then return nil, "the handshake was not answered" end
  if message.error then return nil, "the handshake was refused: " .. message.error end
  return true
end

--- Negotiates, opens the WebSocket and shakes hands. Blocks, or yields inside a
-- cqueue, for at most `timeout` a step.
-- @treturn boolean true, after the event "connected"
-- @return nil and a message
function methods:connect()
  local place, why = find_place(self)
  if not place then return nil, why end
  self.socket, why = open_socket(self, place)
  if not self.socket then return nil, why end
  self.state, self.inbox, self.at, self.pieces, self.size = "opening", {}, 1, {}, 0
  local ok
  ok, why = shake_hands(self)
  if not ok then
    self.state = "closed"
    self.socket:close(1000, nil, 0)
    return nil, why
  end
  self.state, self.connection_id = "open", place.connection_id
  self.options.on_event{ event = "connected", connection_id = place.connection_id }
  return true
end

-- Tells the end once, whoever notices it first.
local function finish(self, event)
  if self.state == "closed" then return end
  self.state = "closed"
  event.event = "closed"
  self.socket:close(1000, nil, 1)
  self.options.on_event(event)
end

local handlers = {}

function handlers.close(self, message)
  finish(self, { error = message.error, allow_reconnect = message.allow_reconnect, clean = true })
end

local function tell(self, message)
  message.event = message.kind
  self.options.on_event(message)
end
handlers.invocation, handlers.item, handlers.completion = tell, tell, tell

local function pass_over() end
handlers.ping, handlers.unknown, handlers.stream, handlers.cancel = pass_over, pass_over, pass_over, pass_over

local function read_all(self)
  while self.state == "open" do
    local text, why = next_message(self)
    if not text then
      why = why or self.socket.got_close_message or "closed"
      return finish(self, { error = "connection lost: " .. tostring(why), clean = false })
    end
    local message, problem = protocol.parse(text)
    local handler = message and handlers[message.kind]
    if not handler then
      return finish(self, { error = problem or "unexpected message of kind " .. message.kind, clean = false })
    end
    handler(self, message)
  end
end

local function keep_alive(self)
  local options = self.options
  local tick = math.min(1, options.keep_alive / 3, options.server_timeout / 3)
  while self.state == "open" do
    cqueues.sleep(tick)
    local now = cqueues.monotime()
    if self.state == "open" and now - self.last_received > options.server_timeout then
      finish(self, { error = "nothing came from the server for " .. options.server_timeout .. " s", clean = false })
    elseif self.state == "open" and now - self.last_sent > options.keep_alive then
      send(self, protocol.ping())
    end
  end
end

--- Starts reading and keeping alive as coroutines of a cqueue.
-- @param queue the cqueue that drives this client
function methods:start(queue)
  if self.state ~= "open" then error("hubclient: connect first", 2) end
  queue:wrap(read_all, self)
  queue:wrap(keep_alive, self)
end

--- Calls a hub method. With an id a completion with that id will follow.
-- @treturn boolean true, or nil and a message, as all methods below
function methods:invoke(id, target, arguments)
  return send(self, protocol.invocation(id, target, arguments))
end

--- Opens a stream: events "item" and "completion" with this id will follow.
-- @tparam string id the stream's id, of the client's choice
-- @tparam string target the hub method
-- @tparam[opt] string arguments a JSON array
function methods:stream(id, target, arguments)
  return send(self, protocol.stream(id, target, arguments))
end

--- Asks for the end of a stream.
function methods:cancel(id)
  return send(self, protocol.cancel(id))
end

--- Answers an invocation that has an id; result is JSON text or nil for none.
function methods:complete(id, result)
  return send(self, protocol.completion(id, result))
end

--- Answers an invocation that has an id with an error.
function methods:fail(id, text)
  return send(self, protocol.failure(id, text))
end

--- Says goodbye and closes. Harmless when repeated.
function methods:close()
  if self.state ~= "open" then return end
  send(self, protocol.close())
  finish(self, { clean = true })
end

return M
