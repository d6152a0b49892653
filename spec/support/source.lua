-- SPDX-License-Identifier: MIT
-- Just enough reading of Lua and C for the specs of the house: comments and
-- strings blanked out, and the functions of a file with lines and parameters.
local M = {}

-- Blanks everything but line ends, so that positions and lines stay.
local function blank(text)
  return (text:gsub("[^\n]", " "))
end

local function short_string_end(text, from, quote)
  local at = from + 1
  while true do
    local hit = text:find("[" .. quote .. "\\\n]", at)
    if not hit then return #text end
    local c = text:sub(hit, hit)
    if c ~= "\\" then return hit end
    at = hit + 2
  end
end

local function long_end(text, from, level)
  local _, last = text:find("]" .. level .. "]", from, true)
  return last or #text
end

-- The end of what opens at `from` in Lua and is no code, or nil.
local function lua_opaque(text, from)
  local c = text:sub(from, from)
  if c == '"' or c == "'" then return short_string_end(text, from, c) end
  local level = text:match("^%-%-%[(=*)%[", from) or text:match("^%[(=*)%[", from)
  if level then return long_end(text, from, level) end
  if c == "-" and text:sub(from, from + 1) == "--" then return (text:find("\n", from, true) or #text + 1) - 1 end
end

-- The same for C.
local function c_opaque(text, from)
  local two = text:sub(from, from + 1)
  if two == "/*" then
    local _, last = text:find("*/", from + 2, true)
    return last or #text
  end
  if two == "//" then return (text:find("\n", from, true) or #text + 1) - 1 end
  local c = two:sub(1, 1)
  if c == '"' or c == "'" then return short_string_end(text, from, c) end
end

local function strip(text, interesting, opaque)
  local out, at = {}, 1
  while true do
    local hit = text:find(interesting, at)
    if not hit then break end
    local last = opaque(text, hit)
    out[#out + 1] = text:sub(at, hit - 1)
    out[#out + 1] = last and blank(text:sub(hit, last)) or text:sub(hit, hit)
    at = (last or hit) + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

--- Lua without comments and strings; lines and columns stay.
function M.strip_lua(text)
  return strip(text, "[\"'%[-]", lua_opaque)
end

--- C without comments and strings.
function M.strip_c(text)
  return strip(text, "[\"'/]", c_opaque)
end

--- Lua or C without comments, strings kept.
function M.strip_comments(text, is_c)
  local opaque = is_c and c_opaque or lua_opaque
  local out, at = {}, 1
  while true do
    local hit = text:find("[\"'%[/-]", at)
    if not hit then break end
    local last = opaque(text, hit)
    local piece = text:sub(hit, last or hit)
    out[#out + 1] = text:sub(at, hit - 1)
    out[#out + 1] = piece:find(is_c and "^/[/*]" or "^%-%-") and blank(piece) or piece
    at = (last or hit) + 1
  end
  out[#out + 1] = text:sub(at)
  return table.concat(out)
end

local function count_names(list)
  local n = 0
  for name in list:gmatch("[^,]+") do
    if name:find("%S") then n = n + 1 end
  end
  return n
end

local OPENS = { ["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true }
local CLOSES = { ["end"] = true, ["until"] = true }

-- Describe blocks hold whole chapters of a spec; they are no functions to read.
local function is_chapter(code, at)
  local caller = code:sub(math.max(1, at - 300), at - 1):match("%f[%w](%w+)%s*%([^()]*$")
  return caller == "describe" or caller == "insulate"
end

local function lua_function(code, at, line)
  local name, list = code:match("^function%s*([%w_.:]*)%s*%(([^)]*)%)", at)
  return { name = name ~= "" and name or "a function", first = line, parameters = count_names(list or ""),
    chapter = is_chapter(code, at) }
end

--- The functions of a Lua file.
-- @treturn table array of { name, first, last (lines), parameters, chapter }
function M.lua_functions(text)
  local code = M.strip_lua(text)
  local found, open, line, at = {}, {}, 1, 1
  for from, word, past in code:gmatch("()([%a_][%w_]*)()") do
    local _, breaks = code:sub(at, from - 1):gsub("\n", "")
    line, at = line + breaks, past
    if OPENS[word] then
      open[#open + 1] = word == "function" and lua_function(code, from, line) or false
    elseif CLOSES[word] then
      local opened = table.remove(open)
      if opened then
        opened.last = line
        found[#found + 1] = opened
      end
    end
  end
  return found
end

-- Commas of a C parameter list, those of nested function pointers not counted.
local function c_parameters(list)
  list = list:sub(2, -2):gsub("%b()", "")
  if not list:find("%S") or list:find("^%s*void%s*$") then return 0 end
  return count_names(list)
end

-- Reads a head such as `static int asr_f(int a)`, or `TEST(name)` where a macro
-- makes one; nil for anything else.
local function c_head(head)
  if head:find("=") or head:find("^%s*typedef") then return nil end
  local before, name, list = head:match("^(.-)([%a_][%w_]*)%s*(%b())%s*[%w_%s]*$")
  if not name then return nil end
  local macro = not before:find("%a")
  local static = macro or before:find("%f[%w_]static%f[^%w_]") ~= nil
  return { name = name, static = static, macro = macro, parameters = c_parameters(list) }
end

local function line_at(text, at)
  local _, breaks = text:sub(1, at - 1):gsub("\n", "")
  return breaks + 1
end

-- Preprocessor lines, with their continuations, are no code here.
local function without_directives(code)
  code = ("\n" .. code):gsub("\n[ \t]*#[^\n]*", function(piece) return (piece:gsub("[^\n\\]", " ")) end)
  local again
  repeat code, again = code:gsub("(\\\n)[^\n]-([\\]?\n)", function(_, last) return " \n" .. last end) until again == 0
  return code:gsub("\\", " "):sub(2)
end

--- The functions that a C file defines, and the prototypes it declares.
-- @treturn table array of { name, static, parameters, first, last }
-- @treturn table array of { name, static, parameters, first }
function M.c_functions(text)
  local code = without_directives(M.strip_c(text))
  local defined, declared, at = {}, {}, 1
  while true do
    local stop = code:find("[;{]", at)
    if not stop then return defined, declared end
    local head = c_head(code:sub(at, stop - 1))
    local from = code:find("%S", at) or at
    if code:sub(stop, stop) == ";" then
      if head and not head.macro then
        head.first = line_at(code, from)
        declared[#declared + 1] = head
      end
      at = stop + 1
    else
      local _, last = code:find("%b{}", stop)
      last = last or #code
      if head then
        head.first, head.last = line_at(code, from), line_at(code, last)
        defined[#defined + 1] = head
      end
      at = last + 1
    end
  end
end

return M
