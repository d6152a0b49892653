-- SPDX-License-Identifier: MIT
--- Loads the C core, before anything else of the library, and says in a sentence what a linker would say in symbols:
-- that this Lua is none of those the library is built for, or that the build at hand is another Lua's.
local M = {}

local error, pcall, require, type = error, pcall, require, type

if not (pcall and type) then -- globals.lua asks for the rest
  error("azure.signalr cannot work where these globals are missing: pcall, type (lend them while it is loaded)", 0)
end

-- One that is not there may be an error to read (strict.lua).
local function lent(read)
  local there, value = pcall(read)
  if there then return value end
end

local io = lent(function() return io end)
local package = lent(function() return package end)

-- LuaJIT knows "\x41" and calls itself Lua 5.1; a sandbox may hide its `jit`.
local version = lent(function() return _VERSION end)
local this = version == "Lua 5.1" and "\x41" == "A" and "LuaJIT" or version

local names = { ["Lua 5.4"] = "lua5.4", LuaJIT = "luajit" } -- of make's variable LUA, and of the folder of a build

-- Which Lua a library of ours is for stands in it (csrc/binding/support.c).
local function built_for(path)
  local file = io.open(path, "rb")
  local bytes = file:read("*a")
  file:close()
  return bytes:match("azure%.signalr built for (Lu[%w%. ]+)%z")
end

local function sentence(name)
  local path, folder = package.searchpath(name, package.cpath), names[this]
  local other = built_for(path)
  if not other or other == this then return nil end
  return ("azure.signalr: %s is the build for %s, and this is %s: set LUA_CPATH to the build for %s, in the sources "
    .. "build/%s/?.so (make LUA=%s)"):format(path, other, this, this, folder, folder)
end

--- What to say when a library of ours cannot be loaded.
-- @tparam string name "azure.signalr.core" or "azure.signalr.curl"
-- @tparam string problem what require threw
-- @treturn string a sentence where the library is another Lua's, else the problem
function M.explain(name, problem)
  local told, text = pcall(sentence, name) -- not where io or package are missing, or no library was found
  return told and text or problem
end

if type(this) == "string" and not names[this] then
  error("azure.signalr is built for Lua 5.4 and LuaJIT; this is " .. this, 0)
end
local loaded, problem = pcall(require, "azure.signalr.core")
if not loaded then error(M.explain("azure.signalr.core", problem), 0) end

return M
