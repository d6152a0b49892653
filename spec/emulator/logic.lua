-- SPDX-License-Identifier: MIT
-- A service with a clock, a log and clients in the spec's hands; no socket anywhere.
local service = require "azure.signalr.emulator.service"
local jwt = require "azure.signalr.emulator.jwt"

local M = {}

M.BASE = "http://127.0.0.1:8888"
M.KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"
M.VERSION = "api-version=2024-12-01"

local MODULUS = 2147483647

-- Not HMAC: 32 bytes that depend on key and data, enough where no golden token is read.
function M.fake_hmac(key, data)
  local out = {}
  for lane = 1, 8 do
    local sum = lane
    for _, text in ipairs { key, data } do
      for i = 1, #text do sum = (sum * 131 + text:byte(i) + 7) % MODULUS end
    end
    out[lane] = string.char(math.floor(sum / 16777216) % 256, math.floor(sum / 65536) % 256,
      math.floor(sum / 256) % 256, sum % 256)
  end
  return table.concat(out)
end

local World = {}
World.__index = World

--- A service on a clock that stands still until `advance`.
function M.new(options)
  local self = setmetatable({ clock = 1800000000, ids = 0, logs = {} }, World)
  local given = {
    access_key = M.KEY, hmac = M.fake_hmac,
    now = function() return self.clock end,
    random_id = function()
      self.ids = self.ids + 1
      return ("id-%d"):format(self.ids)
    end,
  }
  for name, value in pairs(options or {}) do given[name] = value end
  self.service = service.new(given)
  self.hmac = given.hmac
  return self
end

--- Lets seconds pass, one tick a second.
function World:advance(seconds)
  for _ = 1, seconds do
    self.clock = self.clock + 1
    self.service:tick()
  end
end

--- A token for an audience; `more` is JSON text of further members, as '"nameid":"x",'.
function World:token(audience, more)
  local claims = ('{%s"nbf":%d,"exp":%d,"iat":%d,"aud":"%s"}'):format(
    more or "", self.clock, self.clock + 3600, self.clock, audience)
  return jwt.sign(claims, M.KEY, self.hmac)
end

--- One REST request, signed. `given`: query (beside api-version), body, type (Content-Type), headers, path_query.
-- @return the answer; nil while an invocation waits (then `world.answer` comes later)
function World:rest(method, path, given)
  given = given or {}
  local headers = given.headers or { authorization = "Bearer " .. self:token(M.BASE .. path) }
  headers["content-type"] = given.type or (given.body and "application/json") or nil
  local query = given.whole_query or M.VERSION .. (given.query and "&" .. given.query or "")
  self.answer = nil
  local count = 0
  self.service:rest({ method = method, path = path, query = query, headers = headers, body = given.body or "",
    base = M.BASE }, function(answer, entry)
    count = count + 1
    assert(count == 1, "answered twice")
    self.answer, self.logs[#self.logs + 1] = answer, entry
  end)
  return self.answer
end

--- The last line of the log.
function World:last_log()
  return self.logs[#self.logs]
end

local Client = {}
Client.__index = Client

--- Takes what the client has received since the last time, as raw frames.
function Client:take()
  local list = self.received
  self.received = {}
  return list
end

--- The same as one text, for JSON clients: records without their separator, one a line.
function Client:text()
  return (table.concat(self:take()):gsub("\30", "\n"):gsub("\n$", ""))
end

function Client:say(text)
  self.session:receive(text .. "\30")
end

--- A client's request for the hub, as `client_auth` wants it.
function World:client_request(hub, user, more)
  local name = user and ('"asrs.s.uid":"%s",'):format(user) or ""
  return { method = "GET", path = "/client/", base = M.BASE, headers = {}, body = "",
    query = ("hub=%s&access_token=%s%s"):format(hub, self:token(M.BASE .. "/client/?hub=" .. hub, name), more or "") }
end

--- A connected client. `given`: hub ("chat"), protocol ("json").
function World:client(user, given)
  given = given or {}
  local ticket = assert(self.service:client_auth(self:client_request(given.hub or "chat", user)))
  local client = setmetatable({ received = {}, kinds = {} }, Client)
  client.session = self.service:open(ticket, {
    send = function(_, bytes, is_text)
      table.insert(client.received, bytes)
      table.insert(client.kinds, is_text)
    end,
    close = function(_, reason) client.closed = { reason = reason } end,
  })
  client.id = client.session.connection_id
  if given.protocol ~= false then
    client.session:receive(('{"protocol":"%s","version":1}\30'):format(given.protocol or "json"))
    assert(table.concat(client:take()) == "{}\30", "handshake")
  end
  return client
end

return M
