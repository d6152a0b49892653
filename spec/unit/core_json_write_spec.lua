-- SPDX-License-Identifier: MIT
-- core.json_encode, json_array, json_message: what is written, and what is refused with its path.
local core = require "azure.signalr.core"

local encode = core.json_encode

local function written(expected, value)
  local text, message = encode(value)
  assert.is_nil(message)
  assert.are.equal(expected, text)
end

local function refused(expected, value)
  local text, message = encode(value)
  assert.is_nil(text)
  assert.are.equal(expected, message)
end

describe("core.json_encode", function()
  it("writes scalars", function()
    written("null", nil)
    written("null", core.null)
    written("true", true)
    written("false", false)
    written('"a\\"\\\\\\n\\u0000\195\169"', 'a"\\\n\0\195\169')
    written("0", 0)
    written("-17", -17)
  end)

  it("writes an integral float within 2^53 without a fraction", function()
    written("5", 10 / 2)
    written("-0", -0.0)
    written("1000000000000000", 1e15)
    written("9007199254740992", 2 ^ 53)
    written("-9007199254740992", -2 ^ 53)
    written("1.8446744073709552e+19", 2 ^ 64)
    written("5.0", core.float(5))
    written("-0.0", core.float(-0.0))
    written("0.5", core.float(0.5))
    written("1e+308", core.float(1e308))
    written("9007199254740992.0", core.float(2 ^ 53))
    if math.type then
      local _, message = pcall(core.float, math.maxinteger)
      assert.truthy(message:find("signalr.float: x is an integer beyond 2^53", 1, true))
      written("18014398509481984.0", core.float(2.0 ^ 54))
    end
  end)

  it("writes other floats in the shortest form", function()
    written("0.1", 0.1)
    written("0.30000000000000004", 0.1 + 0.2)
    written("0.3333333333333333", 1 / 3)
    written("1e+308", 1e308)
    written("5e-324", 5e-324)
    written("2.2250738585072014e-308", 2.2250738585072014e-308)
    written("-1.5", -1.5)
  end)

  it("refuses NaN and the infinities", function()
    refused("value: JSON has no NaN", 0 / 0)
    refused("value[1]: JSON has no infinity", { 1 / 0 })
    refused("value.a: JSON has no infinity", { a = -1 / 0 })
    refused("value.a: JSON has no NaN", { a = core.float(0 / 0) })
  end)

  it("tells arrays from objects", function()
    written("{}", {})
    written("[1]", { 1 })
    written("[1,[2,{}],{}]", { 1, { 2, {} }, {} })
    written('{"a":[null]}', { a = { core.null } })
    written('{"1":true}', { ["1"] = true })
    local long = {}
    for i = 1, 1000 do long[i] = i end
    written("[" .. table.concat(long, ",") .. "]", long)
  end)

  it("builds no array out of keys that are not 1..n", function()
    local why = ": its keys are neither 1..n nor all strings; say signalr.array(t, n) or signalr.object(t)"
    refused("value" .. why, { 1, x = 2 })
    refused("value" .. why, { [0] = 1 })
    refused("value" .. why, { [2] = 1 })
    refused("value" .. why, { 1, nil, 3 })
    refused("value" .. why, { [-1] = 1 })
    refused("value" .. why, { [1] = 1, [1000000] = 2 })
    refused("value.a.b" .. why, { a = { b = { [3] = 1 } } })
    refused("value: a key is a number with a fraction", { [1.5] = 1 })
    refused("value.a: a key is a boolean", { a = { [true] = 1 } })
    refused("value: a key is a table", { [{}] = 1 })
  end)

  it("refuses what JSON has not, and says where", function()
    refused("value: JSON has no function", print)
    refused("value.a[2].b: JSON has no function", { a = { 1, { b = print } } })
    refused("value: JSON has no thread", coroutine.create(print))
    refused("value: JSON has no " .. (core.lua == "5.4" and "FILE*" or "userdata"), io.stdout)
    refused("value.a: JSON has no azure.signalr.signer", { a = core.signer "key" })
    refused("value.x: the string is not valid UTF-8", { x = "\255" })
    refused("value[1]: the string is not valid UTF-8", { "\237\160\128" })
    refused('value["?"]: the string is not valid UTF-8', { ["\255"] = 1 })
    refused('value["a b"].c: JSON has no NaN', { ["a b"] = { c = 0 / 0 } })
    refused('value[""]: JSON has no NaN', { [""] = 0 / 0 })
    refused('value["' .. ("k"):rep(64) .. '..."]: JSON has no NaN', { [("k"):rep(70)] = 0 / 0 })
    assert.are.equal("pos.x: JSON has no NaN", select(2, encode({ x = 0 / 0 }, "pos")))
  end)

  it("refuses objects that are no data, and does not show what is in them", function()
    local class = { __name = "some.class", __json = false }
    refused("value[2].x: JSON has no some.class", { 1, { x = setmetatable({ secret = io.stdout }, class) } })
    refused("value: JSON has no table", setmetatable({}, { __json = false }))
    assert.are.equal('{"a":1}', core.json_encode(setmetatable({ a = 1 }, { __name = "some.class", __json = true })))
    local hub = require("azure.signalr").new("Endpoint=http://localhost:1;AccessKey=k"):hub "chat"
    refused("value.hub: JSON has no azure.signalr.hub (a hub handle)", { hub = hub })
    refused("value.hub: JSON has no azure.signalr.group (a group handle)", { hub = hub:group "lobby" })
  end)

  it("refuses cycles and too deep nesting", function()
    local cycle = { a = {} }
    cycle.a.b = { cycle }
    refused("value.a.b[1]: the table contains itself", cycle)
    local twice = { 1 }
    written("[[1],[1]]", { twice, twice })
    local function nested(levels)
      local t = {}
      for _ = 2, levels do t = { t } end
      return t
    end
    written(("["):rep(127) .. "{}" .. ("]"):rep(127), nested(128))
    refused("value" .. ("[1]"):rep(8) .. "..." .. ("[1]"):rep(8) .. ": nested too deeply (128 levels)", nested(129))
    assert.matches("nested too deeply", select(2, encode(nested(100000))))
  end)

  it("calls no metamethod", function()
    local function forbidden() error "called" end
    local meta = { __index = forbidden, __pairs = forbidden, __len = forbidden, __tostring = forbidden }
    written('{"a":[1,2]}', setmetatable({ a = setmetatable({ 1, 2 }, meta) }, meta))
  end)

  it("refuses more than its ceiling", function()
    local mega = ("x"):rep(2 ^ 20)
    local many = {}
    for i = 1, 65 do many[i] = mega end
    assert.matches("longer than 67108864 bytes", select(2, encode(many)))
  end)

  it("throws at misuse", function()
    assert.is_false(pcall(encode))
    assert.matches("name must be a string", select(2, pcall(encode, 1, 2)))
  end)
end)

