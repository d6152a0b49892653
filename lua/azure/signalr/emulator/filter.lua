-- SPDX-License-Identifier: MIT
--- The OData filter of `:execute`, compiled to a function of a connection.
--   expression = and-part { "or" and-part } ; and-part = not-part { "and" not-part }
--   not-part   = "not" not-part | test
--   test       = "(" expression ")" | function "(" value "," value ")" | "true" | "false"
--              | value ("eq" | "ne") value | value "in" ("groups" | "(" value { "," value } ")")
--   value      = 'text' (a quote inside is doubled) | userId | connectionId | null
-- Keywords are lower-case. What is missing (userId of an anonymous client) is null: it equals null
-- alone, and no function holds for it.
local utf8_text = require "azure.signalr.emulator.utf8_text"

local M = {}

local MAX_DEPTH, MAX_TOKENS = 100, 4000

local function fail(pos, message)
  error({ position = pos, message = message }, 0)
end

-- ---- tokens: { kind = "text" | "word" | "(" | ")" | "," | "end", value, position }

local function read_text(source, pos)
  local at = pos + 1
  while true do
    local quote = source:find("'", at, true)
    if not quote then fail(pos, "a text is not closed by a quote") end
    if source:sub(quote + 1, quote + 1) ~= "'" then
      return { kind = "text", value = source:sub(pos + 1, quote - 1):gsub("''", "'"), position = pos }, quote + 1
    end
    at = quote + 2
  end
end

local function read_token(source, pos)
  local c = source:sub(pos, pos)
  if c == "" then return { kind = "end", value = "the end", position = pos }, pos end
  if c == "'" then return read_text(source, pos) end
  if c == "(" or c == ")" or c == "," then return { kind = c, value = c, position = pos }, pos + 1 end
  local word = source:match("^[%a_][%w_]*", pos)
  if not word then
    local shown = c:find("[%c\128-\255]") and ("byte 0x%02X"):format(c:byte()) or ("'%s'"):format(c)
    fail(pos, "unexpected " .. shown)
  end
  return { kind = "word", value = word, position = pos }, pos + #word
end

