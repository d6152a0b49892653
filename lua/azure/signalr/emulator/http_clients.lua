-- SPDX-License-Identifier: MIT
-- The clients' side of the service: negotiation, and which transport serves a request.
local cqueues = require "cqueues"
local ascii = require "azure.signalr.emulator.ascii"
local answers = require "azure.signalr.emulator.answers"
local http_faults = require "azure.signalr.emulator.http_faults"
local long_polling = require "azure.signalr.emulator.transports.long_polling"
local sse = require "azure.signalr.emulator.transports.sse"
local websocket = require "azure.signalr.emulator.transports.websocket"

local M = {}

local NEGOTIATE = "^/client/negotiate/?$"

--- Whether a request is one of a hub client.
function M.is_client(head)
  local path = ascii.lower(head.path)
  return path:find("^/client/?$") ~= nil or path:find(NEGOTIATE) ~= nil
end

local function refuse(exchange, status, message)
  return exchange:reply(answers.error(status, "Error.Request.Invalid", message))
end

local function authorize(exchange)
  local ticket, refusal = exchange.server.service:client_auth(exchange:request(""))
  if not ticket then exchange:reply(refusal) end
  return ticket
end

-- Whether a further request of an open connection comes from the client that it belongs to.
local function may_go_on(exchange, client)
  local refusal = exchange.server.service:client_refusal(exchange:request(""), client.session)
  if refusal then exchange:reply(refusal) end
  return not refusal
end

local function describe(ticket, kind)
  return ("connect %s hub %s user %s as %s"):format(kind, ticket.hub_name, ticket.user_id or "-", ticket.connection_id)
end

-- A line of the log for an answer that the transport writes itself.
local function note_start(exchange, status, ticket, kind)
  exchange.answered = true
  exchange:note(status, { op = describe(ticket, kind) })
end

-- The server ends when those that it serves have heard of it.
local function while_live(server, serve, ...)
  server.live = server.live + 1
  local ok, wrong = xpcall(serve, debug.traceback, server, ...)
  server.live = server.live - 1
  if not ok then error(wrong, 0) end
end

-- The transports that write their answers themselves meet a fault before they begin.
local function spoiled(exchange)
  local rule = exchange.rule
  if not rule then return false end
  if rule.latency then cqueues.sleep(rule.latency) end
  if rule.drop or rule.answer then http_faults.cut(exchange.stream) end
  return rule.drop or rule.answer
end

local function serve_websocket(exchange)
  if spoiled(exchange) then return end
  local refusal = websocket.check(exchange.stream, exchange.head)
  if refusal then return exchange:reply(refusal) end
  local ticket = authorize(exchange)
  if not ticket then return end
  note_start(exchange, 101, ticket, "WebSockets")
  while_live(exchange.server, websocket.serve, exchange.stream, exchange.head, ticket, exchange.cors)
end

local function serve_poll(exchange, client)
  local response, delivered = client:poll()
  response.op = "poll of " .. client.session.connection_id
  local arrived = exchange:reply(response)
  if delivered then delivered(arrived) end
end

local function serve_get(exchange, token, client)
  local wants_events = sse.wanted(exchange.head)
  if client and client.kind == "LongPolling" and not wants_events then return serve_poll(exchange, client) end
  if client then return refuse(exchange, 409, "this connection has its transport already") end
  local ticket = authorize(exchange)
  if not ticket then return end
  local opening = { token = token, ticket = ticket }
  if wants_events then
    if spoiled(exchange) then return end
    note_start(exchange, 200, opening.ticket, "ServerSentEvents")
    while_live(exchange.server, sse.serve, exchange.stream, opening, exchange.cors)
  else
    local response = long_polling.open(exchange.server, opening)
    response.op = describe(opening.ticket, "LongPolling")
    exchange:reply(response)
  end
end

local function serve_half(exchange)
  local method = exchange.head.method
  local token = (exchange.head.params.id or {})[1]
  if not token or token == "" then return refuse(exchange, 400, "Connection ID required") end
  local client = exchange.server.clients[token]
  if client and not may_go_on(exchange, client) then return end
  if method == "GET" then return serve_get(exchange, token, client) end
  local body = exchange:read_body()
  if not body then return end
  if method ~= "POST" and method ~= "DELETE" then return refuse(exchange, 405, "GET, POST or DELETE") end
  if not client then return refuse(exchange, 404, "No Connection with that ID") end
  local response = method == "POST" and client:receive(body) or client:delete()
  response.op = (method == "POST" and "receive from " or "disconnect of ") .. client.session.connection_id
  return exchange:reply(response)
end

local function serve_negotiate(exchange)
  local body = exchange:read_body()
  if not body then return end
  if exchange.head.method ~= "POST" then return refuse(exchange, 405, "negotiation is a POST") end
  local response = exchange.server.service:client_negotiate(exchange:request(body))
  response.op = "negotiate"
  exchange:reply(response)
end

--- Serves a client's request.
-- @tparam table exchange of http_routes
function M.serve(exchange)
  local rule = exchange.rule
  if rule and rule.drop == "after" then return http_faults.cut(exchange.stream) end
  local given = rule and http_faults.answer(rule)
  if given then return exchange:reply(given) end
  if ascii.lower(exchange.head.path):find(NEGOTIATE) then return serve_negotiate(exchange) end
  if websocket.wanted(exchange.head) then return serve_websocket(exchange) end
  return serve_half(exchange)
end

return M
