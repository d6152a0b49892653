-- SPDX-License-Identifier: MIT
-- Each row of the table has a method with a doc comment that names it, a wire line, and a route in the emulator.
local lines = require "spec.wire.lines"
local operations = require "azure.signalr.operations"
local routes = require "azure.signalr.emulator.routes"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*a")
  file:close()
  return text
end

local sources = {}
for _, name in ipairs { "client", "hub", "group", "user", "connection", "stream" } do
  sources[#sources + 1] = read("lua/azure/signalr/" .. name .. ".lua")
end
local source = table.concat(sources, "\n")

-- The parameters of a path have a name of their own on each side.
local function shape(row) return row.method .. " " .. row.path:gsub("{.-}", "{}") end

local function route_of(row)
  for _, route in ipairs(routes.list) do
    if route.id == row.id and shape(route) == shape(row) then return route end
  end
end

describe("the table of operations", function()
  it("has the 26 operations, each once", function()
    assert.are.equal(26, #operations.rows)
    local seen = {}
    for _, row in ipairs(operations.rows) do
      assert.is_nil(seen[row.id], row.id)
      seen[row.id] = true
      assert.are.equal(row, operations[row.id])
    end
  end)

  local documented = {}
  for comment, code in source:gmatch("\n(%-%-%- .-\n)(function methods.-\nend\n)") do
    local id = comment:match("%-%- API operation: ([%w_]+)")
    if id then documented[id] = (documented[id] or "") .. comment .. code end
  end

  for _, row in ipairs(operations.rows) do
    describe(row.id, function()
      it("has a method whose doc comment names it and says what is returned", function()
        assert.is_string(documented[row.id], 'no method has the line "API operation: ' .. row.id .. '" in its comment')
        assert.is_truthy(documented[row.id]:find("@treturn", 1, true), "its comment has no @treturn")
      end)

      it("has a wire line", function()
        local found = false
        for _, line in ipairs(lines) do found = found or line[1] == row.id end
        assert.is_true(found, "spec/wire/lines.lua has no line that begins with " .. row.id)
      end)

      it("has a route in the emulator, which takes each parameter of its query", function()
        local route = route_of(row)
        assert.is_truthy(route, "the emulator has no route " .. shape(row) .. " of that name")
        for _, name in ipairs(row.query) do
          assert.is_true(route.takes[name:lower()], "the emulator's route does not take " .. name)
        end
      end)
    end)
  end

  it("knows no word that a row may not have", function()
    local words = {
      id = true, method = true, path = true, query = true, body = true, status = true, answer = true, repeats = true,
      absent_codes = true, gone_codes = true, error_kinds = true, timeout_kind = true, anonymous = true,
      takes_application = true, takes_excluded = true,
    }
    for _, row in ipairs(operations.rows) do
      for word in pairs(row) do assert.is_true(words[word], row.id .. " has the unknown word " .. word) end
      assert.is_true(row.repeats == "safe" or row.repeats == "undone", row.id .. " is neither safe nor undone")
    end
  end)

  it("has all that the emulator serves", function()
    for _, route in ipairs(routes.list) do
      assert.is_truthy(operations[route.id], "the table has no row " .. route.id .. ", which the emulator serves")
    end
  end)

  it("lets only what cannot deliver twice be repeated at will", function()
    local undone = {}
    for _, row in ipairs(operations.rows) do
      if row.repeats == "undone" then undone[#undone + 1] = row.id end
    end
    assert.are.same({
      "HubProxy_Execute", "SignalR_Broadcast", "HubProxy_InvokeClientConnection", "SignalR_SendToConnection",
      "HubProxy_CompleteConnectionStream", "HubProxy_SendToConnectionStream", "SignalR_GroupBroadcast",
      "SignalR_SendToUser",
    }, undone)
  end)
end)
