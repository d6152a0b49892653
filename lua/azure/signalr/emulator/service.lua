-- SPDX-License-Identifier: MIT
--- The local service, without any I/O: requests and bytes in, answers and bytes out. Time, HMAC
-- and randomness are given to it, so that a server, an in-process fake and specs can all drive it.
local auth = require "azure.signalr.emulator.auth"
local clients = require "azure.signalr.emulator.clients"
local hub = require "azure.signalr.emulator.hub"
local sizes = require "azure.signalr.emulator.limits"
local rest = require "azure.signalr.emulator.rest"
local session = require "azure.signalr.emulator.session"

local M = {}

local Service = {}
Service.__index = Service
Service.__name = "signalr emulator service"

--- What time and size are limited to: seconds and bytes. `new{ limits = {...} }` changes them.
M.limits = {
  body = sizes.body, message = sizes.message,
  handshake_timeout = 15, keep_alive = 15, client_timeout = 30,
  invoke_timeout = 600, connect_window = 5,
}

local REQUIRED = { access_key = "string", now = "function", hmac = "function", random_id = "function" }

--- Makes a service.
-- @tparam table options
--   access_key string; now() -> unix seconds; hmac(key, data) -> 32 bytes; random_id() -> unique string;
--   optional: lax (token checks off), endpoints(base) -> boolean (further bases that an audience may
--   name), broken (id of an operation whose effect is left out), limits (see `M.limits`)
-- @treturn table service
function M.new(options)
  for name, wanted in pairs(REQUIRED) do
    if type(options[name]) ~= wanted then
      error(("service.new: option '%s' must be a %s"):format(name, wanted), 2)
    end
  end
  local limits = {}
  for name, value in pairs(M.limits) do limits[name] = (options.limits or {})[name] or value end
  return setmetatable({
    now = options.now, random_id = options.random_id,
    broken = options.broken, limits = limits, auth = auth.new(options),
    hubs = {}, open_sessions = {}, pending = {}, sequence = 0,
  }, Service)
end

--- The hub of a name. One with nobody in it is not kept: whoever puts something into it says so with `keep`.
-- @tparam string name lower-case
-- @treturn table
function Service:hub(name)
  return self.hubs[name] or hub.new(name, self.now)
end

--- The same, kept until it is empty again.
function Service:keep_hub(name)
  if not self.hubs[name] then self.hubs[name] = hub.new(name, self.now) end
  return self.hubs[name]
end

local function drop_if_empty(self, one)
  if self.hubs[one.name] == one and one:empty() then self.hubs[one.name] = nil end
end

--- Orders connections by age.
function Service:next_sequence()
  self.sequence = self.sequence + 1
  return self.sequence
end

--- Answers one request of the REST API.
-- @tparam table req { method, path (raw), query (raw, "" for none), headers (lower-case names), body, base }
-- @tparam function respond called once, for an invocation perhaps later: the answer { status, headers, body }, and
--   what the log says of it { operation ("unknown" without a route), method, path, status, reached, ms, hint, trace }
function Service:rest(req, respond)
  rest.answer(self, req, respond)
end

--- Answers POST /client/negotiate.
-- @treturn table { status, headers, body }
function Service:client_negotiate(req)
  return clients.negotiate(self, req)
end

--- Admits a client's request for /client/?hub=.
-- @treturn table|nil ticket { hub_name, user_id, connection_id, connection_token, expires_at }
-- @treturn table|nil the answer that refuses: 400 hub, 401 and 413 token, 404 no such id, 409 id in use
function Service:client_auth(req)
  return clients.admit(self, req)
end

--- Whether a further request of a client's open connection is to be refused.
-- @treturn table|nil the answer that refuses; nil to go on
function Service:client_refusal(req, opened)
  return clients.refuse_other(self, req, opened)
end

--- Opens a connection for a ticket.
-- @tparam table ticket
-- @tparam table sink send(self, bytes, is_text), close(self, reason)
-- @treturn table session: receive(bytes), closed(reason), connection_id, binary
function Service:open(ticket, sink)
  -- two may have been admitted for one id before either was opened: the later one has it
  local earlier = self.open_sessions[ticket.connection_token]
  if earlier then earlier:close("Connection closed: another one has its id.") end
  local opened = session.new(self, ticket, sink)
  self.pending[ticket.connection_token] = nil
  self.open_sessions[ticket.connection_token] = opened
  return opened
end

--- A connection ended (called by its session).
function Service:forget(gone)
  if self.open_sessions[gone.connection_token] == gone then
    self.open_sessions[gone.connection_token] = nil
  end
  if gone.hub then
    gone.hub:remove(gone)
    drop_if_empty(self, gone.hub)
  end
end

-- A copy: what is done to a session may take it out of the list.
local function sessions_now(self)
  local all = {}
  for _, opened in pairs(self.open_sessions) do all[#all + 1] = opened end
  return all
end

--- How many connections are open, those in their handshake counted too.
function Service:count()
  return #sessions_now(self)
end

--- Closes every connection.
-- @tparam string|nil reason what the clients are told
function Service:shutdown(reason)
  for _, opened in ipairs(sessions_now(self)) do opened:close(reason, true) end
end

--- Lets time pass: pings, timeouts, ends of memberships. To be called about every second.
function Service:tick()
  local now = self.now()
  for _, opened in ipairs(sessions_now(self)) do
    if opened.state ~= "closed" then opened:tick(now) end
  end
  local hubs = {}
  for _, one in pairs(self.hubs) do hubs[#hubs + 1] = one end
  for _, one in ipairs(hubs) do
    one.groups:expire()
    drop_if_empty(self, one)
  end
  clients.expire(self, now)
end

return M
