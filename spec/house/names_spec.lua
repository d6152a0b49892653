-- SPDX-License-Identifier: MIT
-- Names in C: what other files see begins with asr_; all else is static.
local source = require "spec.support.source"
local tree = require "spec.support.tree"

-- Names that others dictate: Lua's loader, the C runtime, libFuzzer.
local function dictated(path, name)
  return path:find("^csrc/binding/") and name:find("^luaopen_azure_signalr_")
    or path:find("^csrc/test/") and (name == "main" or name:find("^LLVMFuzzer"))
end

local function check(path, text)
  local complaints = {}
  local defined, declared = source.c_functions(text)
  for _, list in ipairs{ defined, declared } do
    for _, f in ipairs(list) do
      if not f.static and not f.name:find("^asr_") and not dictated(path, f.name) then
        complaints[#complaints + 1] = ("line %d: %s is neither static nor asr_"):format(f.first, f.name)
      end
    end
  end
  return complaints
end

describe("names in C", function()
  it("carry the prefix where other files see them", function()
    local paths = tree.matching("^csrc/.*%.[ch]$")
    assert.is_true(#paths > 10)
    assert.are.equal("", tree.complaints(paths, check))
  end)

  it("are seen without it", function()
    assert.are.same({ "line 2: helper is neither static nor asr_" }, check("csrc/core/a.c", "\nint helper(void) {}\n"))
    assert.are.same({ "line 1: helper is neither static nor asr_" }, check("csrc/core/a.h", "char *helper(int a);\n"))
    assert.are.same({ "line 1: main is neither static nor asr_" }, check("csrc/core/a.c", "int main(void) {}\n"))
    assert.are.same({}, check("csrc/core/a.c", "static int helper(void);\nint asr_x(void) { return y(); }\n"))
    assert.are.same({}, check("csrc/test/a.c", "int main(void) { return 0; }\n"))
  end)
end)
