-- SPDX-License-Identifier: MIT
-- A newcomer finds every file: each is named on its map.
local tree = require "spec.support.tree"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

describe("the map of the C core", function()
  it("names every file", function()
    local map, missing = read "csrc/README.md", {}
    for _, path in ipairs(tree.matching("^csrc/")) do
      local name = path:match("^csrc/[^/]+/([%w_]+)%.[ch]$")
      if name and not path:find("^csrc/test/") and not map:find("`" .. name .. "`", 1, true)
        and not map:find("`" .. name .. ".h`", 1, true) then
        missing[#missing + 1] = path
      end
    end
    assert.equal("", table.concat(missing, " "))
  end)

  it("names no file that is gone", function()
    local known, gone = {}, {}
    for _, path in ipairs(tree.matching("^csrc/")) do known[path:match("([%w_]+)%.[ch]$") or ""] = true end
    for row in read("csrc/README.md"):gmatch("\n| (`[^|]+) |") do
      for name in row:gmatch("`([%w_]+)[.h]*`") do
        if not known[name] then gone[#gone + 1] = name end
      end
    end
    assert.equal("", table.concat(gone, " "))
  end)
end)
