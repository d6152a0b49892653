-- SPDX-License-Identifier: MIT
-- Bytes from outside, bent and cut: refused with words, never with a Lua error (which is a 500).
local filter = require "azure.signalr.emulator.filter"
local hub_protocol = require "azure.signalr.emulator.hub_protocol"
local json_msgpack = require "azure.signalr.emulator.json_msgpack"
local json_text = require "azure.signalr.emulator.json_text"
local jwt = require "azure.signalr.emulator.jwt"
local logic = require "spec.emulator.logic"
local msgpack_json = require "azure.signalr.emulator.msgpack_json"

local ROUNDS = 1500

local function generator(seed)
  return function(n)
    seed = (seed * 16807) % 2147483647
    return seed % n
  end
end

local random = generator(20241201)

-- One to four changes: a byte replaced, put in, taken out, or the end cut off.
local function bend(text)
  for _ = 1, 1 + random(4) do
    local at = 1 + random(#text + 1)
    local before, after = text:sub(1, at - 1), text:sub(at)
    local kind = random(4)
    if kind == 0 then
      text = before .. string.char(random(256)) .. after:sub(2)
    elseif kind == 1 then
      text = before .. string.char(random(256)) .. after
    elseif kind == 2 then
      text = before .. after:sub(2)
    else
      text = before .. (random(8) == 0 and "" or after)
    end
  end
  return text
end

local JSON = '{"target":"t","arguments":[1.5e3,-20,"\\u00e9\\ud83d\\ude00é",{"a":[null,true]},[],{}]}'
local COMMANDS = '[{"type":"SendMessage","message":' .. JSON .. '},{"type":"JoinGroup","group":"g"}]'
local PACKED = json_msgpack.convert(JSON)
local FRAMES = "\130\164json\196\3abc\171messagepack\196\2de"

describe("rubbish", function()
  it("as JSON is refused or read back the same", function()
    local taken = 0
    for _ = 1, ROUNDS do
      local slice, message = json_text.check(bend(JSON))
      if slice then
        taken = taken + 1
        local again = msgpack_json.convert(json_msgpack.convert(slice))
        -- numbers too large for a double have no way back
        if again then assert.are.equal(again, json_text.check(again)) end
      else
        assert.are.equal("string", type(message))
      end
    end
    assert.is_true(taken > 50 and taken < ROUNDS)
  end)

  it("as MessagePack is refused or becomes JSON", function()
    local taken = 0
    for _ = 1, ROUNDS do
      local text, message = msgpack_json.convert(bend(PACKED))
      if text then
        taken = taken + 1
        assert.are.equal(text, json_text.check(text))
      else
        assert.are.equal("string", type(message))
      end
    end
    assert.is_true(taken > 50 and taken < ROUNDS)
  end)

  it("as a body is never a 500", function()
    local world = logic.new { lax = true }
    world:client("alice")
    world:client("bob", { protocol = "messagepack" })
    local bodies = { { ":send", JSON, "application/json" }, { ":send", PACKED, "application/x-msgpack" },
      { ":send", FRAMES, "application/octet-stream" }, { ":execute", COMMANDS, "application/json" } }
    local seen = {}
    for i = 1, ROUNDS do
      local row = bodies[1 + i % #bodies]
      local given = { headers = {}, body = bend(row[2]), type = row[3] }
      local answer = world:rest("POST", "/api/hubs/chat/" .. row[1], given)
      seen[answer.status] = true
    end
    assert.are.same({ [202] = true, [400] = true }, seen)
  end)

  it("as path and query is never a 500", function()
    local world = logic.new { lax = true }
    local seen = {}
    for _ = 1, ROUNDS do
      local path = "/" .. bend("api/hubs/chat/groups/g%20%C3%A9/connections")
      local answer = world:rest("GET", path, { headers = {}, whole_query = bend("api-version=2024-12-01&top=5&"
        .. "maxpagesize=2&continuationToken=MTI.abcdefgh") })
      seen[answer.status] = true
    end
    seen[200], seen[400], seen[404], seen[405] = nil, nil, nil, nil
    assert.are.same({}, seen)
  end)

  it("as a filter is refused with a position", function()
    local sound = "startswith(userId, 'a''b') and not ('vip' in groups or connectionId in ('x', null)) ne true"
    for _ = 1, ROUNDS do
      local text = bend(sound)
      local matches, message, position = filter.compile(text)
      if not matches then
        assert.are.equal("string", type(message))
        assert.is_true(position >= 1 and position <= #text + 1)
      end
    end
  end)

  it("as a token is refused", function()
    local token = jwt.sign('{"exp":1900000000,"aud":"x"}', "key", logic.fake_hmac)
    local other = 0
    for _ = 1, ROUNDS do
      local bent = bend(token)
      local read, message = jwt.read(bent)
      if not read then
        assert.are.equal("string", type(message))
      elseif bent ~= token then
        other = other + 1
        assert.is_nil(jwt.verify(read, "key", logic.fake_hmac))
      end
    end
    assert.is_true(other > 20)
  end)

  it("from a client ends its connection at worst", function()
    local completion = '{"type":3,"invocationId":"1","result":' .. JSON .. '}\30{"type":4,"invocationId":"s",'
      .. '"target":"m"}\30{"type":6}\30'
    local packed = json_msgpack.convert('[3,{},"1",3,' .. JSON .. "]")
    local sound = { json = completion, messagepack = string.char(#packed) .. packed .. "\2\145\6" }
    for name, bytes in pairs(sound) do
      local closed = 0
      for _ = 1, ROUNDS / 3 do
        local client = logic.new():client("alice", { protocol = name })
        client.session:receive(bend(bytes))
        client.session:receive(bytes)
        closed = closed + (client.closed and 1 or 0)
      end
      assert.is_true(closed > 20 and closed < ROUNDS / 3)
    end
  end)

  it("as a handshake is refused", function()
    for _ = 1, ROUNDS do
      local handshake = hub_protocol.read_handshake(bend('{"protocol":"json","version":1}\30'))
      assert.is_true(handshake == nil or handshake.protocol ~= nil or type(handshake.error) == "string")
    end
  end)
end)
