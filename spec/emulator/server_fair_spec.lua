-- SPDX-License-Identifier: MIT
-- One client that sends without pause must not keep the emulator from the others, nor from its user's signals.
local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local peer = require "spec.emulator.peer"
local process = require "spec.support.process"

local GIVE_UP = 30 -- seconds; it takes well under one
local PIECE = 100000

local function many(bytes)
  return bytes:rep(math.ceil(PIECE / #bytes))
end

-- A request of a client by Server-Sent Events or long polling: its messages, as much as a body may hold.
local function half_post(token, child)
  local body = ('{"type":6}\30'):rep(90000)
  return ("POST /client/?hub=chat&id=%s&access_token=%s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s"):format(
    token, peer.token(child, "/client/?hub=chat"), #body, body)
end

-- Connects as long polling does and returns what to send over another connection.
local function long_polling(child)
  local token = peer.token(child, "/client/?hub=chat")
  local one = peer.connect(child)
  local answer = one:ask("POST", "/client/negotiate?hub=chat&negotiateVersion=1&access_token=" .. token, { body = "" })
  local id = answer.body:match('"connectionToken":"([^"]+)"')
  local target = "/client/?hub=chat&id=" .. id .. "&access_token=" .. token
  assert(one:ask("GET", target).status == 200)
  assert(one:ask("POST", target, { body = '{"protocol":"json","version":1}\30' }).status == 200)
  return one, half_post(id, child)
end

local function rest(body, fields)
  return function(child)
    local path = "/api/hubs/chat/:send"
    return peer.connect(child), ("POST %s?%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
      .. "Content-Type: application/json\r\n%s\r\n\r\n%s"):format(
      path, peer.VERSION, peer.token(child, path), fields, body)
  end
end

local function websocket(bytes)
  return function(child) return peer.websocket(child, "flood"), many(bytes) end
end

local INTEGERS = '{"target":"t","arguments":[' .. ("1,"):rep(400000) .. "1]}"
local INVOCATION = '{"type":1,"target":"t","arguments":["' .. ("a"):rep(60000) .. '"]}\30'

-- Each returns a connection and what to send over it, again and again.
local KINDS = {
  ["hub pings"] = websocket(peer.frame(129, '{"type":6}\30')),
  ["WebSocket pings"] = websocket(peer.frame(137, "")),
  ["invocations"] = websocket(peer.frame(129, INVOCATION)),
  ["empty fragments"] = function(child)
    local client = peer.websocket(child, "flood")
    client.wire:write(peer.frame(1, ""))
    return client, many(peer.frame(0, ""))
  end,
  ["messages by long polling"] = long_polling,
  ["bodies of integers"] = rest(INTEGERS, "Content-Length: " .. #INTEGERS),
  ["chunks of one byte"] = rest(("1\r\n \r\n"):rep(50000) .. "e\r\n{\"target\":\"t\"}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked"),
  ["small requests"] = function(child)
    local one, request = rest('{"target":"t"}', "Content-Length: 14")(child)
    return one, many(request)
  end,
}

-- Sends without pause until `done` is set, and reads what comes back.
local function flood(queue, wire, bytes, done)
  queue:wrap(function()
    while not done.set and wire:xwrite(bytes, "bn") do cqueues.poll() end
  end)
  queue:wrap(function()
    while not done.set and wire:xread(-PIECE, "b") do cqueues.poll() end
  end)
end

local function ask(child)
  local one = peer.connect(child)
  one.wire:settimeout(GIVE_UP)
  local answer = one:rest("HEAD", "/api/hubs/chat/users/nobody")
  one:close()
  return answer and answer.status
end

describe("while one client sends without pause", function()
  for name, open in pairs(KINDS) do
    it("others are answered: " .. name, function()
      local child = emulator.start("--quiet")
      local queue, done, statuses = cqueues.new(), {}, {}
      queue:wrap(function()
        local connection, bytes = open(child)
        flood(queue, connection.wire, bytes, done)
        cqueues.sleep(0.2)
        for i = 1, 5 do statuses[i] = ask(child) or "no answer" end
        done.set = true
        connection.wire:shutdown("rw") -- not close: the two above may still wait for it
      end)
      local ok, wrong
      repeat ok, wrong = queue:step(GIVE_UP) until not ok or done.set
      child:stop()
      assert(ok, wrong)
      assert.are.same({ 404, 404, 404, 404, 404 }, statuses)
    end)
  end

  it("the emulator ends when it is told to", function()
    local child = emulator.start("--quiet")
    local queue, done = cqueues.new(), {}
    local file = assert(io.open(child.process.pid_path))
    local pid = file:read("*l")
    file:close()
    queue:wrap(function()
      local client = peer.websocket(child, "flood")
      flood(queue, client.wire, many(peer.frame(129, '{"type":6}\30')), done)
      cqueues.sleep(0.2)
      assert(process.run { "kill", "-TERM", pid })
      local deadline = cqueues.monotime() + GIVE_UP
      repeat
        cqueues.sleep(0.02)
        done.ended = not process.run { "kill", "-0", pid }
      until done.ended or cqueues.monotime() > deadline
      done.set = true
    end)
    local ok, wrong
    repeat ok, wrong = queue:step(GIVE_UP) until not ok or done.set
    assert(ok, wrong)
    child:stop()
    assert.is_true(done.ended)
  end)
end)
