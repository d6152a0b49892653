-- SPDX-License-Identifier: MIT
--- Clients before they are connected: negotiation and admission.
local answers = require "azure.signalr.emulator.answers"
local auth = require "azure.signalr.emulator.auth"
local json_text = require "azure.signalr.emulator.json_text"
local params = require "azure.signalr.emulator.params"
local url = require "azure.signalr.emulator.url"

local M = {}

local TRANSPORTS = '[{"transport":"WebSockets","transferFormats":["Text","Binary"]},'
  .. '{"transport":"ServerSentEvents","transferFormats":["Text"]},'
  .. '{"transport":"LongPolling","transferFormats":["Text","Binary"]}]'

-- hub name and claims of a client's request, or nil and the answer that refuses
local function admit(service, req, query)
  local name = params.text(query, "hub")
  if not name then return nil, answers.bad_request("the query names no hub: /client/?hub=<hub>", "hub") end
  -- "<application>_<hub>": each part has its own 128
  if #name > 257 or not name:find("^%a[%w_`,.%[%]]*$") then
    return nil, answers.bad_request("hub must begin with a letter and have only A-Z a-z 0-9 _ ` , . [ ]", "hub")
  end
  local claims, message = service.auth:check_client(req, query, name:lower())
  if not claims then return nil, answers.unauthorized(message) end
  return name:lower(), claims
end

local function new_ticket(service, hub_name, claims)
  local id = service.random_id()
  return {
    hub = service:hub(hub_name), hub_name = hub_name,
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
  local version = params.text(query, "negotiateversion") == "1" and "1" or "0"
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

--- Forgets who negotiated and did not come.
function M.expire(service, now)
  local late = {}
  for id, ticket in pairs(service.pending) do
    if ticket.till <= now then late[#late + 1] = id end
  end
  for _, id in ipairs(late) do service.pending[id] = nil end
end

return M
