-- SPDX-License-Identifier: MIT
-- One source for Lua 5.4 and LuaJIT: the syntax of 5.1 and nothing newer.
local source = require "spec.support.source"
local tree = require "spec.support.tree"

-- What is newer than 5.1, as patterns on code without comments and strings.
local NEWER = {
  ["//"] = "integer division", ["%f[%w_]goto%s+[%a_]"] = "goto", ["::"] = "a label", ["&"] = "the operator &",
  ["|"] = "the operator |", ["<<"] = "the operator <<", [">>"] = "the operator >>", ["~[^=]"] = "the operator ~",
  ["<%s*const%s*>"] = "an attribute", ["<%s*close%s*>"] = "an attribute", ["0[xX]%x*%.%x"] = "a hexadecimal fraction",
}

local compile = loadstring or load -- luacheck: ignore 113

local function check(path, text)
  local complaints = {}
  local ok, why = compile((text:gsub("^#[^\n]*", "")), "@" .. path)
  if not ok then complaints[1] = why end
  for number, line in tree.lines(source.strip_lua((text:gsub("^#[^\n]*", "")))) do
    for pattern, name in pairs(NEWER) do
      if line:find(pattern) then complaints[#complaints + 1] = ("line %d: %s"):format(number, name) end
    end
  end
  return complaints
end

describe("Lua files", function()
  it("keep to the syntax of 5.1", function()
    local paths = tree.matching("%.lua$")
    assert.is_true(#paths > 20)
    assert.are.equal("", tree.complaints(paths, check))
  end)

  it("are caught with anything newer", function()
    -- The samples are put together here so that they are no code of this file.
    for code, name in pairs{
      ["local a = 7 / / 2"] = "integer division", ["local a = 1 & 2"] = "the operator &",
      ["local a = 1 < < 2"] = "the operator <<", ["local a = ~ 2"] = "the operator ~",
      ["local a < close > = b"] = "an attribute", ["do goto x end"] = "goto", ["do : : x: : end"] = "a label",
    } do
      local found = table.concat(check("a.lua", (code:gsub("([/<:]) ", "%1"))), "\n")
      assert.is_truthy(found:find(name, 1, true), code .. "\n" .. found)
    end
    assert.is_truthy(check("a.lua", "local = 1")[1])
    assert.are.same({}, check("a.lua", "#!/usr/bin/lua\nlocal a = b ~= 'x // y' -- a & b\n"))
  end)
end)
