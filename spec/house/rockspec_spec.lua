-- SPDX-License-Identifier: MIT
-- The rockspecs name every file that the rocks need, and nothing that is not there.
local process = require "spec.support.process"

local function load_rockspec(path)
  local env = {}
  local chunk
  if setfenv then -- luacheck: ignore 113
    chunk = assert(loadfile(path))
    setfenv(chunk, env) -- luacheck: ignore 113
  else
    chunk = assert(loadfile(path, "t", env))
  end
  chunk()
  return env
end

local function files(command)
  local found = {}
  local _, text = process.run { "bash", "-c", command }
  for path in text:gmatch("[^\n]+") do found[path] = true end
  return found
end

local function named(rockspec)
  local modules = {}
  for module, path in pairs(rockspec.build.install.lua) do modules[path] = module end
  return modules
end

local function module_of(path)
  return (path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

local function assert_same_files(expected, got, where)
  for path in pairs(expected) do assert(got[path], where .. " lacks " .. path) end
  for path in pairs(got) do assert(expected[path], where .. " names " .. path .. ", which is not there") end
end

local client = "rockspec/azure-signalr-scm-1.rockspec"
local emulator = "rockspec/azure-signalr-emulator-scm-1.rockspec"
local apart = "emulator hubclient"

local function is_apart(path)
  for name in apart:gmatch("%S+") do
    if path:find("lua/azure/signalr/" .. name .. "/", 1, true) then return true end
  end
end

describe("the rockspecs", function()
  local all = files("find lua -name '*.lua'")

  it("split the Lua files between the two rocks", function()
    local mine, theirs = {}, {}
    for path in pairs(all) do (is_apart(path) and theirs or mine)[path] = true end
    assert_same_files(mine, named(load_rockspec(client)), client)
    assert_same_files(theirs, named(load_rockspec(emulator)), emulator)
  end)

  it("call each Lua module by its path", function()
    for _, path in ipairs { client, emulator } do
      for file, module in pairs(named(load_rockspec(path))) do assert.equal(module_of(file), module) end
    end
  end)

  it("take the libraries that the Makefile builds for them, and build where no file of the tree lies", function()
    local libraries = load_rockspec(client).build.install.lib
    local _, text = process.run { "bash", "-c", "unset MAKEFLAGS MAKELEVEL; make -n rock LIBFLAG=-shared" }
    for module, path in pairs(libraries) do
      assert.are.equal("build/rock/" .. module:gsub("%.", "/") .. ".so", path)
      assert.is_truthy(text:find(path, 1, true), text)
    end
    assert.is_truthy(libraries["azure.signalr.core"] and libraries["azure.signalr.curl"])
    assert.is_nil(load_rockspec(emulator).build.install.lib)
  end)

  -- LuaRocks' builtin way copies all of lua/ into each rock, and leaves objects between the sources.
  it("are not built in LuaRocks' builtin way, which would give each rock the other's files", function()
    assert.are.equal("make", load_rockspec(client).build.type)
    assert.are.equal("none", load_rockspec(emulator).build.type)
  end)

  for _, path in ipairs { client, emulator } do
    it(path .. " passes luarocks lint", function()
      local ok, text = process.run { "luarocks", "--lua-version", "5.4", "lint", path }
      assert(ok, text)
    end)
  end
end)