describe("core.array and core.object", function()
  it("give a table its kind, and give it back", function()
    local t = {}
    assert.are.equal(t, core.array(t))
    written("[]", t)
    assert.are.equal(t, core.object(t))
    written("{}", t)
    written("[[]]", { core.array {} })
    written("[1,2]", core.array { 1, 2 })
    written("[null,2,null]", core.array({ nil, 2 }, 3))
    written("[]", core.array({}, 0))
    written("[]", core.array(core.array({ nil, nil }, 0)))
  end)

  it("let whole-number keys of an object be strings", function()
    written('{"5":"a"}', core.object { [5] = "a" })
    written('{"1":"a"}', core.object { "a" })
    written('{"-1":true}', core.object { [-1] = true })
    refused("value[1]: the key is there as a number and as a string", core.object { "a", ["1"] = "b" })
    refused("value[1].x: JSON has no NaN", core.object { { x = 0 / 0 } })
    refused("value: a key is a number with a fraction", core.object { [0.5] = 1 })
  end)

  it("refuse an array that is none", function()
    local holes = ": an array has keys beyond 1..n, or holes; say signalr.array(t, n)"
    refused("value" .. holes, core.array { 1, x = 1 })
    refused("value" .. holes, core.array { [5] = 1 })
    refused("value: an array of n elements has keys beyond 1..n", core.array({ 1, 2, 3 }, 2))
    refused("value: an array of n elements has keys beyond 1..n", core.array({ x = 1 }, 2))
  end)

  it("mark a table that has a metatable of its own, which stays", function()
    local meta = { __index = {} }
    local t = core.array(setmetatable({}, meta))
    assert.are.equal(meta, getmetatable(t))
    written("[]", t)
    written("{}", core.object(t))
    written("[null]", core.array(t, 1))
    written("[]", core.array(t))
  end)

  it("take the last word", function()
    local t = core.array({ 1 }, 3)
    written("[1,null,null]", t)
    written('{"1":1}', core.object(t))
    written("[1]", core.array(t))
  end)

  it("throw at misuse", function()
    assert.matches("t must be a table, got nil", select(2, pcall(core.array)))
    assert.matches("t must be a table, got string", select(2, pcall(core.object, "x")))
    assert.matches("n must be a number, got string", select(2, pcall(core.array, {}, "1")))
    assert.matches("n must be a whole number", select(2, pcall(core.array, {}, 1.5)))
    assert.matches("n is out of range %(0 to 67108864%)", select(2, pcall(core.array, {}, -1)))
    assert.matches("x must be a number", select(2, pcall(core.float, "1")))
  end)

  it("hold no table that is gone", function()
    local seen = setmetatable({}, { __mode = "k" })
    for i = 1, 100 do
      seen[core.array({}, i)] = true
      seen[core.array(setmetatable({}, {}))] = true
    end
    collectgarbage()
    collectgarbage()
    assert.is_nil(next(seen))
  end)
end)

