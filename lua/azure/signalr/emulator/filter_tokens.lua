-- SPDX-License-Identifier: MIT
--- The words of an OData filter, and how a mistake in it is told.
--   token = { kind = "text" | "number" | "word" | "(" | ")" | "," | "end", value, position }
-- Words come in lower case: OData of this service compares identifiers and operators without case.
local ascii = require "azure.signalr.emulator.ascii"
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local MAX_TOKENS = 4000

--- Ends the reading with an error, which `told` catches.
function M.fail(pos, message)
  error({ position = pos, message = message }, 0)
end

local function read_text(source, pos)
  local at = pos + 1
  while true do
    local quote = source:find("'", at, true)
    if not quote then M.fail(pos, "a text is not closed by a quote") end
    if source:sub(quote + 1, quote + 1) ~= "'" then
      return { kind = "text", value = source:sub(pos + 1, quote - 1):gsub("''", "'"), position = pos }, quote + 1
    end
    at = quote + 2
  end
end

local function read_number(source, pos)
  local digits = source:match("^%-?%d+%.%d+", pos) or source:match("^%-?%d+", pos)
  digits = digits .. (source:match("^[eE][+-]?%d+", pos + #digits) or "")
  local after = pos + #digits
  if source:find("^[A-Za-z0-9_.]", after) then
    M.fail(after, "unexpected " .. ascii.show_byte(source:sub(after, after)))
  end
  return { kind = "number", value = tonumber(digits), shown = digits, position = pos }, after
end

local function read_token(source, pos)
  local c = source:sub(pos, pos)
  if c == "" then return { kind = "end", value = "the end", position = pos }, pos end
  if c == "'" then return read_text(source, pos) end
  if c == "(" or c == ")" or c == "," then return { kind = c, value = c, position = pos }, pos + 1 end
  if source:find("^%-?%d", pos) then return read_number(source, pos) end
  local word = source:match("^[A-Za-z_][A-Za-z0-9_]*", pos)
  if not word then M.fail(pos, "unexpected " .. ascii.show_byte(c)) end
  return { kind = "word", value = ascii.lower(word), shown = word, position = pos }, pos + #word
end

--- All tokens of a filter, the end among them.
function M.read(source)
  local list, pos = {}, 1
  repeat
    pos = source:find("[^ \t\r\n]", pos) or #source + 1
    list[#list + 1], pos = read_token(source, pos)
    if #list > MAX_TOKENS then M.fail(pos, "the filter is too long") end
  until list[#list].kind == "end"
  return list
end

--- A token as a message shows it.
function M.show(token)
  if token.kind == "end" then return "the filter ends" end
  return ("unexpected '%s'"):format(ascii.clean(token.shown or tostring(token.value), 60))
end

-- The parser counts bytes, people count characters.
local function character_at(source, pos)
  return (utf8_text.len(source:sub(1, pos - 1)) or pos - 1) + 1
end

--- Calls a function that may `fail`.
-- @treturn[1] what the function gives
-- @treturn[2] nil
-- @treturn[2] string what is wrong, with the filter and a mark under the character
-- @treturn[2] number the character's position
function M.told(source, work)
  local ok, result = pcall(work)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  local at = character_at(source, result.position)
  return nil, ("the filter is wrong at position %d: %s\n%s\n%s^"):format(
    at, result.message, source, (" "):rep(at - 1)), at
end

return M
