-- SPDX-License-Identifier: MIT
-- Sizes: function 60 lines, C file 400, Lua file 300, 5 parameters, line 80
-- columns in C and 120 in Lua.
local source = require "spec.support.source"
local tree = require "spec.support.tree"

local FUNCTION, PARAMETERS = 60, 5
local FILE = { c = 400, lua = 300 }
local COLUMNS = { c = 80, lua = 120 }

local function language(path)
  if path:find("%.[ch]$") then return "c" end
  if path:find("%.lua$") then return "lua" end
end

local function check_functions(functions)
  local complaints = {}
  for _, f in ipairs(functions) do
    local length = f.last and f.last - f.first + 1 or 0
    if length > FUNCTION and not f.chapter then
      complaints[#complaints + 1] = ("line %d: %s has %d lines"):format(f.first, f.name, length)
    end
    if f.parameters > PARAMETERS then
      complaints[#complaints + 1] = ("line %d: %s has %d parameters"):format(f.first, f.name, f.parameters)
    end
  end
  return complaints
end

local function check_lines(path, text)
  local complaints, kind, count = {}, language(path), 0
  for number, line in tree.lines(text) do
    count = number
    local _, continuation = line:gsub("[\128-\191]", "")
    if #line - continuation > COLUMNS[kind] then
      complaints[#complaints + 1] = ("line %d is too long"):format(number)
    end
    if line:find("\t", 1, true) then complaints[#complaints + 1] = ("line %d holds a tab"):format(number) end
    if line:find("[ \r]$") then complaints[#complaints + 1] = ("line %d ends in space"):format(number) end
  end
  if count > FILE[kind] then complaints[#complaints + 1] = ("has %d lines"):format(count) end
  return complaints
end

local function check(path, text)
  local complaints = check_lines(path, text)
  local functions = source[language(path) .. "_functions"](text)
  for _, complaint in ipairs(check_functions(functions)) do complaints[#complaints + 1] = complaint end
  return complaints
end

describe("sizes", function()
  it("hold in every C and Lua file", function()
    local paths = tree.matching("^csrc/.*%.[ch]$", "%.lua$")
    assert.is_true(#paths > 20)
    assert.are.equal("", tree.complaints(paths, check))
  end)

  it("are seen when a Lua function is too long or takes too much", function()
    local long = "local function f()\n" .. ("  x = 'end' -- end\n"):rep(59) .. "end\n"
    assert.are.same({ "line 1: f has 61 lines" }, check("a.lua", long))
    assert.are.same({}, check("a.lua", "local function f()\n" .. ("  if x then y() end\n"):rep(58) .. "end\n"))
    assert.are.same({ "line 2: M.f has 6 parameters" }, check("a.lua", "\nfunction M.f(a, b, c, d,\n  e, ...) end\n"))
    local chapter = 'describe("x", function()\n' .. ("  y()\n"):rep(70) .. "end)\n"
    assert.are.same({}, check("a_spec.lua", chapter))
    assert.are.same({ "line 1: a function has 72 lines" }, check("a_spec.lua", (chapter:gsub("describe", "it"))))
  end)

  it("are seen when a C function is too long or takes too much", function()
    local body = "{\n" .. ('  x("}"); /* } */\n'):rep(58) .. "}\n"
    assert.are.same({}, check("a.c", "static int f(void) " .. body))
    assert.are.same({ "line 2: f has 61 lines" }, check("a.c", "\nstatic int\nf(int a) " .. body))
    assert.are.same({ "line 1: g has 6 parameters" },
      check("a.c", "static int g(int a, int (*b)(int, int), int c, int d, int e, int f) {}\n"))
    local macro = "#define M(a, b, c, d, e, f) \\\n  do { g(a); } while (0)\n"
    assert.are.same({}, check("a.c", macro .. "static int t[] = {1};\n"))
    assert.are.same({ "line 1: TEST has 61 lines" }, check("a.c", "TEST(name)\n" .. body))
  end)

  it("are seen in files and lines", function()
    assert.are.same({ "has 301 lines" }, check("a.lua", ("x()\n"):rep(301)))
    assert.are.same({ "has 401 lines" }, check("a.h", ("int x;\n"):rep(401)))
    assert.are.same({ "line 1 is too long" }, check("a.h", "/* " .. ("x"):rep(78) .. "\n*/\n"))
    assert.are.same({}, check("a.h", "/* " .. ("\195\164"):rep(74) .. " */\n"))
    assert.are.same({ "line 1 is too long" }, check("a.lua", "--" .. ("x"):rep(119)))
    assert.are.same({ "line 1 holds a tab", "line 2 ends in space" }, check("a.lua", "\tx()\nx() \n"))
  end)
end)