describe("core.raw_json", function()
  it("is written as it stands", function()
    written(' {"a": 1.0 } ', core.raw_json ' {"a": 1.0 } ')
    written("[[],18446744073709551616]", { core.raw_json "[]", core.raw_json "18446744073709551616" })
    assert.are.equal("[1]", tostring(core.raw_json "[1]"))
  end)

  it("is checked when it is made", function()
    for _, bad in ipairs { "", "{", "1 2", "[1,]", "nan", '"\255"', '"\\ud800"', "{}}" } do
      local ok, message = pcall(core.raw_json, bad)
      assert.is_false(ok)
      assert.matches("text must be one JSON value; JSON: .+ at byte %d", message)
    end
    assert.matches("text must be a string", select(2, pcall(core.raw_json, 1)))
  end)
end)

describe("core.json_message and core.json_array", function()
  it("write n elements, nil or not", function()
    assert.are.equal('{"target":"t\\"","arguments":[]}', core.json_message('t"', {}, 0))
    assert.are.equal('{"target":"t","arguments":[null,1,null]}', core.json_message("t", { nil, 1 }, 3))
    assert.are.equal("[1,[2]]", core.json_array({ 1, { 2 }, 3 }, 2))
    assert.are.equal('{"target":"t","arguments":[{"a":[]}]}',
      core.json_message("t", { { a = core.array {} } }, 1))
  end)

  it("name the argument and the path", function()
    local args = { 1, { pos = { x = 0 / 0 } } }
    assert.are.equal("arguments[2].pos.x: JSON has no NaN", select(2, core.json_message("t", args, 2)))
    assert.are.equal("items[2].pos.x: JSON has no NaN", select(2, core.json_array(args, 2, "items")))
    assert.are.equal("target: the string is not valid UTF-8", select(2, core.json_message("\255", {}, 0)))
    args[1] = args
    assert.are.equal("arguments[1]: the table contains itself", select(2, core.json_message("t", args, 2)))
  end)

  it("throw at misuse", function()
    assert.matches("target must be a string, got nil", select(2, pcall(core.json_message)))
    assert.matches("args must be a table, got nil", select(2, pcall(core.json_message, "t")))
    assert.matches("n must be a number, got nil", select(2, pcall(core.json_message, "t", {})))
    assert.matches("args must be a table", select(2, pcall(core.json_array, 1, 1)))
    assert.matches("n is out of range", select(2, pcall(core.json_array, {}, -1)))
  end)
end)
