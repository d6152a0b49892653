-- SPDX-License-Identifier: MIT
-- Numbers, digit by digit, on both Luas; and the marks of other JSON libraries.
local core = require "azure.signalr.core"

local decode, encode = core.json_decode, core.json_encode
local jit = core.lua == "luajit"
local ffi = jit and require "ffi" or nil

-- A literal that only LuaJIT can read.
local function C(literal) return assert((loadstring or load)("return " .. literal))() end

describe("integers of 64 bits", function()
  it("are read and written exactly", function()
    for _, digits in ipairs {
      "0", "1", "-1", "9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740991",
      "-9007199254740992", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
      "9223372036854775808", "18446744073709551615", "1311768467463790320",
    } do
      local value = decode(digits)
      assert.are.equal(digits, encode(value))
      assert.are.equal('{"a":[' .. digits .. "]}", encode { a = { value } })
      assert.are.equal("[" .. digits .. "]", core.json_array({ value }, 1))
    end
  end)

  if jit then
    it("are numbers within 2^53 and cdata beyond", function()
      assert.are.equal("number", type(decode "9007199254740992"))
      assert.is_true(ffi.istype("int64_t", decode "9007199254740993"))
      assert.is_true(decode "9007199254740993" == C"9007199254740993LL")
      assert.is_true(ffi.istype("int64_t", decode "-9223372036854775808"))
      assert.is_true(ffi.istype("uint64_t", decode "9223372036854775808"))
      assert.is_true(decode "18446744073709551615" == C"18446744073709551615ULL")
    end)

    it("are written from cdata made elsewhere", function()
      assert.are.equal("[-1,18446744073709551615]", encode { C"-1LL", C"0xffffffffffffffffULL" })
      assert.are.equal("9007199254740993", encode(ffi.new("int64_t", C"9007199254740993LL")))
      assert.are.equal("-9223372036854775808", encode(ffi.new("int64_t", C"2LL" ^ 63)))
      assert.are.equal("7", encode(ffi.cast("uint64_t", 7)))
    end)

    it("are the only cdata that is written", function()
      for _, ctype in ipairs { "int32_t", "double", "void *", "int64_t[2]", "struct { int64_t a; }" } do
        local text, message = encode { id = ffi.new(ctype) }
        assert.is_nil(text)
        assert.are.equal("value.id: JSON has no cdata but int64_t and uint64_t", message)
      end
    end)

    it("do not depend on the ffi table of later", function()
      local istype = ffi.istype
      ffi.istype = function() error "called" end
      local text = encode { C"9007199254740993LL" }
      ffi.istype = istype
      assert.are.equal("[9007199254740993]", text)
    end)
  else
    it("are integers, and uint64 beyond", function()
      assert.are.equal(9007199254740993, decode "9007199254740993")
      assert.are.equal("integer", math.type(decode "9007199254740993"))
      assert.are.equal(math.mininteger, decode "-9223372036854775808")
      local big = decode "18446744073709551615"
      assert.are.equal("userdata", type(big))
      assert.are.equal("18446744073709551615", tostring(big))
      assert.is_true(big == core.uint64 "18446744073709551615")
      assert.is_false(big == core.uint64 "1")
      assert.is_true(core.uint64 "2" < core.uint64 "10")
      assert.is_true(core.uint64 "10" <= core.uint64 "10")
      assert.is_false(core.uint64 "10" < core.uint64 "10")
    end)

    it("are told from floats", function()
      assert.are.equal("float", math.type(decode "1.0"))
      assert.are.equal("float", math.type(decode "1e2"))
      assert.are.equal("integer", math.type(decode "100"))
      assert.are.equal("float", math.type(decode "-0"))
      assert.are.equal("9007199254740993", encode(9007199254740993))
    end)
  end

  it("can be asked for as strings where Lua has no number for them", function()
    assert.are.equal("18446744073709551615", decode("18446744073709551615", "string"))
    assert.are.equal("18446744073709551616", decode("18446744073709551616", "string"))
    assert.are.equal(jit and "9007199254740993" or decode "9007199254740993", decode("9007199254740993", "string"))
    assert.are.equal(9007199254740992, decode("9007199254740992", "string"))
    assert.are.equal(1.5, decode("1.5", "string"))
  end)

  it("come from core.uint64, too", function()
    assert.are.equal("18446744073709551615", encode(core.uint64 "18446744073709551615"))
    assert.are.equal("[0,5]", encode { core.uint64 "0", core.uint64(5) })
    for _, bad in ipairs { "", "-1", "1.0", "18446744073709551616", " 1", "1e3", "0x10" } do
      assert.matches("value must be a string of digits", select(2, pcall(core.uint64, bad)))
    end
    assert.is_false(pcall(core.uint64, -1))
    assert.is_false(pcall(core.uint64, 1.5))
    assert.is_false(pcall(core.uint64, {}))
  end)
end)

