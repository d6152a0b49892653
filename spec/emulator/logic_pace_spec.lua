-- SPDX-License-Identifier: MIT
-- Whatever a client sends, the emulator gives way while it reads it, and its work grows with the bytes, not with their
-- square: otherwise one client stops the others.
local base64 = require "azure.signalr.emulator.base64"
local byte_buffer = require "azure.signalr.emulator.byte_buffer"
local hub_protocol_json = require "azure.signalr.emulator.hub_protocol_json"
local hub_protocol_msgpack = require "azure.signalr.emulator.hub_protocol_msgpack"
local json_msgpack = require "azure.signalr.emulator.json_msgpack"
local json_text = require "azure.signalr.emulator.json_text"
local logic = require "spec.emulator.logic"
local msgpack = require "azure.signalr.emulator.msgpack"
local msgpack_json = require "azure.signalr.emulator.msgpack_json"
local pace = require "azure.signalr.emulator.pace"
local url = require "azure.signalr.emulator.url"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local MANY = 60000
local INTEGERS = "[" .. ("1,"):rep(MANY) .. "1]"
local ESCAPES = '"' .. ("\\n"):rep(MANY) .. '"'
local MEMBERS = '{"a":1' .. (',"b":2'):rep(MANY / 4) .. "}"
local PACKED = "\221\0\0\234\96" .. ("\1"):rep(MANY)

-- How often others got a turn while this ran. The work runs in a coroutine that really yields.
local function turns(work)
  local count = 0
  local thread = coroutine.create(work)
  pace.install(function() coroutine.yield() end)
  repeat
    local ok, wrong = coroutine.resume(thread)
    if not ok then
      pace.install(nil)
      error(wrong, 0)
    end
    if coroutine.status(thread) == "suspended" then count = count + 1 end
  until coroutine.status(thread) == "dead"
  pace.install(nil)
  return count
end

local function fed(protocol, bytes)
  return function() assert(protocol.parser(2 ^ 21):feed(bytes)) end
end

