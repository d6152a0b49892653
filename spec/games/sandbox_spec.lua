-- SPDX-License-Identifier: MIT
-- Hosts that take Lua's globals away from their scripts, before they load the library or after it: calls are made and
-- answered, errors told, mistakes named, all the same.
local host = require "spec.games.host"
local support = require "spec.support.pool"

local function words(text)
  local list = {}
  for word in text:gmatch "%S+" do list[#list + 1] = word end
  return list
end

-- What the library does without, be it missing from the beginning.
local SPARED = words [[
  io io.stderr io.write os os.time os.exit debug debug.traceback debug.getinfo package jit newproxy collectgarbage
  load loadstring loadfile dofile setfenv getfenv xpcall assert rawget rawset rawequal rawlen
  unpack table.unpack table.move string.rep string.dump string.lower string.upper string.len utf8 bit bit32
  math.random math.huge arg _VERSION _G strict coroutine.close coroutine.wrap coroutine.isyieldable
  string table math coroutine
]]

-- What it needs while it is loaded, and not afterwards.
local LENT = words [[
  pcall error type tostring tonumber select next pairs ipairs setmetatable getmetatable
  coroutine.create coroutine.resume coroutine.running coroutine.status coroutine.yield
  table.concat table.insert table.remove table.sort math.floor math.max math.min
  string.byte string.char string.find string.format string.gmatch string.gsub string.match string.sub
]]

host.describe(describe, "in a sandbox", function(kind)
  if kind.io_thread then return end
  local server

  setup(function() server = host.start(kind) end)
  teardown(function() server.stop() end)

  local function run(when, value, ...)
    return support.lua { "spec/games/sandbox_case.lua", server.url, when, value, ... }
  end

  -- All that goes to standard error meanwhile is told there on purpose.
  local function assert_held(out, what)
    local last = out:match "([^\n]*)\n$"
    assert.equal("held", last, what .. ": " .. out)
  end

  it("without a global from the beginning it works", function()
    for _, name in ipairs(SPARED) do assert_held(run("before", "nil", name), name) end
  end)

  it("without a global that it was lent while it was loaded it works", function()
    for _, name in ipairs(SPARED) do assert_held(run("after", "nil", name), name) end
    for _, name in ipairs(LENT) do assert_held(run("after", "nil", name), name) end
    assert_held(run("after", "nil", "require"), "require")
  end)

  it("without any global left after it was loaded it works", function()
    assert_held(run("after", "nil", "*"), "all")
    assert_held(run("after", "false", "*"), "all")
  end)

  it("with other things in the places of globals it works", function()
    for _, value in ipairs { "false", "number", "string", "table" } do
      for _, name in ipairs(words "io io.stderr os debug debug.traceback debug.getinfo package newproxy rawget") do
        assert_held(run("before", value, name), name .. " " .. value)
        assert_held(run("after", value, name), name .. " " .. value)
      end
    end
  end)

  it("that lacks what nothing can stand in for, the load says so in a sentence", function()
    for _, name in ipairs(LENT) do
      local out = run("before", "nil", name)
      local missing = out:match "azure.signalr cannot work where these globals are missing: ([%a%., ]+) %("
      assert.truthy((missing or ""):find(name, 1, true), name .. ": " .. out)
    end
  end)
end)
