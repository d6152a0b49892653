-- SPDX-License-Identifier: MIT
-- The C code asks no locale: a host may set one at any moment, and numbers, names and codes must not change with it.
local source = require "spec.support.source"
local tree = require "spec.support.tree"

local ASKING = {}
for name in ([[
  strtod strtof strtold atof scanf sscanf fscanf vsscanf setlocale localeconv nl_langinfo strftime strptime strcoll
  strxfrm strcasecmp strncasecmp strcasestr tolower toupper isalpha isdigit isalnum isspace isupper islower isprint
  isxdigit ispunct iscntrl isgraph isblank mbstowcs wcstombs mbrtowc wcrtomb lua_str2number
]]):gmatch("%S+") do ASKING[name] = true end

local function check(_, text)
  local complaints = {}
  for name in source.strip_c(text):gmatch("([%a_][%w_]*)%s*%(") do
    if ASKING[name] then complaints[#complaints + 1] = "calls " .. name .. ", which asks the locale" end
  end
  for literal in source.strip_comments(text, true):gmatch('"([^"\n]*)"') do
    local format = literal:match("%%[%d%.%*+%- #]*[aefgAEFG]")
    if format then complaints[#complaints + 1] = "writes with " .. format .. ", whose point is the locale's" end
  end
  return complaints
end

describe("the C code", function()
  it("asks no locale", function()
    local paths = {}
    for _, path in ipairs(tree.matching("^csrc/.*%.[ch]$")) do
      if not path:find("^csrc/test/") then paths[#paths + 1] = path end
    end
    assert.is_true(#paths > 30)
    assert.are.equal("", tree.complaints(paths, check))
  end)

  it("is caught when it does", function()
    assert.are.same({ "calls tolower, which asks the locale" }, check("", "int f(void) { return tolower (1); }\n"))
    assert.are.same({ "writes with %.14g, whose point is the locale's" }, check("", 'x(b, "a %.14g");\n'))
    assert.are.same({}, check("", '/* strtod(), "%g" */ int f(void) { return asr_lower(1) + g("%d %s"); }\n'))
  end)
end)
