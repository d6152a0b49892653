-- SPDX-License-Identifier: MIT
-- JSON text to MessagePack and back: exact to the last digit, on both interpreters. The oracle is
-- lua-messagepack, where its own numbers reach.
local json_msgpack = require "azure.signalr.emulator.json_msgpack"
local msgpack = require "azure.signalr.emulator.msgpack"
local msgpack_json = require "azure.signalr.emulator.msgpack_json"
local numbers = require "azure.signalr.emulator.numbers"
local oracle = require "MessagePack"

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function bytes(text)
  return (text:gsub("%s", ""):gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- JSON text, MessagePack in hex, what it is as JSON again (the same when left out)
local EDGES = {
  { "0", "00" }, { "127", "7f" }, { "128", "cc80" }, { "255", "ccff" }, { "256", "cd0100" },
  { "65535", "cdffff" }, { "65536", "ce00010000" }, { "4294967295", "ceffffffff" },
  { "4294967296", "cf0000000100000000" },
  { "9007199254740991", "cf001fffffffffffff" }, { "9007199254740993", "cf0020000000000001" },
  { "9223372036854775807", "cf7fffffffffffffff" }, { "9223372036854775808", "cf8000000000000000" },
  { "18446744073709551615", "cfffffffffffffffff" },
  { "-1", "ff" }, { "-32", "e0" }, { "-33", "d0df" }, { "-128", "d080" }, { "-129", "d1ff7f" },
  { "-32768", "d18000" }, { "-32769", "d2ffff7fff" }, { "-2147483648", "d280000000" },
  { "-2147483649", "d3ffffffff7fffffff" }, { "-9007199254740993", "d3ffdfffffffffffff" },
  { "-9223372036854775808", "d38000000000000000" },
  { "18446744073709551616", "cb43f0000000000000", "1.8446744073709552e+19" },
  { "-9223372036854775809", "cbc3e0000000000000", "-9.223372036854776e+18" },
  { "1.0", "cb3ff0000000000000" }, { "-0.0", "cb8000000000000000" }, { "-0", "cb8000000000000000", "-0.0" },
  { "0.1", "cb3fb999999999999a" }, { "1e5", "cb40f86a0000000000", "100000.0" },
  { "1.7976931348623157e+308", "cb7fefffffffffffff" }, { "5e-324", "cb0000000000000001", "4.94065645841247e-324" },
  { "2.2250738585072014e-308", "cb0010000000000000" }, { "2.225073858507201e-308", "cb000fffffffffffff" },
  { "9007199254740993.0", "cb4340000000000000", "9007199254740992.0" },
  { "null", "c0" }, { "true", "c3" }, { "false", "c2" }, { '""', "a0" }, { "[]", "90" }, { "{}", "80" },
  { "[[],{}]", "929080" }, { '{"a":[1,1.0]}', "81a1619201cb3ff0000000000000" },
  { '"\\u00e9"', "a2c3a9", '"é"' },
}

describe("transcoding", function()
  for _, edge in ipairs(EDGES) do
    it("of " .. edge[1], function()
      local packed = json_msgpack.convert(edge[1])
      assert.are.equal(edge[2], hex(packed))
      assert.are.equal(edge[3] or edge[1], msgpack_json.convert(packed))
    end)
  end

  it("reads every width of integer", function()
    local cases = {
      { "cc07", "7" }, { "cd0007", "7" }, { "ce00000007", "7" }, { "cf0000000000000007", "7" },
      { "d007", "7" }, { "d10007", "7" }, { "d200000007", "7" }, { "d30000000000000007", "7" },
      { "d0ff", "-1" }, { "d1ffff", "-1" }, { "d2ffffffff", "-1" }, { "d3ffffffffffffffff", "-1" },
      { "d37fffffffffffffff", "9223372036854775807" },
    }
    for _, case in ipairs(cases) do assert.are.equal(case[2], msgpack_json.convert(bytes(case[1]))) end
  end)

  it("reads what JSON has another form for", function()
    local cases = {
      { "c403000102", '"AAEC"' }, { "c400", '""' }, { "ca3e000000", "0.125" }, { "ca3dcccccd", "0.10000000149011612" },
      { "8201a17802a179", '{"1":"x","2":"y"}' }, { "d6ff00000001", '"1970-01-01T00:00:01Z"' },
      { "d7ff0000000065920080", '"2024-01-01T00:00:00Z"' }, { "d7ff773594005e0be100", '"2020-01-01T00:00:00.5Z"' },
      { "c70cff00000000fffffffffffffff0", '"1969-12-31T23:59:44Z"' },
      { "c70cff3b9ac9fffffffff1886e0900", '"0001-01-01T00:00:00.999999999Z"' },
    }
    for _, case in ipairs(cases) do assert.are.equal(case[2], msgpack_json.convert(bytes(case[1])), case[1]) end
  end)

  it("refuses what JSON cannot say, and wrong bytes", function()
    local cases = {
      { "cb7ff8000000000000", "NaN" }, { "cb7ff0000000000000", "infinities" }, { "ca7f800000", "infinities" },
      { "d40501", "extension type 5" }, { "a1ff", "not UTF-8" }, { "81c001", "key of type nil" },
      { "8190c0", "key of type array" }, { "c1", "0xC1" }, { "", "too early" }, { "92 01", "too early" },
      { "a361", "too early" }, { "cd01", "too early" }, { "d9", "too early" }, { "d70500", "too early" },
      { "0101", "bytes after" }, { "c703ff000000", "RFC 3339" }, { "c70cff000000007fffffffffffffff", "RFC 3339" },
      { ("91"):rep(600) .. "c0", "nested deeper" },
    }
    for _, case in ipairs(cases) do
      local text, message = msgpack_json.convert(bytes(case[1]))
      assert.is_nil(text, case[1])
      assert.is_truthy(message:find(case[2], 1, true), message)
    end
  end)

  it("takes deep nesting", function()
    local text = ("["):rep(500) .. ("]"):rep(500)
    assert.are.equal(text, msgpack_json.convert(json_msgpack.convert(text)))
  end)

  it("writes heads of every length as the oracle reads them", function()
    for _, n in ipairs { 0, 15, 16, 31, 32, 255, 256, 65535, 65536 } do
      local text = ("x"):rep(n)
      assert.are.equal(text, oracle.unpack(msgpack.str(text)))
      assert.are.equal(text, oracle.unpack(msgpack.bin(text)))
      assert.are.equal(json_msgpack.convert('"' .. text .. '"'), msgpack.str(text))
      local list = "[" .. ("0,"):rep(n):sub(1, -2) .. "]"
      assert.are.equal(n, #oracle.unpack(json_msgpack.convert(list)))
      assert.are.equal(list, msgpack_json.convert(json_msgpack.convert(list)))
    end
    local members = {}
    for i = 1, 70000 do members[i] = ('"k%d":%d'):format(i, i) end
    local big = oracle.unpack(json_msgpack.convert("{" .. table.concat(members, ",") .. "}"))
    assert.are.equal(70000, big.k70000)
  end)

  it("agrees with the oracle about what it packs", function()
    oracle.set_number("double")
    oracle.set_string("string")
    local values = { 0, 1, -1, 127, -128, 300, -70000, 0.5, -1.25, 1e300, 3.141592653589793, "text", true, false,
      { 1, 2, 3 }, { a = 1 } }
    for _, value in ipairs(values) do
      local packed = oracle.pack(value)
      assert.are.same(value, oracle.unpack(json_msgpack.convert(msgpack_json.convert(packed))))
    end
  end)

  it("keeps doubles whole through both forms", function()
    local seed = 12345
    local function random()
      seed = (seed * 16807) % 2147483647
      return seed / 2147483647
    end
    for _ = 1, 2000 do
      local x = (random() - 0.5) * 2 ^ math.floor(random() * 1200 - 600)
      local packed = "\203" .. numbers.double_bytes(x)
      assert.are.equal(x, oracle.unpack(packed))
      assert.are.equal(packed, json_msgpack.convert(msgpack_json.convert(packed)))
    end
  end)

  it("keeps integers whole through both forms", function()
    local seed = 99
    for _ = 1, 2000 do
      local digits = {}
      for i = 1, 1 + seed % 18 do
        seed = (seed * 16807) % 2147483647
        digits[i] = ("%d"):format(seed % 10)
      end
      seed = (seed * 16807) % 2147483647
      local text = (seed % 2 == 0 and "-" or "") .. "1" .. table.concat(digits)
      assert.are.equal(text, msgpack_json.convert(json_msgpack.convert(text)))
    end
  end)
end)
