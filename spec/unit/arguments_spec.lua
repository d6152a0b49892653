-- SPDX-License-Identifier: MIT
-- No argument vanishes: what a method has no place for is refused, by name and number, before anything is sent.
local surface = require "spec.support.surface"

local unpack = unpack or table.unpack -- luacheck: ignore

local function message_of(run)
  local ok, message = pcall(run)
  assert.is_false(ok)
  assert.is_string(message)
  return message
end

local function words_for(count)
  return count == 0 and "no arguments" or count == 1 and "1 argument" or count .. " arguments"
end

-- Calls with the arguments given, up to those declared, and more behind them.
local function call(run, given, declared, ...)
  local all, more = {}, { ... }
  for i = 1, declared do all[i] = given[i] end
  for i = 1, select("#", ...) do all[declared + i] = more[i] end
  return run(unpack(all, 1, declared + select("#", ...)))
end

local function method_of(class, name)
  local objects, transport = surface.objects()
  local object = objects[class]
  return function(...) return object[name](object, ...) end, transport
end

local surplus = { { 1, "x" }, { 1, false }, { 2, nil, {} }, { 3, "a", nil, 0 } }

describe("a surplus argument", function()
  after_each(surface.close)

  surface.each(function(class, name, row)
    if row.declared then
      it(("is not lost by %s:%s"):format(class, name), function()
        for _, more in ipairs(surplus) do
          local run, transport = method_of(class, name)
          local before = #transport.requests
          local message = message_of(function()
            call(run, row.arguments, row.declared, unpack(more, 2, more[1] + 1))
          end)
          assert.is_truthy(message:find("^%.?/?spec/unit/arguments_spec%.lua:%d+: "), message)
          local told = ("%s:%s takes %s, got %d"):format(class, name, words_for(row.declared), row.declared + more[1])
          assert.is_truthy(message:find(told, 1, true), message)
          assert.are.equal(before, #transport.requests)
        end
      end)

      it(("that is nil is let through by %s:%s, because f(g()) is common"):format(class, name), function()
        local run = method_of(class, name)
        assert.has_no.errors(function() call(run, row.arguments, row.declared, nil, nil) end)
      end)
    end
  end)

  for name, row in pairs(surface.functions) do
    it("is not lost by " .. name, function()
      local run, declared = row[1], row[2]
      local given = { unpack(row, 3, 2 + declared) }
      for _, more in ipairs(surplus) do
        local message = message_of(function() call(run, given, declared, unpack(more, 2, more[1] + 1)) end)
        local told = ("%s takes %s, got %d"):format(name, words_for(declared), declared + more[1])
        assert.is_truthy(message:find(told, 1, true), message)
      end
      assert.has_no.errors(function() call(run, given, declared, nil) end)
    end)
  end

  it("never disconnects those who were to be kept", function()
    local objects, transport = surface.objects()
    for _, class in ipairs { "hub", "group", "user" } do
      local object = objects[class]
      assert.is_false(pcall(object.close_connections, object, { reason = "x" }, { except = { "a" } }))
    end
    assert.are.equal(0, #transport.requests)
  end)
end)

describe("the table of all methods", function()
  after_each(surface.close)

  it("has every method of every class, and no other", function()
    local objects = surface.objects()
    for class, object in pairs(objects) do
      for name, method in pairs(getmetatable(object).__index) do
        assert(type(method) ~= "function" or surface.methods[class][name],
          ("spec/support/surface.lua lacks %s:%s"):format(class, name))
      end
      for name in pairs(surface.methods[class]) do assert.is_function(object[name], class .. ":" .. name) end
    end
  end)

  it("calls each method rightly", function()
    surface.each(function(class, name, row)
      local run = method_of(class, name)
      assert.has_no.errors(function() run(unpack(row.arguments, 1, row.declared or #row.arguments)) end)
    end)
  end)
end)
