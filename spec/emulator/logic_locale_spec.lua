-- SPDX-License-Identifier: MIT
-- The emulator's logic may run inside any program, whose locale must not change what a name is or how a number is
-- written; and the hub client likewise.
local locales = require "spec.support.locales"
local source = require "spec.support.source"
local support = require "spec.support.pool"
local tree = require "spec.support.tree"

-- Classes of patterns that ask the locale, and functions that do.
local ASKING = { "%%[acglpuwACGLPUWS]", "%%s[*+%-]", "%[%^?[^%]]*%%s[^%]]*%][*+%-]" }
local CALLS = { ":lower%(", ":upper%(", "string%.lower", "string%.upper", "os%.date" }

local function check(path, text)
  local complaints = {}
  if path:find("/log%.lua$") then return complaints end -- the time of day, in digits
  local code = source.strip_comments(text)
  for _, pattern in ipairs(CALLS) do
    complaints[#complaints + 1] = code:match(pattern)
  end
  for literal in code:gmatch('"([^"\n]*)"') do
    for _, pattern in ipairs(ASKING) do
      complaints[#complaints + 1] = literal:match(pattern)
    end
  end
  return complaints
end

describe("a host's locale", function()
  local dir, names = locales.make()

  for _, name in ipairs(names) do
    it(name .. " changes nothing of what the emulator reads and writes", function()
      assert.are.equal("", support.lua({ "spec/emulator/locale_case.lua", name }, { LOCPATH = dir }))
    end)
  end

  it("is asked nowhere in the emulator and the hub client", function()
    local paths = tree.matching("^lua/azure/signalr/emulator/.*%.lua$", "^lua/azure/signalr/hubclient/.*%.lua$")
    assert.is_true(#paths > 50)
    assert.are.equal("", tree.complaints(paths, check))
    assert.are.same({ ":lower(" }, check("a.lua", "local x = s:lower()\n"))
    assert.are.same({ "%a" }, check("a.lua", 'local x = s:find("^%a")\n'))
  end)
end)
