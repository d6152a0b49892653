-- SPDX-License-Identifier: MIT
-- The guide's table of options says the defaults that there are, and the limits.
local core = require "azure.signalr.core"
local signalr = require "azure.signalr"
local testing = require "azure.signalr.testing"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

-- Name of an option -> its default, as the table writes it, and the rest of its row.
local function rows()
  local found = {}
  local section = read("docs/guide.md"):match("\n## Options\n(.-)\n## ")
  for names, defaults, text in section:gmatch("\n| (`[^|]-) | ([^|]-) | ?([^\n]-) |") do
    local values = {}
    for value in (defaults .. ", "):gmatch("(.-), ") do values[#values + 1] = value end
    local i = 0
    for name in names:gmatch("`([%l_%d]+)`") do
      i = i + 1
      found[name] = { values[i] or "", text }
    end
  end
  return found
end

describe("the guide's table of options", function()
  local config = signalr.new("Endpoint=http://h;AccessKey=k", { transport = testing.transport() }).context.config
  local found = rows()

  it("says the defaults", function()
    local count = 0
    for name in read("lua/azure/signalr/options.lua"):gmatch("\n  ([%l_%d]+) = { [^\n]*, [^\n{}]* },") do
      local value = config[name]
      if type(value) == "number" or type(value) == "boolean" then
        count = count + 1
        assert.are.equal(tostring(value), ((found[name] or {})[1] or "nothing"):gsub("`", ""), name)
      end
    end
    assert.is_true(count >= 10)
    assert.are.equal('`"refuse"`', found.queue_policy[1])
    assert.is_truthy(read("docs/guide.md"):find(("{ max = %d, base = %s, cap = %d }"):format(config.retry.max,
      core.json_encode(config.retry.base), config.retry.cap), 1, true))
  end)

  it("says the limits that a program may meet", function()
    assert.is_truthy(found.max_connections[2]:find(core.limits.max_connections .. " at most", 1, true))
    assert.is_truthy(found.max_in_flight[2]:find(core.limits.max_in_flight .. " at most", 1, true))
    assert.is_truthy(read("docs/guide.md"):find("seconds,\n" .. core.limits.timeout .. " at most", 1, true))
  end)
end)
