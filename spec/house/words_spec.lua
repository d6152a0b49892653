-- SPDX-License-Identifier: MIT
-- Every file says its licence once; nothing is left for later; the paths of the
-- API stand in one place.
local tree = require "spec.support.tree"

local LICENCE = "SPDX-License" .. "-Identifier: MIT"
local LATER = { "TO" .. "DO", "FIX" .. "ME", "X" .. "XX", "HA" .. "CK" }

local function is_source(path, text)
  return path:find("%.lua$") or path:find("%.[ch]$") or path:find("%.m?js$") or path:find("%.rockspec$")
    or path:find("%.sh$") or path:find("Makefile$") or path:find("%.conf$") or text:sub(1, 2) == "#!"
end

local function check_licence(path, text)
  if not is_source(path, text) then return {} end
  local count, first = 0, nil
  for number, line in tree.lines(text) do
    if line:find(LICENCE, 1, true) then
      count, first = count + 1, first or number
    end
  end
  if count ~= 1 then return { ("names its licence %d times"):format(count) } end
  return first > 3 and { "names its licence too late" } or {}
end

local function check_later(path, text)
  local complaints = {}
  if path:find("%.pem$") or text:find("%z") then return complaints end
  for number, line in tree.lines(text) do
    for _, word in ipairs(LATER) do
      if line:find("%f[%w]" .. word .. "%f[%W]") then
        complaints[#complaints + 1] = ("line %d: %s"):format(number, word)
      end
    end
  end
  return complaints
end

-- In comments too: what they say would go stale.
local function check_paths(_, text)
  local complaints = {}
  for number, line in tree.lines(text) do
    if line:find("/api/hubs", 1, true) or line:find("/api/health", 1, true) or line:find("/api/auth", 1, true) then
      complaints[#complaints + 1] = ("line %d spells a path of the API"):format(number)
    end
  end
  return complaints
end

-- The emulator writes its routes down anew, so that the two can disagree.
local function may_spell_paths(path)
  return path == "lua/azure/signalr/operations.lua" or path:find("^lua/azure/signalr/emulator/")
    or path:find("^csrc/test/")
end

describe("files", function()
  it("name their licence once, at the top", function()
    assert.are.equal("", tree.complaints(tree.all(), check_licence))
  end)

  it("leave nothing for later", function()
    assert.are.equal("", tree.complaints(tree.all(), check_later))
  end)

  it("spell the paths of the API in one place", function()
    local paths = {}
    for _, path in ipairs(tree.matching("^lua/.*%.lua$", "^csrc/.*%.[ch]$", "^bin/", "^examples/.*%.lua$")) do
      if not may_spell_paths(path) then paths[#paths + 1] = path end
    end
    assert.is_true(#paths > 20)
    assert.are.equal("", tree.complaints(paths, check_paths))
  end)

  it("are caught when they do not", function()
    assert.are.same({ "names its licence 0 times" }, check_licence("a.lua", "x()\n"))
    assert.are.same({ "names its licence 2 times" }, check_licence("a.c", (" * " .. LICENCE .. "\n"):rep(2)))
    assert.are.same({ "names its licence too late" }, check_licence("a", "#!/bin/sh\n\n\n# " .. LICENCE .. "\n"))
    assert.are.same({}, check_licence("a.md", "text\n"))
    assert.are.same({ "line 2: " .. LATER[1] }, check_later("a.md", "x\n" .. LATER[1] .. ": y\n"))
    assert.are.same({}, check_later("a.sh", "mktemp /tmp/" .. ("X"):rep(6) .. "\n"))
    local path = '"/api' .. '/hubs/x"'
    local both = { "line 1 spells a path of the API", "line 2 spells a path of the API" }
    assert.are.same(both, check_paths("a.lua", "-- " .. path .. "\nf(" .. path .. ")\n"))
    assert.are.same({ both[1] }, check_paths("a.c", "f('/'); /* " .. path .. " */\n"))
    assert.are.same({}, check_paths("a.c", "f('/api');\n"))
  end)
end)
