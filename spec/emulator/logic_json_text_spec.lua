-- SPDX-License-Identifier: MIT
local base64 = require "azure.signalr.emulator.base64"
local json_text = require "azure.signalr.emulator.json_text"
local url = require "azure.signalr.emulator.url"
local utf8_text = require "azure.signalr.emulator.utf8_text"

describe("the emulator's json_text", function()
  local good = {
    "0", "-0", "1.0", "1e5", "-1.25E-10", "9007199254740993", '""', '"\\u00e9\\ud83d\\ude00\\n"', "[]", "{}",
    "[1,[2,[3]]]", '{"a":{"b":[null,true,false]}}', '[ 1 , 2 ]', '{ "a" : 1 }', '"\127"', '"\195\169"',
    ("["):rep(500) .. ("]"):rep(500),
  }
  for _, text in ipairs(good) do
    it("takes " .. text:sub(1, 40) .. " and leaves it alone", function()
      assert.are.equal(text, json_text.check(" \t\r\n" .. text .. "\n "))
    end)
  end

  -- text, position of the first wrong byte, part of the message
  local bad = {
    { "", 1, "ends too early" }, { "  ", 3, "ends too early" }, { "[1,]", 4, "unexpected ']'" },
    { "[1 2]", 4, "expected ',' or ']'" }, { "[", 2, "ends too early" }, { '{"a":}', 6, "unexpected '}'" },
    { '{"a" 1}', 6, "expected ':'" }, { '{"a":1,}', 8, "member's name" }, { "{a:1}", 2, "member's name" },
    { '{"a":1 "b":2}', 8, "expected ',' or '}'" }, { '"abc', 1, "not closed" }, { '"a\nb"', 3, "control" },
    { '"a\\x"', 3, "unknown escape" }, { '"\\u12g4"', 2, "unknown escape" }, { "01", 2, "unexpected '1'" },
    { "+1", 1, "unexpected '+'" }, { "-", 2, "ends too early" }, { "1.", 2, "unexpected '.'" },
    { ".5", 1, "unexpected '.'" }, { "1e", 2, "unexpected 'e'" }, { "NaN", 1, "unexpected 'N'" },
    { "tru", 1, "unexpected 't'" }, { "truely", 1, "unexpected 't'" }, { "nul", 1, "unexpected 'n'" },
    { "1 2", 3, "after the value" }, { "{} x", 4, "after the value" }, { "'a'", 1, "unexpected '''" },
    { '"\255"', 2, "not UTF-8" }, { '"\237\160\128"', 2, "not UTF-8" }, { "\0", 1, "0x00" },
    { ("["):rep(513) .. ("]"):rep(513), 513, "nested deeper" },
  }
  for _, row in ipairs(bad) do
    it("refuses " .. ("%q"):format(row[1]:sub(1, 30)), function()
      local slice, message, position = json_text.check(row[1])
      assert.is_nil(slice)
      assert.are.equal(row[2], position)
      assert.is_truthy(message:find(row[3], 1, true), message)
    end)
  end

  it("says line and column", function()
    local _, message = json_text.check('{\n "a": 1,\n "b": ?\n}')
    assert.is_truthy(message:find("position 18 (line 3, column 7)", 1, true), message)
  end)

  it("slices arrays and objects as they were written", function()
    assert.are.same({ "1.0", "[ 2 , 3 ]", '"a,]"', '{"x":[]}' },
      json_text.elements('[1.0 , [ 2 , 3 ],"a,]",{"x":[]}]'))
    assert.are.same({ { "a\n", "1.50" }, { "a\n", "{ }" } }, json_text.members('{"a\\n" : 1.50,"a\\n":{ }}'))
    assert.are.same({ a = "2" }, json_text.fields('{"a":1,"a":2}'))
  end)

  it("reads strings, surrogate pairs and halves of them", function()
    assert.are.equal('é😀"\\/\b\f\n\r\t', json_text.unquote('"\\u00e9\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t"'))
    assert.are.equal("a\239\191\189b", json_text.unquote('"a\\ud800b"'))
    assert.are.equal("\239\191\189\239\191\189", json_text.unquote('"\\ude00\\ud83d"'))
    assert.are.equal("\0", json_text.unquote('"\\u0000"'))
  end)

  it("writes strings that read back", function()
    for _, text in ipairs { "", "plain", 'q"\\/', "\0\1\31\127", "é😀", "a\nb\tc" } do
      local quoted = json_text.quote(text)
      assert.are.equal(quoted, json_text.check(quoted))
      assert.are.equal(text, json_text.unquote(quoted))
    end
  end)

  it("leaves absent members out of objects", function()
    assert.are.equal('{"a":1,"c":"x"}', json_text.object("a", "1", "b", nil, "c", '"x"', "d", false))
    assert.are.equal("{}", json_text.object("a", nil))
  end)
end)

