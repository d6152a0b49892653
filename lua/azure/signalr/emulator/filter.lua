-- SPDX-License-Identifier: MIT
--- The OData filter of `:execute`, compiled to a function of a connection.
--   expression = and-part { "or" and-part } ; and-part = not-part { "and" not-part }
--   not-part   = "not" not-part | test
--   test       = value [ ("eq" | "ne" | "gt" | "ge" | "lt" | "le") value
--              | "in" ("groups" | "(" value { "," value } ")") ]
--   value      = 'text' (a quote inside is doubled) | number | true | false | null | userId | connectionId
--              | function "(" value { "," value } ")" | "(" expression ")"
-- Identifiers, functions and operators are compared without case. What is missing (userId of an anonymous client) is
-- null: it equals null alone, no other comparison and no function holds for it.
local functions = require "azure.signalr.emulator.filter_functions"
local pace = require "azure.signalr.emulator.pace"
local tokens = require "azure.signalr.emulator.filter_tokens"

local M = {}

local MAX_DEPTH = 100
local fail, show = tokens.fail, tokens.show

-- ---- the parser: a cursor over the tokens. Each part of it returns a node: { kind, of(connection), position }; the
-- kind is "text", "number", "boolean" or "null".

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

function Parser:expect(kind)
  local token = self:take()
  if token.kind ~= kind then fail(token.position, ("%s, expected '%s'"):format(show(token), kind)) end
end

function Parser:deeper(token)
  self.depth = self.depth + 1
  if self.depth > MAX_DEPTH then fail(token.position, "nested too deep") end
end

local NAMES = { text = "a text", number = "a number", boolean = "true or false", null = "null" }

-- null goes with every kind.
local function same_kind(a, b)
  return a == b or a == "null" or b == "null"
end

local function want(node, kind, what)
  if same_kind(node.kind, kind) then return node end
  fail(node.position, ("%s must be %s, not %s"):format(what, NAMES[kind], NAMES[node.kind]))
end

local function constant(kind, value)
  return { kind = kind, of = function() return value end }
end

local WORDS = {
  userid = { kind = "text", of = function(connection) return connection.user_id end },
  connectionid = { kind = "text", of = function(connection) return connection.connection_id end },
  null = constant("null", nil), ["true"] = constant("boolean", true), ["false"] = constant("boolean", false),
}

-- At the place where a value is wanted; nil when none begins here.
function Parser:primary()
  local token = self:peek()
  if token.kind == "text" or token.kind == "number" then
    self:take()
    return constant(token.kind, token.value)
  elseif token.kind == "(" then
    self:take()
    local inner = self:expression()
    self:expect(")")
    return { kind = inner.kind, of = inner.of }
  elseif token.kind == "word" and functions.FUNCTIONS[token.value] then
    return self:call(self:take())
  end
  local word = token.kind == "word" and WORDS[token.value]
  if word then self:take() end
  return word and { kind = word.kind, of = word.of }
end

local VALUES = ", expected userId, connectionId, null or a text in single quotes, a number or a function"

function Parser:value()
  local token = self:peek()
  local node = self:primary()
  if not node then
    fail(token.position, show(token) .. VALUES)
  end
  node.position = token.position
  return node
end

function Parser:arguments(name, takes)
  local list = {}
  self:expect("(")
  repeat
    list[#list + 1] = want(self:value(), takes[#list + 1], ("argument %d of %s"):format(#list + 1, name))
    local token = self:take()
    local more, enough = #list < #takes, #list >= takes.least
    if not (more and token.kind == ",") and not (enough and token.kind == ")") then
      fail(token.position, ("%s, expected '%s'"):format(show(token), enough and ")" or ","))
    end
  until token.kind == ")"
  return list
end

function Parser:call(token)
  self:deeper(token)
  local called = functions.FUNCTIONS[token.value]
  local list = self:arguments(token.value, called)
  self.depth = self.depth - 1
  local a, b, c = list[1], list[2], list[3]
  return { kind = called.gives, of = function(connection)
    local first, second, third = a.of(connection), b and b.of(connection), c and c.of(connection)
    if first == nil or (b and second == nil) or (c and third == nil) then return nil end
    return called.call(first, second, third)
  end }
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

-- After "in".
function Parser:membership(left)
  local token = self:peek()
  if self:peek("groups") then
    self:take()
    want(left, "text", "a group's name")
    return { kind = "boolean", of = function(connection)
      local group = left.of(connection)
      return group ~= nil and connection.hub.groups:has(connection, group)
    end }
  end
  if token.kind ~= "(" then fail(token.position, show(token) .. ", expected groups or a list in parentheses") end
  local values = self:value_list()
  for _, one in ipairs(values) do want(one, left.kind, "what is in the list") end
  return { kind = "boolean", of = function(connection)
    local wanted = left.of(connection)
    for _, one in ipairs(values) do
      if one.of(connection) == wanted then return true end
    end
    return false
  end }
end

function Parser:test()
  local left = self:value()
  local token = self:peek()
  local operator = token.kind == "word" and token.value
  local compare = functions.COMPARISONS[operator]
  if operator ~= "in" and not compare then return left end
  self:take()
  if operator == "in" then return self:membership(left) end
  local right = self:value()
  want(right, left.kind, "the right side of " .. operator)
  if operator ~= "eq" and operator ~= "ne" and (left.kind == "boolean" or right.kind == "boolean") then
    fail(token.position, ("true and false have no order, as %s wants it"):format(operator))
  end
  return { kind = "boolean", of = function(connection) return compare(left.of(connection), right.of(connection)) end }
end

-- A part of "and", "or" and "not", or the whole.
function Parser:condition(node)
  if node.kind == "boolean" then return node end
  local token = self:peek()
  fail(token.position, show(token) .. ", expected eq, ne or in, or gt, ge, lt, le")
end

function Parser:not_part()
  if not self:peek("not") then return self:test() end
  self:deeper(self:take())
  local inner = self:condition(self:not_part())
  self.depth = self.depth - 1
  return { kind = "boolean", of = function(connection) return not inner.of(connection) end }
end

-- Parts joined by a word; `decides` is the value that settles the result.
function Parser:joined(word, part, decides)
  local first = part(self)
  if not self:peek(word) then return first end
  local parts = { self:condition(first) }
  while self:peek(word) do
    self:take()
    parts[#parts + 1] = self:condition(part(self))
  end
  return { kind = "boolean", of = function(connection)
    for _, one in ipairs(parts) do
      if (one.of(connection) or false) == decides then return decides end
    end
    return not decides
  end }
end

function Parser:and_part()
  return self:joined("and", self.not_part, false)
end

function Parser:expression()
  self:deeper(self:peek())
  local result = self:joined("or", self.and_part, true)
  self.depth = self.depth - 1
  return result
end

local function parse(source)
  local parser = setmetatable({ tokens = tokens.read(source), at = 1, depth = 0 }, Parser)
  local whole = parser:condition(parser:expression())
  local rest = parser:peek()
  if rest.kind ~= "end" then fail(rest.position, show(rest) .. " after the expression") end
  local cost = 64 * #parser.tokens
  return function(connection)
    pace.spend(cost)
    return whole.of(connection) or false
  end
end

--- Compiles a filter.
-- @tparam string source
-- @treturn function|nil matches(connection): the connection has user_id, connection_id, hub.groups
-- @treturn string|nil what is wrong, with the filter and a mark under the character
-- @treturn number|nil the character's position
function M.compile(source)
  return tokens.told(source, function() return parse(source) end)
end

return M
