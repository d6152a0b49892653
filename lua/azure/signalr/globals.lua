-- SPDX-License-Identifier: MIT
--- Lua's own libraries and what the host lends, as they were when this library was loaded. Hosts with sandboxes lend
-- some only while something is loaded, and take them away later; some lack them altogether. So nothing here asks for a
-- global at run time: base functions are taken as locals at the head of each file, the rest comes from here.
local core = require "azure.signalr.core"

core.need("error", error, "getmetatable", getmetatable, "ipairs", ipairs, "next", next, "pairs", pairs, "pcall", pcall,
  "select", select, "setmetatable", setmetatable, "tonumber", tonumber, "tostring", tostring, "type", type)

local pairs, pcall, type = pairs, pcall, type

local M = { require = require }

-- One that is not there may be an error to read (strict.lua).
local function lent(read)
  local there, value = pcall(read)
  if there then return value end
end

-- A copy, for hosts that change what is in them later.
local function library(name, global)
  local copy = {}
  for key, value in pairs(type(global) == "table" and global or core.library(name) or copy) do copy[key] = value end
  return copy
end

M.coroutine = library("coroutine", lent(function() return coroutine end))
M.math = library("math", lent(function() return math end))
M.math.huge = 1 / 0
M.string = library("string", lent(function() return string end))
M.table = library("table", lent(function() return table end))

local co, math, text, list = M.coroutine, M.math, M.string, M.table
core.need("coroutine.create", co.create, "coroutine.resume", co.resume, "coroutine.running", co.running,
  "coroutine.status", co.status, "coroutine.yield", co.yield, "math.floor", math.floor, "math.max", math.max,
  "math.min", math.min, "string.byte", text.byte, "string.char", text.char, "string.find", text.find,
  "string.format", text.format, "string.gmatch", text.gmatch, "string.gsub", text.gsub, "string.match", text.match,
  "string.sub", text.sub, "table.concat", list.concat, "table.insert", list.insert,
  "table.remove", list.remove, "table.sort", list.sort)

local function fields(value) return type(value) == "table" and value or {} end

local debug = fields(lent(function() return debug end))
local io = fields(lent(function() return io end))

-- A function, or nil.
local function callable(value)
  if type(value) == "function" then return value end
end

--- Those of debug, or nil.
M.getinfo, M.traceback = callable(debug.getinfo), callable(debug.traceback)

--- As rawget, where there is one.
M.rawget = callable(lent(function() return rawget end)) or function(object, key) return object[key] end

--- As rawequal, where there is one.
M.rawequal = callable(lent(function() return rawequal end)) or function(a, b) return a == b end

local function handled(failed, fine, ...)
  if not fine then failed((...)) end
  return fine, ...
end

--- As xpcall with arguments; where there is none, what fails is told where its stack is gone already.
M.xpcall = callable(lent(function() return xpcall end)) or function(fn, failed, ...)
  return handled(failed, pcall(fn, ...))
end

local function unpack_all(values, i, n)
  if i <= n then return values[i], unpack_all(values, i + 1, n) end
end

--- As table.unpack, for a first and a last index that are given.
M.unpack = callable(lent(function() return unpack end)) or M.table.unpack or unpack_all

--- nginx's table, where it is nginx with its Lua module; else nil.
M.ngx = lent(function() return ngx end) -- luacheck: ignore 113
if type(M.ngx) ~= "table" or M.ngx.config == nil then M.ngx = nil end

--- Writes a line to standard error: through the host's Lua, which may have put something in the place of io.stderr, or
-- where that does not go, straight.
-- @tparam string line
function M.write_error(line)
  local out = io.stderr
  local written = out ~= nil and pcall(function() return out:write(line, "\n") end)
  if not written then core.complain(line) end
end

return M
