-- SPDX-License-Identifier: MIT
-- From a URL to an address a WebSocket can open: POST .../negotiate, as long as
-- the answer sends us elsewhere.
local monotime = require("cqueues").monotime
local http_request = require "http.request"
local json = require "azure.signalr.hubclient.json_text"

local M = {}

-- 5.4 has it in its table library.
local unpack = table.unpack or unpack -- luacheck: ignore 143

local MAX_REDIRECTS = 5
local MAX_ANSWER = 1048576 -- bytes

local function split_query(url)
  local path, query = url:match("^([^?#]*)%??([^#]*)")
  return path, query
end

local function with_query(path, query, ...)
  local parts = { ... }
  if query ~= "" then table.insert(parts, 1, query) end
  return path .. "?" .. table.concat(parts, "&")
end

local function escape(text)
  return (text:gsub("[^A-Za-z0-9%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

--- The address to negotiate at.
-- @tparam string url a hub's URL, e.g. "http://h:8888/client/?hub=chat"
-- @treturn string the URL with `negotiate` as the last part of its path
function M.negotiate_url(url)
  local path, query = split_query(url)
  if path:sub(-1) ~= "/" then path = path .. "/" end
  return with_query(path .. "negotiate", query, "negotiateVersion=1")
end

--- The address to open a WebSocket at.
-- @tparam string url a hub's URL
-- @tparam ?string id the connection token that negotiating gave
-- @tparam ?string token an access token; browsers can send it in the query only,
--   and so do we
-- @treturn string the URL with the scheme ws or wss
function M.websocket_url(url, id, token)
  local path, query = split_query(url)
  local parts = {}
  if id then parts[#parts + 1] = "id=" .. escape(id) end
  if token then parts[#parts + 1] = "access_token=" .. escape(token) end
  local target = #parts > 0 and with_query(path, query, unpack(parts)) or url
  return (target:gsub("^http", "ws"))
end

-- Text of the server's, as a part of a message.
local function shown(text) return (text:sub(1, 200):gsub("[%z\1-\31\127]", "?")) end

-- The whole body. A connection that ends before the length that was announced passes for the end of the body in
-- lua-http, and half an object may look like a whole one.
local function read_body(headers, stream, timeout)
  local parts, size, deadline = {}, 0, monotime() + timeout
  while true do
    local chunk, why = stream:get_next_chunk(deadline - monotime())
    if not chunk and why then return nil, why end
    if not chunk then break end
    parts[#parts + 1], size = chunk, size + #chunk
    if size > MAX_ANSWER then return nil, "it is too long" end
  end
  local announced = tonumber((headers:get("content-length")))
  if announced and size < announced then return nil, "the connection broke before it was whole" end
  return table.concat(parts)
end

-- shutdown would read the rest first, and where the connection has ended it does so for ever.
local function let_go(stream)
  local socket = stream.connection:take_socket()
  stream:shutdown()
  if socket then socket:close() end
end

local function read_answer(headers, stream, timeout)
  local status = headers:get(":status")
  local body, why = read_body(headers, stream, timeout)
  if body then stream:shutdown() else let_go(stream) end
  if status ~= "200" then
    return nil, "negotiating was answered with status " .. status .. (body and body ~= "" and ": " .. shown(body) or "")
  end
  if not body then return nil, "the answer to negotiating was not read: " .. tostring(why) end
  local members = json.members(body)
  if not members then return nil, "negotiating was answered with something else than a JSON object" end
  return members
end

local function post(url, token, options)
  local valid, request = pcall(http_request.new_from_uri, url)
  if not valid then return nil, "not a URL to negotiate at: " .. url:match("^[^?]*") end
  request.headers:upsert(":method", "POST")
  request.headers:upsert("content-length", "0")
  if token then request.headers:upsert("authorization", "Bearer " .. token) end
  M.prepare(request, options)
  local headers, stream = request:go(options.timeout)
  if not headers then return nil, "cannot reach " .. url:match("^[^?]*") .. ": " .. tostring(stream) end
  return read_answer(headers, stream, options.timeout)
end

--- Applies what all requests of a hub client share: the TLS context, no proxy
-- out of the environment (a WebSocket would not pass it), no redirects.
function M.prepare(request, options)
  request.ctx = options.tls_context or request.ctx
  request.proxies = false
  request.follow_redirects = false
end

local function accepts_websocket(members)
  local list = json.elements(members.availableTransports or "[]") or {}
  for _, transport in ipairs(list) do
    local offered = json.members(transport)
    if offered and json.string(offered.transport) == "WebSockets" then return true end
  end
  return false
end

--- Negotiates.
-- @tparam string url where to begin: the service's client URL, or an
--   application's hub that redirects to it
-- @tparam ?string token access token for the first request
-- @tparam table options `timeout` seconds for each request, `tls_context`
-- @treturn table `{ url =, token =, id = connection token, connection_id = }`
-- @return nil and a message
function M.run(url, token, options)
  for _ = 0, MAX_REDIRECTS do
    local members, why = post(M.negotiate_url(url), token, options)
    if not members then return nil, why end
    if members.error then return nil, "negotiating was refused: " .. shown(json.string(members.error) or "") end
    if members.url then
      url, token = json.string(members.url), json.string(members.accessToken) or token
    else
      local connection_id = json.string(members.connectionId)
      if not accepts_websocket(members) then return nil, "the server offers no WebSockets" end
      local id = json.string(members.connectionToken) or connection_id
      return { url = url, token = token, id = id, connection_id = connection_id }
    end
  end
  return nil, "negotiating was sent elsewhere more than " .. MAX_REDIRECTS .. " times"
end

return M
