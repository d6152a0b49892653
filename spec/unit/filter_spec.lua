-- SPDX-License-Identifier: MIT
-- Filters, commands, and the bytes of frames.
local signalr = require "azure.signalr"
local base64 = require "azure.signalr.base64"
local frames = require "azure.signalr.frames"
local int64 = require "spec.support.int64"
local recorded = require "spec.support.recorded"

local unpack = unpack or table.unpack -- luacheck: ignore
local filter, command = signalr.filter, signalr.command

describe("signalr.filter", function()
  it("quotes strings", function()
    assert.are.equal("userId eq 'a'", filter("userId eq %s", "a"))
    assert.are.equal("userId eq 'o''neill'' or 1 eq 1 or '''", filter("userId eq %s", "o'neill' or 1 eq 1 or '"))
    assert.are.equal("startswith(userId, 'é%s') and x eq ''", filter("startswith(userId, %s) and x eq %s", "é%s", ""))
  end)

  it("writes numbers exactly", function()
    assert.are.equal("n eq 9007199254740993", filter("n eq %d", int64 "9007199254740993"))
    assert.are.equal("n eq 5 or n eq -0.1", filter("n eq %d or n eq %d", 10 / 2, -0.1))
  end)

  it("writes arrays for in", function()
    assert.are.equal("userId in ('a','b''c')", filter("userId in %s", { "a", "b'c" }))
    assert.are.equal("n in (1,2)", filter("n in %d", { 1, 2 }))
    assert.are.equal("userId in ('a')", filter("userId in %s", signalr.array { "a" }))
    assert.are.equal("n in (18446744073709551615)", filter("n in %d", { signalr.uint64 "18446744073709551615" }))
    assert.are.equal("n eq 18446744073709551615", filter("n eq %d", signalr.uint64 "18446744073709551615"))
  end)

  it("writes null, which is the user of a client that has none", function()
    assert.are.equal("userId ne null and length(userId) gt 3", filter("userId ne %s and length(userId) gt %d",
      signalr.null, 3))
    assert.are.equal("userId in ('a',null)", filter("userId in %s", { "a", signalr.null }))
    assert.are.equal("indexof(userId, 'a') in (null,1)", filter("indexof(userId, %s) in %d", "a", { signalr.null, 1 }))
  end)

  it("leaves the rest alone", function()
    assert.are.equal("a % b 'x'", filter("a %% b %s", "x"))
    assert.are.equal("plain", filter("plain"))
    assert.are.equal("userId eq 'o''neill-7' or userId eq 'x'", filter("userId eq 'o''neill-%d' or userId eq %s",
      7, "x"))
  end)

  it("refuses what it cannot quote", function()
    for _, case in ipairs {
      { "no value for %s number 2", "%s %s", "a" }, { "2 values for 1 places", "%s", "a", "b" },
      { "the format has %x at 1", "%x", "a" }, { "the format has % at 2", "a%", "a" },
      { "value 1 must be a string, got number", "%s", 7 }, { "value 1 must be a string, got nil", "%s", n = 3 },
      { "value 1 must be a number for %d, got string", "%d", "7" }, { "value 1 must be a number", "%d", true },
      { "value 1 must be a string, got number (%d writes numbers)", "%s", 42 },
      { "value 1 must be a number for %d, got string (%s writes strings)", "%d", "7" },
      { "value 1[2] must be a string", "%s", { "a", 7 } },
      { "format must be a string", 7 },
      { "%s number 1 of the format stands within quotes", "userId eq '%s'", " or true or userId eq " },
      { "%s number 2 of the format stands within quotes", "userId eq %s or userId eq 'o''%s'", "it's", "a" },
    } do
      local ok, message = pcall(function()
        local text = filter(unpack(case, 2, case.n or #case))
        return text
      end)
      assert.is_false(ok, case[1])
      assert.is_truthy(message:find("filter_spec.lua:%d+: signalr.filter: "), message)
      assert.is_truthy(message:find(case[1], 1, true), message)
    end
  end)

  it("gives nil and an error for values that come from outside and cannot be", function()
    for _, case in ipairs {
      { "value 1: JSON has no NaN", "%d", 0 / 0 }, { "value 1 must be valid UTF-8", "%s", "\255" },
      { "value 1 must not be an empty array", "%s", {} },
      { "value 2[2] must be valid UTF-8", "%s %s", "a", { "a", "\255" } },
    } do
      local text, err = filter(unpack(case, 2))
      assert.is_nil(text)
      assert.are.equal("invalid", err.kind)
      assert.are.equal("signalr.filter: invalid: " .. case[1], tostring(err))
    end
  end)

  it("is given to hub:execute as its parts, too, so that what is wrong is the call's error", function()
    local client, transport = recorded()
    local hub = client:hub("chat")
    assert(hub:execute({ command.close() }, { filter = { "userId in %s and n eq %d", { "o'neill", "b" }, 7 } }))
    assert.are.same({ "filter", "userId in ('o''neill','b') and n eq 7" }, transport.requests[1].query[2])
    local ok, message = pcall(function() hub:execute({ command.close() }, { filter = { "userId eq %s" } }) end)
    assert.is_false(ok)
    assert.is_truthy(message:find("hub:execute: filter: no value for %s number 1 of the format", 1, true), message)
  end)
end)

describe("signalr.command", function()
  it("encodes when it is made", function()
    local args = { x = 1 }
    local send = command.send("t", args, nil)
    args.x = 2
    assert.are.equal("azure.signalr.command: "
      .. '{"type":"SendMessage","message":{"target":"t","arguments":[{"x":1},null]}}', tostring(send))
    assert.are.equal('azure.signalr.command: {"type":"JoinGroup","group":"a\\"b"}', tostring(command.join('a"b')))
  end)
end)

describe("frames", function()
  it("are a MessagePack map from name to bytes, in order", function()
    assert.are.equal("\129\161a\196\0", frames.encode { a = "" })
    assert.are.equal("\130\161a\196\1x\161b\196\1y", frames.encode { b = "y", a = "x" })
    assert.are.equal("\129\161a\196\255" .. ("x"):rep(255), frames.encode { a = ("x"):rep(255) })
    assert.are.equal("\129\161a\197\1\0" .. ("x"):rep(256), frames.encode { a = ("x"):rep(256) })
    assert.are.equal("\129\161a\197\255\255" .. ("x"):rep(65535), frames.encode { a = ("x"):rep(65535) })
    assert.are.equal("\129\161a\198\0\1\0\0" .. ("x"):rep(65536), frames.encode { a = ("x"):rep(65536) })
    assert.are.equal("\129\191" .. ("n"):rep(31) .. "\196\1x", frames.encode { [("n"):rep(31)] = "x" })
    assert.are.equal("\129\217\32" .. ("n"):rep(32) .. "\196\1x", frames.encode { [("n"):rep(32)] = "x" })
    assert.are.equal("\129\218\1\0" .. ("n"):rep(256) .. "\196\1x", frames.encode { [("n"):rep(256)] = "x" })
    local many = {}
    for i = 1, 16 do many[("%02d"):format(i)] = "x" end
    assert.are.equal("\222\0\16\162" .. "01", frames.encode(many):sub(1, 6))
  end)
end)

describe("base64", function()
  it("decodes the vectors of RFC 4648", function()
    for text, bytes in pairs {
      [""] = "", ["Zg=="] = "f", ["Zm8="] = "fo", ["Zm9v"] = "foo", ["Zm9vYg=="] = "foob", ["Zm9vYmE="] = "fooba",
      ["Zm9vYmFy"] = "foobar", ["+/+/"] = "\251\255\191",
    } do assert.are.equal(bytes, base64.decode(text)) end
  end)

  it("knows what is none", function()
    for _, text in ipairs { "Z", "Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm-_", "Zm=v" } do
      assert.is_nil(base64.decode(text), text)
    end
  end)
end)
