-- SPDX-License-Identifier: MIT
-- A host may take globals away, or change them, once the library is loaded: no function of the client's reads or sets
-- one, nor a method of strings. What nothing can stand in for is wanted by globals.lua, and taken as a local at the
-- head of a file; the rest comes from there.
local process = require "spec.support.process"

-- The base functions that globals.lua asks the host for.
local WANTED = {}
for name in ([[
  error getmetatable ipairs next pairs pcall require select setmetatable tonumber tostring type
]]):gmatch "%a+" do WANTED[name] = true end

local function files()
  local _, text = process.run { "git", "ls-files", "lua/azure/signalr/*.lua" }
  local found = {}
  for path in text:gmatch "[^\n]+" do
    local apart = path:find "/emulator/" or path:find "/hubclient/" or path:find "/resty" -- programs, and nginx
    local own = path:find "/globals%.lua$" or path:find "/build%.lua$" -- these ask the host
    if not apart and not own then found[#found + 1] = path end
  end
  return found
end

-- Lines of the listing that read or set a global, with the function that does.
local function accesses(path)
  local fine, listing = process.run { "luac5.4", "-l", "-p", path }
  assert(fine, listing)
  local found, inside = {}, nil
  for line in listing:gmatch "[^\n]+" do
    inside = line:match "^(%a+) <" or inside
    local number, access, name = line:match '%[(%d+)%]%s+(%a)ETTABUP.*; _ENV "([%w_]+)"'
    if not name then
      number, name = line:match '%[(%d+)%]%s+SELF.*; "(%l+)"' -- a method of strings is read from what string is then
      name = string[name or ""] and "string." .. name
    end
    if name then
      found[#found + 1] = { at = path .. ":" .. number, name = name, at_load = inside == "main" and access == "G" }
    end
  end
  return found
end

describe("the files of the client", function()
  it("read no global in a function, where a sandbox may have taken it away", function()
    local all = files()
    assert.is_true(#all > 40)
    local wrong = {}
    for _, path in ipairs(all) do
      for _, access in ipairs(accesses(path)) do
        if not access.at_load or not WANTED[access.name] then
          wrong[#wrong + 1] = access.at .. ": " .. access.name
        end
      end
    end
    assert.equal("", table.concat(wrong, "\n"))
  end)
end)
