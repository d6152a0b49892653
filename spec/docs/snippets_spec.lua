-- SPDX-License-Identifier: MIT
-- Every Lua snippet of the documents that loads the library is run against an emulator; fragments, and what belongs
-- in nginx (spec/resty runs that), must compile.
local emulator = require "spec.support.emulator"

local pages = { "README.md", "docs/guide.md", "docs/games.md", "docs/emulator.md",
  "docs/design.md", "docs/openresty.md" }

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function snippets(path)
  local found, line, block = {}, 0, nil
  for text in (read(path) .. "\n"):gmatch("(.-)\n") do
    line = line + 1
    if text == "```lua" then
      block = { line = line, path = path }
    elseif text == "```" and block then
      block.text = table.concat(block, "\n") .. "\n"
      found[#found + 1], block = block, nil
    elseif block then
      block[#block + 1] = text
    end
  end
  return found
end

-- What a snippet prints is checked where it says so: `print(...)   --> text`.
local function promised(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    local promise = line:match("%-%->%s*(.-)%s*$")
    if promise then lines[#lines + 1] = promise end
  end
  return lines
end

local function environment(connection_string, printed)
  local system = setmetatable({
    getenv = function(name)
      if name == "AZURE_SIGNALR_CONNECTION_STRING" then return connection_string end
      return os.getenv(name)
    end,
  }, { __index = os })
  return setmetatable({
    os = system,
    print = function(...)
      local words = { ... }
      for i = 1, select("#", ...) do words[i] = tostring(words[i]) end
      printed[#printed + 1] = table.concat(words, "\t")
    end,
  }, { __index = _G })
end

local function compile(snippet, env)
  local name = ("=%s:%d"):format(snippet.path, snippet.line)
  if not setfenv then return assert(load(snippet.text, name, "t", env)) end -- luacheck: ignore 113
  return setfenv(assert(loadstring(snippet.text, name)), env) -- luacheck: ignore 113
end

local function is_whole(snippet)
  return snippet.path ~= "docs/openresty.md"
    and (snippet.text:find('require "azure.signalr"', 1, true)
      or snippet.text:find('require "azure.signalr.testing"', 1, true)) ~= nil
end

local function run(snippet, connection_string)
  local printed = {}
  compile(snippet, environment(connection_string, printed))()
  local all = table.concat(printed, "\n")
  for _, promise in ipairs(promised(snippet.text)) do
    assert(("\n" .. all .. "\n"):find("\n" .. promise .. "\n", 1, true),
      ("%s:%d promises to print %q; printed:\n%s"):format(snippet.path, snippet.line, promise, all))
  end
end

describe("the documents' snippets", function()
  local server
  setup(function() server = emulator.start() end)
  teardown(function() server:stop() end)

  for _, path in ipairs(pages) do
    for _, snippet in ipairs(snippets(path)) do
      if is_whole(snippet) then
        it(("%s:%d runs"):format(path, snippet.line), function() run(snippet, server.connection_string) end)
      else
        it(("%s:%d compiles"):format(path, snippet.line), function() compile(snippet, {}) end)
      end
    end
  end

  it("are found at all", function()
    assert.is_true(#snippets("README.md") >= 5)
    assert.is_true(#snippets("docs/guide.md") >= 10)
  end)

  it("fail when a snippet does not keep its promise", function()
    local bad = { path = "here", line = 1, text = "print(1) --> 2" }
    assert.has_error(function() run(bad, server.connection_string) end)
  end)
end)

describe("the documents", function()
  local operations = require "azure.signalr.operations"
  local readme = read("README.md")

  it("have a row in the README's table for each operation", function()
    for _, row in ipairs(operations.rows) do
      assert(readme:find("| `" .. row.id .. "` |", 1, true), "the README's table lacks " .. row.id)
    end
  end)

  it("name every option of a client in the guide's table", function()
    local code = read("lua/azure/signalr/options.lua")
    local rows, count = read("docs/guide.md"):match("\n## Options\n(.-)\n## "), 0
    for list in code:gmatch("local c%l+_options = (%b{})") do
      for name in list:gmatch("\n  ([%l_%d]+) = ") do
        count = count + 1
        assert(rows:find("`" .. name .. "`", 1, true), "the guide's table of options lacks " .. name)
      end
    end
    assert.is_true(count > 20)
  end)

  it("link to pages that are there", function()
    for _, path in ipairs(pages) do
      local folder = path:match("^(.*/)") or ""
      for link in read(path):gmatch("%]%(([%w_%./%-]+)%)") do
        local file = io.open(folder .. link, "rb")
        assert(file, path .. " links to " .. link .. ", which is not there")
        file:close()
      end
    end
  end)
end)
