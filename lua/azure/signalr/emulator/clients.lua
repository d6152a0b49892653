-- SPDX-License-Identifier: MIT
--- Clients before they are connected: negotiation and admission.
local answers = require "azure.signalr.emulator.answers"
local ascii = require "azure.signalr.emulator.ascii"
local auth = require "azure.signalr.emulator.auth"
local json_text = require "azure.signalr.emulator.json_text"
local limits = require "azure.signalr.emulator.limits"
local params = require "azure.signalr.emulator.params"
local url = require "azure.signalr.emulator.url"

local M = {}

local TRANSPORTS = '[{"transport":"WebSockets","transferFormats":["Text","Binary"]},'
  .. '{"transport":"ServerSentEvents","transferFormats":["Text"]},'
  .. '{"transport":"LongPolling","transferFormats":["Text","Binary"]}]'

-- The claims of a client's token, or nil and the answer that refuses.
local function authenticate(service, req, query, hub_name)
  local token = auth.token_of(req.headers, query)
  if token and #token > limits.token then
    return nil, answers.error(413, "Error.Request.TooLarge",
      ("the access token has %d characters, the limit is %d"):format(#token, limits.token))
  end
  local claims, message = service.auth:check_client(req, token, hub_name)
  if not claims then return nil, answers.unauthorized(message) end
  return claims
end

-- hub name and claims of a client's request, or nil and the answer that refuses
local function admit(service, req, query)
  local name = params.text(query, "hub")
  if not name then return nil, answers.bad_request("the query names no hub: /client/?hub=<hub>", "hub") end
  local ok, message = params.check_client_hub(name)
  if not ok then return nil, answers.bad_request(message, "hub") end
  name = ascii.lower(name)
  local claims, refusal = authenticate(service, req, query, name)
  if not claims then return nil, refusal end
  return name, claims
end

local function new_ticket(service, hub_name, claims)
  local id = service.random_id()
  return {
    hub_name = hub_name,
    user_id = auth.user_of(claims), expires_at = auth.expiry_of(claims),
    connection_id = id, connection_token = id,
  }
end

--- Answers POST /client/negotiate: a connection's id, and the token that stands for it.
function M.negotiate(service, req)
  local query = url.parse_query(req.query or "")
  local hub_name, claims = admit(service, req, query)
  if not hub_name then return claims end
  local ticket = new_ticket(service, hub_name, claims)
  local version = params.text(query, "negotiateVersion") == "1" and "1" or "0"
  if version == "1" then ticket.connection_token = service.random_id() end
  ticket.till = service.now() + service.limits.connect_window
  service.pending[ticket.connection_token] = ticket
  local quote = json_text.quote
  return answers.json(200, json_text.object("negotiateVersion", version,
    "connectionId", quote(ticket.connection_id),
    "connectionToken", version == "1" and quote(ticket.connection_token),
    "availableTransports", TRANSPORTS))
end

local function no_such_id()
  return nil, answers.error(404, "Error.Connection.NotExisted",
    "No connection with this id: it was never negotiated, or it is closed, or the client came too late.", "id")
end

--- Admits a request for /client/; see `Service:client_auth`.
function M.admit(service, req)
  local query = url.parse_query(req.query or "")
  local hub_name, claims = admit(service, req, query)
  if not hub_name then return nil, claims end
  local id = params.text(query, "id")
  if not id then return new_ticket(service, hub_name, claims) end
  if service.open_sessions[id] then
    return nil, answers.error(409, "Error.Connection.InUse", "This id's connection is open already.", "id")
  end
  local ticket = service.pending[id]
  if not (ticket and ticket.till > service.now()) then return no_such_id() end
  -- an id is for the hub and the user that negotiated it
  if ticket.hub_name ~= hub_name or ticket.user_id ~= auth.user_of(claims) then return no_such_id() end
  return ticket
end

--- Whether a further request of an open connection comes from the client that it belongs to.
-- @treturn table|nil the answer that refuses
function M.refuse_other(service, req, session)
  local claims, refusal = authenticate(service, req, url.parse_query(req.query or ""), session.hub_name)
  if not claims then return refusal end
  if auth.user_of(claims) ~= session.user_id then
    return answers.error(403, "Error.Request.Forbidden", "this connection belongs to another user")
  end
  return nil
end

--- Forgets who negotiated and did not come.
function M.expire(service, now)
  local late = {}
  for id, ticket in pairs(service.pending) do
    if ticket.till <= now then late[#late + 1] = id end
  end
  for _, id in ipairs(late) do service.pending[id] = nil end
end

return M