local function post(body, kind)
  return function()
    local world = logic.new()
    local alice, bob = world:client("alice"), world:client("bob", { protocol = "messagepack" })
    assert.are.equal(202, world:rest("POST", "/api/hubs/chat/:send", { body = body, type = kind }).status)
    assert.are.equal(1, #alice:take())
    assert.are.equal(1, #bob:take())
  end
end

describe("others get their turn while the emulator", function()
  for name, work in pairs {
    ["checks an array"] = function() assert(json_text.check(INTEGERS)) end,
    ["checks an object"] = function() assert(json_text.check(MEMBERS)) end,
    ["checks a text of escapes"] = function() assert(json_text.check(ESCAPES)) end,
    ["finds what is wrong in a late line"] = function() assert(not json_text.check(("\n"):rep(MANY) .. "x")) end,
    ["takes an array apart"] = function() json_text.elements(INTEGERS) end,
    ["takes an object apart"] = function() json_text.members(MEMBERS) end,
    ["reads a text of escapes"] = function() json_text.unquote(ESCAPES) end,
    ["writes a text of escapes"] = function() json_text.quote(("\1"):rep(4 * MANY)) end,
    ["looks for what is not UTF-8"] = function() assert(utf8_text.valid(("\195\164"):rep(MANY))) end,
    ["writes base64"] = function() base64.encode(("x"):rep(2 * MANY)) end,
    ["reads base64"] = function() assert(base64.url_decode(("eHh4"):rep(MANY))) end,
    ["skips MessagePack"] = function() assert(msgpack.skip(PACKED, 1)) end,
    ["turns MessagePack into JSON"] = function() assert(msgpack_json.convert(PACKED)) end,
    ["turns JSON into MessagePack"] = function() json_msgpack.convert(INTEGERS) end,
    ["reads many small hub messages"] = fed(hub_protocol_json, ('{"type":6}\30'):rep(MANY / 20)),
    ["reads many small hub messages in MessagePack"] = fed(hub_protocol_msgpack, ("\2\145\6"):rep(MANY / 20)),
    ["reads a long invocation"] = fed(hub_protocol_json, '{"type":1,"target":"t","arguments":' .. INTEGERS .. "}\30"),
    ["sends a body in JSON to clients of both protocols"] = post('{"target":"t","arguments":' .. INTEGERS .. "}"),
    ["sends a body in MessagePack to clients of both protocols"] = post(
      "\130\166target\161t\169arguments" .. PACKED, "application/x-msgpack"),
  } do
    it(name, function() assert.is_true(turns(work) >= 10) end)
  end

  it("carries out many commands", function()
    local world = logic.new()
    for i = 1, 20 do world:client("user" .. i) end
    local body = "[" .. ('{"type":"JoinGroup","group":"a"},'):rep(2000) .. '{"type":"LeaveGroup","group":"a"}]'
    local count = turns(function()
      local given = { query = "filter=true", body = body }
      assert.are.equal(202, world:rest("POST", "/api/hubs/chat/:execute", given).status)
    end)
    assert.is_true(count >= 100)
    assert.are.equal(20, world:last_log().reached)
  end)

  it("reads a message of a session, which may be closed meanwhile", function()
    local world = logic.new()
    local alice = world:client("alice")
    local text = ('{"type":1,"invocationId":"1","target":"t","arguments":[]}\30'):rep(MANY / 100)
    local thread = coroutine.create(function() alice.session:receive(text) end)
    pace.install(function() coroutine.yield() end)
    assert(coroutine.resume(thread))
    assert.are.equal("suspended", coroutine.status(thread))
    alice.session:close("bye")
    while coroutine.status(thread) ~= "dead" do assert(coroutine.resume(thread)) end
    pace.install(nil)
    assert.are.equal('{"type":7,"error":"bye"}', alice:text())
  end)
end)

-- KB that were asked for while this ran, given back or not.
local function allocated(work)
  collectgarbage()
  collectgarbage("stop")
  local before = collectgarbage("count")
  work()
  local after = collectgarbage("count")
  collectgarbage("restart")
  return after - before
end

describe("bytes that come one at a time are copied a few times only", function()
  local COUNT = 20000 -- joined at each byte it would be 200 MB
  for name, make in pairs {
    ["by a buffer"] = function()
      local buffer = byte_buffer.new()
      return function(byte) buffer:push(byte) end, function() assert.are.equal(COUNT, #buffer:take()) end
    end,
    ["by the hub protocol in JSON"] = function()
      local parser = hub_protocol_json.parser(1048576)
      parser:feed('{"type":1,"target":"')
      return function(byte) assert(#parser:feed(byte) == 0) end,
        function() assert.are.equal(COUNT, #parser:feed('","arguments":[]}\30')[1].target) end
    end,
    ["by the hub protocol in MessagePack"] = function()
      local parser = hub_protocol_msgpack.parser(1048576)
      parser:feed("\169\156\1\150\1\128\192\218\78\32")
      return function(byte) assert(#parser:feed(byte) == 0) end,
        function() assert.are.equal(COUNT, #parser:feed("\144\144")[1].target) end
    end,
    ["by the handshake"] = function()
      local client = logic.new():client("alice", { protocol = false })
      client.session:receive('{"protocol":"')
      return function(byte) client.session:receive(byte) end,
        function() client.session:receive('","version":1}\30') assert.is_truthy(client.closed.reason) end
    end,
  } do
    it(name, function()
      local take, finish = make()
      local used = allocated(function()
        for _ = 1, COUNT do take("x") end
      end)
      finish()
      assert.is_true(used < 20000, ("%.0f KB"):format(used))
    end)
  end
end)

describe("a long text is searched once", function()
  -- Where each place was searched to the end of what follows, these took minutes.
  it("when its line with a mistake is looked for", function()
    local _, message = json_text.check('"' .. ("a"):rep(1000000) .. '"' .. "\n]")
    assert.is_truthy(message:find("(line 2, column 1)", 1, true), message)
  end)

  it("when an audience ends in slashes, but for a letter", function()
    for _ = 1, 200 do assert.is_false(url.same_base("http://x" .. ("/"):rep(16000) .. "a", "http://x")) end
  end)
end)
