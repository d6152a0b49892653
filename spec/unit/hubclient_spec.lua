-- SPDX-License-Identifier: MIT
-- The pure parts of the hub client: JSON by its text, and the protocol.
local json = require "azure.signalr.hubclient.json_text"
local protocol = require "azure.signalr.hubclient.protocol"

describe("hubclient.json_text", function()
  it("hands values on byte for byte", function()
    local text = ' { "a" : 9007199254740993 ,"b":[1.0, {"]":"}"}],"c":"x\\"y", "d":null,"e":{}} '
    local members = assert(json.members(text))
    assert.are.same({ a = "9007199254740993", b = '[1.0, {"]":"}"}]', c = '"x\\"y"', d = "null", e = "{}" }, members)
    assert.are.same({ "1.0", "-9223372036854775808", '"a,b"', "[]", "{}", "true", "1e-7" },
      json.elements('[1.0,-9223372036854775808 ,"a,b",[],{}, true,1e-7]'))
    assert.are.same({}, json.elements(" [ ] "))
    assert.are.same({}, json.members("{}"))
  end)

  it("refuses what is no object or array", function()
    for _, text in ipairs{ "", "[", "[1", "[1,", '["a]', "[1] x", "{}", "[1 2]", "[,]", "7" } do
      assert.is_nil(json.elements(text), text)
    end
    for _, text in ipairs{ "", "{", '{"a"}', '{"a":}', '{"a":1', '{a:1}', '{"a":1}x', "[]", '{"a":"}' } do
      assert.is_nil(json.members(text), text)
    end
  end)

  it("decodes strings", function()
    assert.are.equal("plain", json.string('"plain"'))
    assert.are.equal('a"b\\c/\n\t', json.string('"a\\"b\\\\c\\/\\n\\t"'))
    assert.are.equal("\\u0041A", json.string('"\\\\u0041\\u0041"'))
    assert.are.equal("\195\164\226\130\172\240\159\152\128", json.string('"\\u00e4\\u20AC\\ud83d\\ude00"'))
    assert.are.equal("\0", json.string('"\\u0000"'))
    -- what an escape gives is no escape again
    assert.are.equal("\\n", json.string('"\\u005cn"'))
    assert.are.equal("\\u0041", json.string('"\\u005Cu0041"'))
    assert.are.equal("\\/", json.string('"\\\\\\/"'))
    assert.are.equal("\0n", json.string('"\\u0000n"'))
    assert.are.equal('\\"', json.string('"\\u005c\\""'))
    -- half a pair is no character
    assert.are.equal("\239\191\189x\239\191\189A", json.string('"\\ud83dx\\ude00\\u0041"'))
    assert.are.equal("\239\191\189\240\159\152\128", json.string('"\\ud83d\\ud83d\\ude00"'))
    assert.is_nil(json.string("7"))
    assert.is_nil(json.string(nil))
  end)

  it("writes strings on one line that read back", function()
    for _, text in ipairs{ "", 'q"b\\', "a\nb\r\t\0\31", "\195\164", "\\u0041" } do
      local quoted = json.quote(text)
      assert.is_nil(quoted:find("[%c]"))
      assert.are.equal(text, json.string(quoted))
    end
  end)
end)

describe("hubclient.protocol", function()
  it("splits at the separator and keeps the rest", function()
    local messages, rest = protocol.split('{}\30{"type":6}\30{"ty')
    assert.are.same({ "{}", '{"type":6}' }, messages)
    assert.are.equal('{"ty', rest)
  end)

  it("reads every kind of message", function()
    local function kind(text) return assert(protocol.parse(text)).kind end
    assert.are.equal("handshake", kind("{}"))
    assert.are.equal("ping", kind('{"type":6}'))
    assert.are.same({ kind = "invocation", id = "7", target = "t", arguments = "[1.0 ,{}]", allow_reconnect = false },
      protocol.parse('{"type":1,"target":"t","arguments":[1.0 ,{}],"invocationId":"7"}'))
    assert.are.same({ kind = "item", id = "s", item = "18446744073709551615", allow_reconnect = false },
      protocol.parse('{"type":2,"invocationId":"s","item":18446744073709551615}'))
    assert.are.same({ kind = "completion", id = "s", error = "why", allow_reconnect = false },
      protocol.parse('{"type":3,"invocationId":"s","error":"why"}'))
    assert.are.same({ kind = "close", error = "bye", allow_reconnect = true },
      protocol.parse('{"type":7,"error":"bye","allowReconnect":true}'))
  end)

  it("knows that later versions have other types, and refuses what is no message", function()
    assert.are.equal("unknown", protocol.parse('{"type":99,"sequenceId":1}').kind)
    assert.is_nil(protocol.parse('{"type":"1"}'))
    assert.is_nil(protocol.parse("[1]"))
  end)

  it("writes messages", function()
    assert.are.equal('{"type":3,"invocationId":"1","result":1.0}\30', protocol.completion("1", "1.0"))
    assert.are.equal('{"type":3,"invocationId":"1"}\30', protocol.completion("1"))
    assert.are.equal('{"type":3,"invocationId":"1","error":"no \\"x\\""}\30', protocol.failure("1", 'no "x"'))
    assert.are.equal('{"type":4,"invocationId":"s","target":"t","arguments":[]}\30', protocol.stream("s", "t"))
    assert.are.equal('{"type":1,"target":"t","arguments":[1]}\30', protocol.invocation(nil, "t", "[1]"))
    assert.are.equal('{"type":6}\30', protocol.ping())
  end)
end)
