-- SPDX-License-Identifier: MIT
-- Numbers, digit by digit, on both Luas; and the marks of other JSON libraries.
local core = require "azure.signalr.core"
local support = require "spec.support.pool"

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

    it("are what a reference refers to, never its address", function()
      local cells = ffi.new("struct { int64_t a; uint64_t b; const int64_t c; int32_t d; double e; }",
        { C"-9007199254740993LL", C"18446744073709551615ULL", 7, 5, 1.5 })
      local function reference(ctype, field)
        return ffi.cast(ctype .. " &", ffi.cast("char *", cells) + ffi.offsetof(cells, field))
      end
      for _, case in ipairs {
        { "int64_t", "a", "-9007199254740993" }, { "uint64_t", "b", "18446744073709551615" },
        { "const int64_t", "c", "7" },
      } do
        local value = reference(case[1], case[2])
        assert.are.equal("[" .. case[3] .. "]", encode { value })
        assert.are.equal("[" .. case[3] .. "]", core.json_array({ value }, 1))
        assert.are.equal(case[3], core.digits(value))
      end
      assert.are.equal("18446744073709551615", encode(core.uint64(reference("uint64_t", "b"))))
      assert.matches("must not be negative", select(2, pcall(core.uint64, reference("int64_t", "a"))))
      for _, case in ipairs { { "int32_t", "d" }, { "double", "e" } } do
        local value = reference(case[1], case[2])
        assert.is_nil((encode { value }))
        assert.is_nil(core.digits(value))
        assert.is_false(pcall(core.uint64, value))
      end
    end)

    it("are refused where only a type was given, everywhere", function()
      local lent = { __tostring = function() return "5LL" end, __add = function() return 5 end }
      for _, value in ipairs {
        ffi.typeof "int64_t", ffi.typeof "uint64_t", ffi.typeof "int64_t &", ffi.new "bool", ffi.new "void *",
        ffi.new "complex", ffi.new "uint16_t", ffi.metatype("struct { int64_t a; }", lent)(),
      } do
        local text, message = encode { id = value }
        assert.is_nil(text)
        assert.are.equal("value.id: JSON has no cdata but int64_t and uint64_t", message)
        assert.is_nil(core.digits(value))
        assert.is_false(pcall(core.uint64, value))
        assert.matches("signalr.float: x must be a number, got cdata", select(2, pcall(core.float, value)))
        assert.matches("signalr.array: n must be a number, got cdata", select(2, pcall(core.array, {}, value)))
        text, message = encode { [value] = 1 }
        assert.is_nil(text)
        assert.are.equal("value: a key is a cdata", message)
      end
    end)

    it("come from core.uint64 of cdata, too", function()
      assert.are.equal("18446744073709551615", encode(core.uint64(C"18446744073709551615ULL")))
      assert.are.equal("5", encode(core.uint64(C"5LL")))
      assert.matches("must not be negative", select(2, pcall(core.uint64, C"-5LL")))
    end)

    it("need neither ffi nor require of a sandbox", function()
      assert.are.equal("[-5,9007199254740993,18446744073709551615]\n[1]\n", support.lua { "-e", [[
        local path = assert(package.searchpath("azure.signalr.core", package.cpath))
        local open = assert(package.loadlib(path, "luaopen_azure_signalr_core"))
        package.loaded.ffi, package.preload.ffi = nil, nil
        require, ffi, debug, io, newproxy, load, loadstring = nil
        local core = open "azure.signalr.core"
        assert(package.loaded.ffi == nil)
        print(core.json_encode(core.json_decode "[-5,9007199254740993,18446744073709551615]"))
        print(core.json_encode { 1LL })
      ]] })
    end)

    it("are refused, not guessed at, in a sandbox without tonumber", function()
      assert.are.equal("value: JSON has no cdata but int64_t and uint64_t\n9007199254740993\n", support.lua { "-e", [[
        local require = require
        tonumber = nil
        local core = require "azure.signalr.core"
        print((select(2, core.json_encode(1LL))))
        print((tostring(core.json_decode "9007199254740993"):gsub("LL", "")))
      ]] })
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
    assert.are.equal("9007199254740992", encode(core.uint64(2 ^ 53)))
    assert.are.equal("18446744073709551615", encode(core.uint64(core.uint64 "18446744073709551615")))
    for _, bad in ipairs { "", "-1", "1.0", " 1", "1e3", "0x10", "1\0" } do
      assert.matches("signalr.uint64: value must be a string of digits", select(2, pcall(core.uint64, bad)))
    end
    for _, case in ipairs {
      { "18446744073709551616", "value must be at most 18446744073709551615" },
      { ("9"):rep(40), "value must be at most 18446744073709551615" },
      { -1, "value must not be negative" },
      { -2 ^ 60, "value must not be negative" },
      { -math.huge, "value must not be negative" },
      { 2 ^ 63, "beyond 2^53 a number has lost digits: give them as a string" },
      { math.huge, "beyond 2^53 a number has lost digits: give them as a string" },
      { 1.5, "value must be a whole number" },
      { 0 / 0, "value must be a whole number" },
      { true, "value must be a string of digits or a whole number, got boolean" },
      { {}, "value must be a string of digits or a whole number, got table" },
      { nil, "value must be a string of digits or a whole number, got nil" },
      { core.float(5), "value must be a string of digits or a whole number, got userdata" },
    } do
      local ok, message = pcall(core.uint64, case[1])
      assert.is_false(ok)
      assert.truthy(message:find("signalr.uint64: " .. case[2], 1, true), message)
    end
  end)

  it("have digits, however Lua holds them", function()
    for _, case in ipairs {
      { 0, "0" }, { -7, "-7" }, { 5.0, "5" }, { 2 ^ 53, "9007199254740992" }, { -2 ^ 53, "-9007199254740992" },
      { decode "9007199254740993", "9007199254740993" },
      { decode "-9223372036854775808", "-9223372036854775808" },
      { decode "18446744073709551615", "18446744073709551615" },
      { 1.5 }, { 2 ^ 70 }, { 0 / 0 }, { math.huge }, { "5" }, { {} }, { true }, { core.float(5) },
    } do
      assert.are.equal(case[2], core.digits(case[1]))
    end
    assert.is_nil(core.digits(nil))
  end)

  it("equal nothing of another kind", function()
    local big = core.uint64 "18446744073709551615"
    assert.is_false(big == io.stdout)
    assert.is_false(big == core.float(5))
    assert.is_false(decode "1e999" == io.stdout)
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
