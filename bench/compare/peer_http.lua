-- SPDX-License-Identifier: MIT
-- lua-http as its documents show it, one kept connection for each that runs abreast, the token kept.
local cjson = require "cjson"
local cqueues = require "cqueues"
local client = require "http.client"
local headers = require "http.headers"
local http_tls = require "http.tls"
local store = require "openssl.x509.store"
local x509 = require "openssl.x509"

local unpack = rawget(_G, "unpack") or table.unpack
local host, port, tls, ca, count, abreast, path, token, body = unpack(arg, 1, 9)
count, abreast = tonumber(count), tonumber(abreast)

local function context()
  if tls ~= "1" then return false end
  local ctx, trust = http_tls.new_client_context(), store.new()
  local file = assert(io.open(ca))
  for pem in file:read("*a"):gmatch("%-%-%-%-%-BEGIN CERT.-END CERTIFICATE%-%-%-%-%-") do
    pcall(trust.add, trust, x509.new(pem))
  end
  file:close()
  ctx:setStore(trust)
  return ctx
end
local ctx = context()

local function connect()
  local to = { host = host, port = tonumber(port), tls = tls == "1", ctx = ctx or nil, version = 1.1 }
  return assert(client.connect(to, 10))
end

local function request_headers()
  local h = headers.new()
  h:append(":method", "POST")
  h:append(":scheme", tls == "1" and "https" or "http")
  h:append(":authority", host .. ":" .. port)
  h:append(":path", path)
  h:append("authorization", "Bearer " .. token, true)
  h:append("content-type", "application/json")
  h:append("content-length", tostring(#body))
  return h
end

local took = {}
local function send(connection)
  local began = cqueues.monotime()
  local stream = assert(connection:new_stream())
  assert(stream:write_headers(request_headers(), false))
  assert(stream:write_chunk(body, true))
  local answer = assert(stream:get_headers(10))
  assert(answer:get(":status") == "202")
  stream:get_body_as_string()
  stream:shutdown()
  took[#took + 1] = cqueues.monotime() - began
end

local connections = {}
local queue = cqueues.new()
local function all(n)
  local left = n
  for i = 1, abreast do
    queue:wrap(function()
      connections[i] = connections[i] or connect()
      while left > 0 do
        left = left - 1
        send(connections[i])
      end
    end)
  end
  assert(queue:loop())
end

all(math.min(abreast, count))
took = {}
local cpu, began = os.clock(), cqueues.monotime()
all(count)
local seconds = cqueues.monotime() - began
cpu = os.clock() - cpu
table.sort(took)
local rss
for line in io.lines("/proc/self/status") do rss = rss or line:match("^VmHWM:%s*(%d+)") end
print(cjson.encode {
  requests = count, seconds = seconds, cpu_us = cpu * 1e6 / count, p50_us = took[math.ceil(#took * 0.5)] * 1e6,
  p99_us = took[math.ceil(#took * 0.99)] * 1e6, rss_kb = tonumber(rss),
})