describe("the emulator's base64", function()
  -- RFC 4648, section 10
  local vectors = { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==", fooba = "Zm9vYmE=",
    foobar = "Zm9vYmFy" }
  it("agrees with the RFC, both ways", function()
    for plain, coded in pairs(vectors) do
      assert.are.equal(coded, base64.encode(plain))
      assert.are.equal(plain, base64.decode(coded))
      assert.are.equal((coded:gsub("=", "")), base64.url_encode(plain))
      assert.are.equal(plain, base64.url_decode((coded:gsub("=", ""))))
    end
    assert.are.equal("-_-_", base64.url_encode("\251\255\191"))
    assert.are.equal("+/+/", base64.encode("\251\255\191"))
  end)
  it("refuses what is no base64", function()
    for _, text in ipairs { "a", "ab+", "ab=", "a b", "Zh", "Zm9" } do assert.is_nil(base64.url_decode(text)) end
    for _, text in ipairs { "Zg=", "Zg", "Z===", "-_-_" } do assert.is_nil(base64.decode(text)) end
  end)
end)

describe("the emulator's UTF-8", function()
  it("counts characters and refuses what is not well formed", function()
    assert.are.equal(0, utf8_text.len(""))
    assert.are.equal(4, utf8_text.len("aé日😀"))
    for _, text in ipairs { "\128", "\192\128", "\224\159\191", "\237\160\128", "\244\144\128\128", "\245", "a\195" } do
      assert.is_nil(utf8_text.len(text))
    end
    assert.are.same({ nil, 3 }, { utf8_text.valid("ab\255") })
  end)

  it("knows white space beyond ASCII, and what looks like it", function()
    for _, text in ipairs { "", " \t\r\n\v\f", "\194\160", "\194\133 \226\128\131\227\128\128", "\226\128\168" } do
      assert.is_true(utf8_text.blank(text), ("%q"):format(text))
    end
    for _, text in ipairs { "a", " . ", "\0", "\226\128\139", "\194\161", "日" } do
      assert.is_false(utf8_text.blank(text), ("%q"):format(text))
    end
  end)
end)

describe("the emulator's url", function()
  it("reads queries: names without case, repeats in order, escapes and plus", function()
    local query = url.parse_query("Excluded=a&excluded=b%26&x&y=&api-version=2024-12-01&q=a+b%2Bc=d")
    assert.are.same({ excluded = { "a", "b&" }, x = { "" }, y = { "" }, ["api-version"] = { "2024-12-01" },
      q = { "a b+c=d" } }, query)
  end)
  it("knows the same endpoint with and without port", function()
    local cases = {
      { "http://h", "http://h:8888", true }, { "http://h:8888", "http://h:8888", true },
      { "HTTP://H", "http://h:8888", true }, { "http://h:80", "http://h", true },
      { "https://h:443", "https://h", true }, { "https://h", "https://h", true },
      { "http://h:1", "http://h:8888", false }, { "https://h", "http://h:8888", false },
      { "http://i", "http://h", false }, { "http://[::1]", "http://[::1]:8888", true },
      { "http://h/p", "http://h:1/p/", true }, { "http://h", "http://h/p", false }, { "", "http://h", false },
    }
    for _, case in ipairs(cases) do
      assert.are.equal(case[3], url.same_base(case[1], case[2]), case[1] .. " and " .. case[2])
    end
  end)
end)
