-- SPDX-License-Identifier: MIT
-- core.json_decode and json_check: strict, and nothing lost on the way.
local core = require "azure.signalr.core"

local decode, encode = core.json_decode, core.json_encode

describe("core.json_decode", function()
  it("reads what JSON has", function()
    assert.are.same({ a = { 1, true, false, "x" }, b = {} }, decode ' { "a" : [1,true,false,"x"], "b":{} } ')
    assert.are.equal(core.null, decode "null")
    assert.are.equal(false, decode "false")
    assert.are.equal("A\195\169\226\130\172\240\159\152\128/\n\0",
      decode '"\\u0041\\u00e9\226\130\172\\ud83d\\uDE00\\/\\n\\u0000"')
    assert.are.equal(core.null, decode('[null]')[1])
    assert.are.equal(2, decode('{"a":1,"a":2}').a)
  end)

  it("keeps arrays arrays, and empty ones too", function()
    for _, text in ipairs { "[]", "{}", "[[],{},[[]]]", '{"a":[]}', "[null,null]", '{"1":2}' } do
      assert.are.equal(text, encode(decode(text)))
    end
    local grown = decode "[]"
    grown[1] = "x"
    assert.are.equal('["x"]', encode(grown))
  end)

  it("refuses what is not JSON, and says where", function()
    for text, where in pairs {
      [""] = 1, ["nul"] = 1, ["[1,]"] = 4, ["{a:1}"] = 2, ["01"] = 2, ["1."] = 3, ["+1"] = 1, ["[1] x"] = 5,
      ['"\n"'] = 2, ['"\\x"'] = 3, ['"\\ud800"'] = 8, ['"\255"'] = 2, ["\239\187\191{}"] = 1, ["1\0"] = 2,
      ['{"a":1'] = 7, ["NaN"] = 1, ["'a'"] = 1, ["[1}"] = 3,
    } do
      local value, message = decode(text)
      assert.is_nil(value)
      assert.matches("^JSON: .+ at byte " .. where .. "$", message)
      local ok, same = core.json_check(text)
      assert.is_nil(ok)
      assert.are.equal(message, same)
    end
  end)

  it("takes the last of members of one name", function()
    assert.are.same({ a = 2, b = core.null }, core.json_decode '{"a":1,"b":null,"a":2}')
    assert.are.same({ a = core.null }, core.json_decode '{"a":{"x":[1]},"\\u0061":null}')
  end)

  it("needs no cjson, and no global", function()
    assert.are.equal("1 true 202\n", require("spec.support.pool").lua { "-e", [[
      local core = require "azure.signalr.core"
      assert(not package.loaded.cjson and not package.loaded["cjson.safe"])
      local out, write = io.stdout, io.stdout.write
      for name in pairs(_G) do if name ~= "_G" then _G[name] = nil end end
      local answer = core.json_decode('{"a":[1],"n":null,"status":202}')
      write(out, core.digits(answer.a[1]) .. (answer.n == core.null and " true " or " false ")
        .. core.json_encode(answer.status), "\n")
    ]] })
  end)

  it("limits the nesting", function()
    assert.is_truthy(decode(("["):rep(128) .. ("]"):rep(128)))
    assert.matches("nested too deeply at byte 129", select(2, decode(("["):rep(100000))))
    assert.matches("nested too deeply", select(2, decode(('{"a":'):rep(129))))
    assert.is_true(core.json_check(("["):rep(128) .. ("]"):rep(128)))
  end)

  it("reads long texts", function()
    local list = {}
    for i = 1, 20000 do list[i] = ("%d \\n \195\169"):format(i) end
    local got = assert(decode('["' .. table.concat(list, '","') .. '"]'))
    assert.are.equal(20000, #got)
    assert.are.equal("20000 \n \195\169", got[20000])
    assert.are.equal(2 ^ 20, #decode('"' .. ("\\n"):rep(2 ^ 20) .. '"'))
  end)

  it("throws at misuse", function()
    assert.matches("text must be a string, got nil", select(2, pcall(decode)))
    assert.matches('big must be "string" or nil', select(2, pcall(decode, "1", "number")))
    assert.matches("text must be a string, got number", select(2, pcall(core.json_check, 1)))
  end)

  it("survives a collector that is always at work", function()
    local pause = collectgarbage("setpause", 0)
    local step = collectgarbage("setstepmul", 1000)
    for i = 1, 200 do
      local text = ('[{"k%d":["\\u00e9",[],{"a":{}}]},%d,"\\n"]'):format(i, i)
      local value = assert(decode(text))
      assert.are.equal(value[1]["k" .. i][1], "\195\169")
      value[3] = ("x"):rep(i)
      assert.is_string((encode(value)))
      assert.is_string(core.expand("/{a}/{b}", { a = ("y"):rep(i), b = " " }))
      assert.is_string(core.signer("k" .. i):token("a" .. i, i, i, '{"x":"\\n"}'))
    end
    collectgarbage("setpause", pause)
    collectgarbage("setstepmul", step)
  end)
end)

describe("core.json_check", function()
  it("accepts one complete value", function()
    for _, text in ipairs { "1", " [] ", '{"a":[1,{"b":null}]}', '"\\ud83d\\ude00"', "-0.5e-7", "1e400" } do
      assert.is_true(core.json_check(text))
    end
  end)
end)