describe("other numbers", function()
  it("survive the round trip", function()
    assert.are.equal("-0", encode(decode "-0"))
    assert.are.equal("-0", encode(decode "-0.0"))
    assert.are.equal(-math.huge, 1 / decode "-0")
    for _, text in ipairs { "0.1", "1e+308", "5e-324", "1.7976931348623157e+308", "0.30000000000000004", "-1.5" } do
      assert.are.equal(text, encode(decode(text)))
    end
    math.randomseed(20241201)
    for _ = 1, 5000 do
      local x = (math.random() - 0.5) * 10 ^ math.random(-300, 300)
      local text = encode(x)
      assert.are.equal(x, tonumber(text))
      assert.are.equal(x, tonumber(decode(text)))
    end
  end)

  it("that no Lua has are kept as text", function()
    for _, text in ipairs { "18446744073709551616", "-9223372036854775809", "1e400", "-1E+999", ("7"):rep(2000) } do
      local value = decode(text)
      assert.are.equal("userdata", type(value))
      assert.are.equal(text, tostring(value))
      assert.are.equal(text, encode(value))
      assert.is_true(value == decode(text))
    end
    assert.is_false(decode "1e400" == decode "1e401")
  end)
end)

describe("null", function()
  it("is cjson's and nginx's", function()
    assert.are.equal(core.null, require("cjson").null)
    assert.are.equal("[null]", encode { require("cjson").null })
  end)
end)

-- Debian's cjson has no marks for arrays; OpenResty's has: a light userdata and two metatables.
describe("the marks of a newer cjson", function()
  local held = {}
  local function light() return held end -- its upvalue has an address that makes a light userdata
  local cjson = {
    empty_array = debug.upvalueid(light, 1), array_mt = {}, empty_array_mt = {},
  }
  local before

  local function with_cjson(name, run)
    before = package.loaded[name]
    package.loaded[name] = cjson
    local ok, message = pcall(run)
    package.loaded[name] = before
    assert(ok, message)
  end

  for _, name in ipairs { "cjson", "cjson.safe" } do
    it("count where " .. name .. " has them", function()
      assert.are.equal("userdata", type(cjson.empty_array))
      with_cjson(name, function()
        assert.are.equal('{"a":[]}', encode { a = cjson.empty_array })
        assert.are.equal("[]", encode(setmetatable({}, cjson.array_mt)))
        assert.are.equal("[1]", encode(setmetatable({ 1 }, cjson.array_mt)))
        assert.are.equal("[]", encode(setmetatable({}, cjson.empty_array_mt)))
        assert.are.equal("[1]", encode(setmetatable({ 1 }, cjson.empty_array_mt)))
        assert.are.equal('{"a":1}', encode(setmetatable({ a = 1 }, cjson.empty_array_mt)))
      end)
    end)
  end

  it("mean nothing otherwise", function()
    assert.are.equal("value: JSON has no userdata", select(2, encode(cjson.empty_array)))
    assert.are.equal("{}", encode(setmetatable({}, cjson.array_mt)))
  end)

  it("are not looked for in what is no cjson", function()
    local kept = package.loaded.cjson
    package.loaded.cjson = "something else"
    local text = encode(setmetatable({}, {}))
    package.loaded.cjson = kept
    assert.are.equal("{}", text)
  end)
end)
