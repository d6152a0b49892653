-- SPDX-License-Identifier: MIT
-- A client that sends without pause and reads what comes back, as its last words: started by run.lua.
--   luajit bench/flood/sender.lua PORT KEY KIND SECONDS
local bit = require "bit"
local cqueues = require "cqueues"
local peer = require "spec.emulator.peer"

local port, key, kind, seconds = tonumber(arg[1]), arg[2], arg[3], tonumber(arg[4])
local where = { port = port, access_key = key, endpoint = "http://127.0.0.1:" .. port }
local PIECE = 200000

local function integers(count)
  return "[" .. ("1,"):rep(count - 1) .. "1]"
end

local function request(path, body, fields)
  return ("POST %s?%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n%s\r\n\r\n%s"):format(
    path, peer.VERSION, port, peer.token(where, path), fields, body)
end

local function post(kind_of_body, body)
  return request("/api/hubs/flood/:send", body, ("Content-Type: %s\r\nContent-Length: %d"):format(kind_of_body, #body))
end

local function varint(n)
  if n < 128 then return string.char(n) end
  return string.char(n % 128 + 128) .. varint(math.floor(n / 128))
end

local PING, TEXT, BINARY, START, GO_ON = 0x89, 0x81, 0x82, 0x01, 0x00
local MASK = "\1\2\3\4"

local function frame(first, payload)
  local masked = {}
  for i = 1, #payload do masked[i] = string.char(bit.bxor(payload:byte(i), MASK:byte((i - 1) % 4 + 1))) end
  return peer.frame(first, table.concat(masked), MASK)
end

local HELLO = '{"type":1,"invocationId":"1","target":"x","arguments":[]}\30'
local MSGPACK_HELLO = "\150\1\128\1611\161x\144\144"
local MSGPACK_BODY = "\130\166target\161t\169arguments\145\221\0\7\161\32" .. ("\1"):rep(500000)

-- What each kind opens (a WebSocket of this protocol, or a bare connection) and sends over and over.
local KINDS = {
  ["hub pings"] = { "json", frame(TEXT, '{"type":6}\30') },
  ["hub pings, many in a frame"] = { "json", frame(TEXT, ('{"type":6}\30'):rep(5000)) },
  ["WebSocket pings"] = { "json", frame(PING, "") },
  ["invocations of 60 KB"] = { "json",
    frame(TEXT, '{"type":1,"target":"x","arguments":["' .. ("a"):rep(60000) .. '"]}\30') },
  ["small invocations"] = { "json", frame(TEXT, HELLO) },
  ["small invocations in MessagePack"] = { "messagepack", frame(BINARY, varint(#MSGPACK_HELLO) .. MSGPACK_HELLO) },
  ["an invocation with 500,000 integers"] = { "json",
    frame(TEXT, '{"type":1,"target":"x","arguments":' .. integers(500000) .. "}\30") },
  ["fragments of one byte"] = { "json", frame(START, " ") .. frame(GO_ON, " "):rep(100000)
    .. frame(0x80, '{"type":6}\30') },
  ["bodies of 500,000 integers"] = { nil,
    post("application/json", '{"target":"t","arguments":' .. integers(500000) .. "}") },
  ["bodies of 500,000 integers in MessagePack"] = { nil, post("application/x-msgpack", MSGPACK_BODY) },
  ["bodies in chunks of one byte"] = { nil, request("/api/hubs/flood/:send",
    ("1\r\n \r\n"):rep(100000) .. "e\r\n{\"target\":\"t\"}\r\n0\r\n\r\n",
    "Content-Type: application/json\r\nTransfer-Encoding: chunked") },
  ["small sends"] = { nil, post("application/json", '{"target":"t"}') },
}

local function open(protocol)
  if not protocol then return peer.connect(where).wire end
  local client = peer.websocket(where, "flood", { handshake = false })
  client:send(('{"protocol":"%s","version":1}\30'):format(protocol))
  return client.wire
end

local queue = cqueues.new()
queue:wrap(function()
  local wire = open(KINDS[kind][1])
  wire:settimeout(1e6)
  local piece = KINDS[kind][2]
  if #piece < PIECE then piece = piece:rep(math.ceil(PIECE / #piece)) end
  queue:wrap(function()
    local last, answer
    repeat
      last, answer = answer, wire:xread(-65536, "b")
      if answer and answer:find("HTTP/1.1 [^12]") then break end
    until not answer
    print("ended: " .. tostring(answer or last))
    os.exit(1)
  end)
  print "sending"
  io.stdout:flush()
  local till = cqueues.monotime() + seconds
  while cqueues.monotime() < till and wire:xwrite(piece, "bn") do cqueues.poll() end
  os.exit(0)
end)
assert(queue:loop())
