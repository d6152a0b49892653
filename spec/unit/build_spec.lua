-- SPDX-License-Identifier: MIT
-- What a user reads who loads the library with a Lua that it is not built for.
local support = require "spec.support.pool"

local jit = rawget(_G, "jit") ~= nil
local this, other = jit and "LuaJIT" or "Lua 5.4", jit and "Lua 5.4" or "LuaJIT"

-- Runs `code` with libraries of the name `which` that are another Lua's, as far as they say themselves.
local function run(which, marker, code)
  local dir = os.tmpname()
  os.remove(dir)
  assert(os.execute("mkdir -p '" .. dir .. "/azure/signalr'"))
  local file = assert(io.open(dir .. "/azure/signalr/" .. which .. ".so", "wb"))
  file:write("no library\0", marker, "\0")
  file:close()
  local text = support.lua { "-e", ("package.cpath = %q .. '/?.so;' .. package.cpath\n"):format(dir) .. code }
  os.execute("rm -r '" .. dir .. "'")
  return text:gsub(dir, "DIR")
end

local try = "local ok, message = pcall(require, 'azure.signalr') print(ok, message)"

describe("loading", function()
  it("says which Luas there are for another one, before anything is loaded", function()
    for _, version in ipairs { "Lua 5.2", "Lua 5.3", "Lua 5.5" } do
      assert.are.equal("false\tazure.signalr is built for Lua 5.4 and LuaJIT; this is " .. version .. "\n",
        support.lua { "-e", ("_VERSION, package.cpath = %q, ''\n"):format(version) .. try })
    end
  end)

  it("says that the core is another Lua's, and where to find the right one", function()
    local want = ("false\tazure.signalr: DIR/azure/signalr/core.so is the build for %s, and this is %s: "
      .. "set LUA_CPATH to the build for %s, in the sources build/%s/?.so (make LUA=%s)\n")
      :format(other, this, this, jit and "luajit" or "lua5.4", jit and "luajit" or "lua5.4")
    assert.are.equal(want, (run("core", "azure.signalr built for " .. other, try)))
    assert.are.equal(want, (run("core", "azure.signalr built for " .. other, "jit = nil\n" .. try)))
  end)

  it("says that libcurl's part is another Lua's, when a client needs it", function()
    local text = run("curl", "azure.signalr built for " .. other, [[
      local signalr = require "azure.signalr"
      local ok, message = pcall(signalr.new, "Endpoint=http://h;AccessKey=k")
      print(ok, message)
    ]])
    assert.matches("^false\tazure.signalr: DIR/azure/signalr/curl.so is the build for " .. other, text)
  end)

  it("passes on what else the linker says", function()
    assert.matches("^false\terror loading module 'azure.signalr.core' from file 'DIR/azure/signalr/core.so'",
      (run("core", "azure.signalr built for " .. this, try)))
    assert.matches("^false\terror loading module 'azure.signalr.core'", (run("core", "", try)))
    assert.matches("^false\terror loading module 'azure.signalr.core'",
      (run("core", "azure.signalr built for " .. other, "io = nil local print = print\n" .. try)))
    assert.matches("^false\tmodule 'azure.signalr.core' not found",
      support.lua { "-e", "package.cpath = ''\n" .. try })
  end)

  it("takes no libcurl where it is not needed, as in nginx", function()
    local file = assert(io.open(assert(package.searchpath("azure.signalr.core", package.cpath)), "rb"))
    assert.is_nil(file:read("*a"):find("libcurl.so", 1, true))
    file:close()
  end)

  it("is marked in both libraries", function()
    for _, name in ipairs { "core", "curl" } do
      local file = assert(io.open(assert(package.searchpath("azure.signalr." .. name, package.cpath)), "rb"))
      assert.truthy(file:read("*a"):find("azure.signalr built for " .. this .. "\0", 1, true))
      file:close()
    end
  end)
end)
