-- SPDX-License-Identifier: MIT
-- No value that a program hands over breaks the library from within: each method takes it, or returns nil and an error,
-- or throws at the caller's line, in its own words.
local signalr = require "azure.signalr"
local surface = require "spec.support.surface"

local unpack = unpack or table.unpack -- luacheck: ignore

local function class(meta) return setmetatable({}, meta) end

local values = {
  true, false, 0, -1, 1.5, 1 / 0, -1 / 0, 0 / 0, 2 ^ 53, 2 ^ 60, 2 ^ 63, "", ".", "..", "\255", "a\0b", " ", "ok",
  ("x"):rep(3000), {}, { 1 }, { 1, nil, 3 }, { a = 1 }, { [1.5] = 1 }, { [true] = 1 }, { {} }, { "a", "" },
  print, coroutine.create(print), io.stdout, signalr.null, signalr.array {}, signalr.array({ 1 }, 3),
  signalr.object {}, signalr.uint64 "18446744073709551615", signalr.float(1), signalr.raw_json "[1]",
  class { __index = function(_, k) return k end }, class { __len = function() return "x" end },
  class { __len = function() return 5 end }, class { __metatable = false }, class { __metatable = "x" },
  class { __name = 5 }, class { __name = "a\nb" }, class { __tostring = function() return 1 end },
  { reason = "x" }, { except = { "\255" } }, { timeout = "x" }, { retry = 5 }, { filter = {} }, { filter = { 1 } },
  { filter = { "%s" } }, { filter = { "%s", print } }, { filter = { "%z" } }, { everyone = "x" }, { user_id = {} },
  { claims = 5 }, { claims = { 1 } }, { claims = { {} } }, { claims = { { 1, 2 } } }, { claims = { a = print } },
  { claims = { [1.5] = 1 } }, { claims = { sub = {} } }, { expires_in = "x" }, { method = "GET", path = 5 },
  { method = 5, path = "/x" }, { method = "GET", path = "/x", query = 5 },
  { method = "GET", path = "/x", query = { 1 } },
  { method = "GET", path = "/x", query = { a = {} } }, { method = "GET", path = "/x", query = { a = { 1, nil, 3 } } },
  { method = "POST", path = "/x", body = print }, { parallel = 0 }, { page_size = 1000 }, { token = 5 },
  { ttl = 1.5 }, { application = 5 }, { json = {} }, { [""] = "x" }, { ["\255"] = "x" }, { yield = print },
}
for _, object in pairs(surface.objects()) do values[#values + 1] = object end

-- What waits for as long as it is told, or runs what it is given.
local apart = { ["client:sleep"] = true, ["client:step"] = true, ["client:drain"] = true, ["handle:wait"] = true,
  ["client:wrap"] = true, ["client:spawn"] = true }

-- Its own words: at this file's line, and none of Lua's.
local function is_told(message)
  return type(message) == "string" and message:find("odd_values_spec.lua:%d+: ") ~= nil
    and not message:find("lua/azure", 1, true) and not message:find("attempt to", 1, true)
    and not message:find("bad argument", 1, true)
end

local function judge(title, fine, message)
  if not fine and not is_told(message) then error(title .. ": " .. tostring(message), 0) end
end

local function try(run, given, slot, slots)
  for i = 0, #values do
    local all = { unpack(given, 1, slots) }
    all[slot] = values[i]
    local fine, message = pcall(function() run(unpack(all, 1, slots)) end)
    judge(("argument %d, value %d (%s)"):format(slot, i, type(values[i])), fine, message)
  end
end

local function is_handle(value) return type(value) == "table" and getmetatable(value) and value.send and value.with end

-- Calls a method of a fresh object, and sends through the handle that it makes, if it makes one.
local function use(name, method, ...)
  local objects = surface.objects()
  local object = objects[name]
  local fine, made = pcall(function(...)
    local made = object[method](object, ...)
    if is_handle(made) then made:send("t", 1) end
  end, ...)
  surface.close()
  if not fine then error(made, 0) end
end

describe("an odd value", function()
  surface.each(function(name, method, row)
    local full = name .. ":" .. method
    if not apart[full] then
      it("is taken, or refused in words, by " .. full, function()
        for slot = 1, row.declared or 3 do
          try(function(...) use(name, method, ...) end, row.arguments, slot, row.declared or 3)
        end
      end)
    end
  end)

  for name, row in pairs(surface.functions) do
    it("is taken, or refused in words, by " .. name, function()
      for slot = 1, row[2] do
        try(function(...)
          local made = row[1](...)
          return made
        end, { unpack(row, 3, 2 + row[2]) }, slot, row[2])
      end
    end)
  end

  it("is taken, or refused in words, by signalr.filter and signalr.command.send", function()
    for _, format in ipairs { "%s", "%d", "%", "%%", "%q", "'%s'", "" } do
      try(function(...)
        local made = signalr.filter(...)
        return made
      end, { format }, 2, 2)
    end
    for slot = 1, 2 do
      try(function(...)
        local made = signalr.command.send(...)
        return made
      end, { "t" }, slot, 2)
    end
  end)
end)
