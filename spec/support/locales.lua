-- SPDX-License-Identifier: MIT
-- Locales of the specs' own, made by glibc's localedef in build/locales (Debian: packages libc-bin and locales). They
-- write numbers and letters as hostile hosts do.
--   asr_XX           a decimal comma, dots between thousands, and "I" whose small letter is "y"
--   tr_TR.ISO-8859-9 Turkish in one byte a letter
local M = {}

local SOURCE = [[
comment_char %
escape_char /
LC_NUMERIC
decimal_point "<U002C>"
thousands_sep "<U002E>"
grouping 3;3
END LC_NUMERIC
LC_CTYPE
upper <U0041>..<U005A>
lower <U0061>..<U007A>
alpha <U0041>..<U005A>;<U0061>..<U007A>
digit <U0030>..<U0039>
xdigit <U0030>..<U0039>;<U0041>..<U0046>;<U0061>..<U0066>
space <U0009>..<U000D>;<U0020>
cntrl <U0000>..<U001F>;<U007F>
toupper UPPER
tolower LOWER
END LC_CTYPE
]]

-- Pairs of letters, from one case to the other.
local function pairs_of(from, to, other)
  local list = {}
  for i = 0, 25 do
    local letter = string.char(from:byte() + i)
    local becomes = other[letter] or string.char(to:byte() + i)
    list[#list + 1] = ("(<U%04X>,<U%04X>)"):format(letter:byte(), becomes:byte())
  end
  return table.concat(list, ";")
end

local function source()
  return (SOURCE:gsub("UPPER", pairs_of("a", "A", { i = "i" })):gsub("LOWER", pairs_of("A", "a", { I = "y" })))
end

local DIR = "build/locales"

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

-- localedef warns of the categories that are not there, and calls that a failure.
local function make(words, name)
  local at = DIR .. "/" .. name
  if not exists(at .. "/LC_CTYPE") then
    os.execute(("localedef -c %s %s >/dev/null 2>&1"):format(words, at))
  end
  return exists(at .. "/LC_CTYPE")
end

--- Makes them.
-- @treturn string directory for LOCPATH, from the root of the tree
-- @treturn table their names
function M.make()
  os.execute("mkdir -p " .. DIR)
  local file = assert(io.open(DIR .. "/source", "w"))
  file:write(source())
  file:close()
  local made = make("-i ./" .. DIR .. "/source -f ANSI_X3.4-1968", "asr_XX")
    and make("-i tr_TR -f ISO-8859-9", "tr_TR.ISO-8859-9")
  assert(made, "localedef makes no locale: is the package locales missing?")
  return DIR, { "asr_XX", "tr_TR.ISO-8859-9" }
end

return M