local function tokens_of(source)
  local list, pos = {}, 1
  repeat
    pos = source:find("[^ \t\r\n]", pos) or #source + 1
    list[#list + 1], pos = read_token(source, pos)
    if #list > MAX_TOKENS then fail(pos, "the filter is too long") end
  until list[#list].kind == "end"
  return list
end

-- ---- the parser: a cursor over the tokens

local Parser = {}
Parser.__index = Parser

function Parser:peek(word)
  local token = self.tokens[self.at]
  if word then return token.kind == "word" and token.value == word end
  return token
end

function Parser:take()
  local token = self.tokens[self.at]
  if token.kind ~= "end" then self.at = self.at + 1 end
  return token
end

local function show(token)
  if token.kind == "end" then return "the filter ends" end
  return ("unexpected '%s'"):format(token.value)
end

function Parser:expect(kind)
  local token = self:take()
  if token.kind ~= kind then fail(token.position, ("%s, expected '%s'"):format(show(token), kind)) end
end

local PROPERTIES = {
  userId = function(connection) return connection.user_id end,
  connectionId = function(connection) return connection.connection_id end,
  null = function() return nil end,
}

local FUNCTIONS = {
  startswith = function(text, part) return text:sub(1, #part) == part end,
  endswith = function(text, part) return part == "" or text:sub(-#part) == part end,
  contains = function(text, part) return text:find(part, 1, true) ~= nil end,
}

function Parser:value()
  local token = self:take()
  if token.kind == "text" then
    return function() return token.value end
  end
  local property = token.kind == "word" and PROPERTIES[token.value]
  if property then return property end
  fail(token.position, show(token) .. ", expected userId, connectionId, null or a text in single quotes")
end

function Parser:call(name)
  self:take()
  self:expect("(")
  local first = self:value()
  self:expect(",")
  local second = self:value()
  self:expect(")")
  local test = FUNCTIONS[name]
  return function(connection)
    local text, part = first(connection), second(connection)
    return text ~= nil and part ~= nil and test(text, part)
  end
end

function Parser:value_list()
  local values = {}
  self:expect("(")
  repeat
    values[#values + 1] = self:value()
    local token = self:take()
    if token.kind ~= "," and token.kind ~= ")" then
      fail(token.position, show(token) .. ", expected ',' or ')'")
    end
  until token.kind == ")"
  return values
end

function Parser:membership(value)
  if self:peek("groups") then
    self:take()
    return function(connection)
      local group = value(connection)
      return group ~= nil and connection.hub.groups:has(connection, group)
    end
  end
  if self:peek().kind ~= "(" then
    fail(self:peek().position, show(self:peek()) .. ", expected groups or a list in parentheses")
  end
  local values = self:value_list()
  return function(connection)
    local wanted = value(connection)
    for _, one in ipairs(values) do
      if one(connection) == wanted then return true end
    end
    return false
  end
end

function Parser:comparison()
  local left = self:value()
  local token = self:take()
  local operator = token.kind == "word" and token.value
  if operator == "in" then return self:membership(left) end
  if operator ~= "eq" and operator ~= "ne" then
    fail(token.position, show(token) .. ", expected eq, ne or in")
  end
  local right = self:value()
  return function(connection)
    return (left(connection) == right(connection)) == (operator == "eq")
  end
end

function Parser:test()
  local token = self:peek()
  if token.kind == "(" then
    self:take()
    local inner = self:expression()
    self:expect(")")
    return inner
  end
  if token.kind == "word" and (token.value == "true" or token.value == "false") then
    self:take()
    return function() return token.value == "true" end
  end
  if token.kind == "word" and FUNCTIONS[token.value] then return self:call(token.value) end
  return self:comparison()
end

function Parser:not_part()
  if not self:peek("not") then return self:test() end
  local token = self:take()
  self.depth = self.depth + 1
  if self.depth > MAX_DEPTH then fail(token.position, "nested too deep") end
  local inner = self:not_part()
  self.depth = self.depth - 1
  return function(connection) return not inner(connection) end
end

-- Parts joined by a word; `decides` is the value that settles the result.
function Parser:joined(word, part, decides)
  local parts = { part(self) }
  while self:peek(word) do
    self:take()
    parts[#parts + 1] = part(self)
  end
  if #parts == 1 then return parts[1] end
  return function(connection)
    for _, one in ipairs(parts) do
      if one(connection) == decides then return decides end
    end
    return not decides
  end
end

function Parser:and_part()
  return self:joined("and", self.not_part, false)
end

function Parser:expression()
  self.depth = self.depth + 1
  if self.depth > MAX_DEPTH then fail(self:peek().position, "nested too deep") end
  local result = self:joined("or", self.and_part, true)
  self.depth = self.depth - 1
  return result
end

local function parse(source)
  local parser = setmetatable({ tokens = tokens_of(source), at = 1, depth = 0 }, Parser)
  local matches = parser:expression()
  local rest = parser:peek()
  if rest.kind ~= "end" then fail(rest.position, show(rest) .. " after the expression") end
  return matches
end

-- The parser counts bytes, people count characters.
local function character_at(source, pos)
  return (utf8_text.len(source:sub(1, pos - 1)) or pos - 1) + 1
end

--- Compiles a filter.
-- @tparam string source
-- @treturn function|nil matches(connection): the connection has user_id, connection_id, hub.groups
-- @treturn string|nil what is wrong, with the filter and a mark under the character
-- @treturn number|nil the character's position
function M.compile(source)
  local ok, result = pcall(parse, source)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  local at = character_at(source, result.position)
  return nil, ("the filter is wrong at position %d: %s\n%s\n%s^"):format(
    at, result.message, source, (" "):rep(at - 1)), at
end

return M
