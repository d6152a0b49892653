-- SPDX-License-Identifier: MIT
-- The filter of `:execute`: what it means, and where it says an error is.
local filter = require "azure.signalr.emulator.filter"

local function connection(id, user, groups)
  local set = {}
  for _, name in ipairs(groups or {}) do set[name] = true end
  return { connection_id = id, user_id = user, hub = { groups = { has = function(_, _, name)
    return set[name] == true
  end } } }
end

local PEOPLE = {
  connection("c1", "alice", { "vip", "it's" }), connection("c2", "bob"), connection("c3", nil, { "vip" }),
  connection("c4", "Alice"), connection("c5", "o'neil é", { "all" }),
}

local function matched(text)
  local matches = assert(filter.compile(text))
  local ids = {}
  for _, one in ipairs(PEOPLE) do
    local result = matches(one)
    assert.are.equal("boolean", type(result))
    if result then ids[#ids + 1] = one.connection_id:sub(2) end
  end
  return table.concat(ids)
end

describe("a filter", function()
  local cases = {
    { "userId eq 'alice'", "1" }, { "'alice' eq userId", "1" }, { "userId ne 'alice'", "2345" },
    { "connectionId eq 'c2'", "2" }, { "userId eq null", "3" }, { "userId ne null", "1245" },
    { "userId eq 'o''neil é'", "5" }, { "startswith(userId, 'al')", "1" }, { "startswith(userId,'')", "1245" },
    { "endswith(userId, 'e')", "14" }, { "endswith(userId, '')", "1245" }, { "contains(userId, 'lic')", "14" },
    { "contains(userId, '.')", "" }, { "contains('xalicex', userId)", "1" }, { "endswith('b', userId)", "" },
    { "'vip' in groups", "13" }, { "not ('vip' in groups)", "245" }, { "not 'vip' in groups", "245" },
    { "'it''s' in groups", "1" }, { "userId in ('alice', 'bob')", "12" }, { "userId in ('x', null)", "3" },
    { "connectionId in ('c5')", "5" }, { "userId in groups", "" }, { "null in groups", "" },
    { "userId eq 'alice' or userId eq 'bob'", "12" }, { "'vip' in groups and userId eq 'alice'", "1" },
    -- and binds tighter than or
    { "userId eq 'bob' or 'vip' in groups and userId eq 'alice'", "12" },
    { "(userId eq 'bob' or 'vip' in groups) and userId eq 'alice'", "1" },
    { "not userId eq 'bob' and 'vip' in groups", "13" }, { "not (userId eq 'bob' and 'vip' in groups)", "12345" },
    { "not not userId eq 'bob'", "2" }, { "((userId eq 'bob'))", "2" }, { "true", "12345" }, { "false", "" },
    { "not true or false", "" }, { "\tuserId  eq\r\n'bob' ", "2" }, { "'a' eq 'a'", "12345" },
    { "'a' ne 'a' or false or userId eq 'bob'", "2" }, { "true and true and userId eq 'bob'", "2" },
    { "userId ne null and userId gt 'b'", "25" }, { "userId lt 'b'", "14" }, { "userId ge 'bob'", "25" },
    { "userId le 'alice'", "14" }, { "userId gt null", "" }, { "null le userId", "" }, { "'a' lt 'ab'", "12345" },
    { "length(userId) gt 5", "5" }, { "length(userId) ge 5", "145" }, { "length(userId) lt 5", "2" },
    { "length(userId) le 3", "2" }, { "length(userId) eq 8", "5" }, { "length(userId) eq null", "3" },
    { "length(userId) in (3, 8)", "25" }, { "5 eq length(userId)", "14" }, { "length(userId) gt 4.5", "145" },
    { "length(userId) gt -1", "1245" }, { "length(userId) le 0.5e1", "124" },
    { "length('\240\159\152\128\195\164') eq 2", "12345" },
    { "indexof(userId, 'o') eq 1", "2" }, { "indexof(userId, 'x') eq -1", "1245" },
    { "indexof(userId, '\195\169') eq 7", "5" },
    { "substring(userId, 1) eq 'lice'", "14" }, { "substring(userId, 1, 2) eq 'ob'", "2" },
    { "substring(userId, 7) eq '\195\169'", "5" }, { "substring(userId, 9) eq ''", "1245" },
    { "substring(userId, 0, 0) eq ''", "1245" }, { "substring('\195\164bc', 1, 1) eq 'b'", "12345" },
    { "tolower(userId) eq 'alice'", "14" }, { "toupper(userId) eq 'BOB'", "2" },
    { "toupper(userId) eq 'O''NEIL \195\137'", "5" },
    { "tolower('\195\132\208\150\206\148') eq '\195\164\208\182\206\180'", "12345" },
    { "trim('  a b\t') eq 'a b'", "12345" }, { "trim('') eq ''", "12345" }, { "concat(userId, '!') eq 'bob!'", "2" },
    { "concat(concat('a', 'l'), 'ice') eq userId", "1" }, { "length(trim(concat(userId, ' '))) eq 3", "2" },
    { "contains(tolower(userId), toupper('X')) or (userId) eq ('bob')", "2" },
    { "startswith(userId, 'A') eq true", "4" }, { "startswith(userId, 'A') ne false", "34" },
    { "(length(userId) gt 3) eq false", "23" }, { "true in (false, null)", "" },
    { "USERID EQ 'bob' OR UserId Eq NULL", "23" }, { "'vip' IN Groups AND NOT ConnectionID Ne 'c3'", "3" },
    { "StartsWith(userid,'b') and TRUE", "2" }, { "not endswith(userId, 'e')", "235" },
    { "userId eq 'a'' or true or '''", "" }, { ("("):rep(90) .. "true" .. (")"):rep(90), "12345" },
  }
  for _, case in ipairs(cases) do
    it(("%q matches %q"):format(case[1]:sub(1, 60), case[2]), function()
      assert.are.equal(case[2], matched(case[1]))
    end)
  end

  -- filter, position, part of the message
  local wrong = {
    { "", 1, "the filter ends, expected userId" }, { "   ", 4, "the filter ends" },
    { "userId", 7, "expected eq, ne or in" },
    { "userId eq", 10, "the filter ends, expected userId, connectionId, null or a text" },
    { "userId = 'a'", 8, "unexpected '='" }, { "userId like 'a'", 8, "unexpected 'like', expected eq, ne or in" },
    { "userName eq 'a'", 1, "unexpected 'userName'" }, { "userId eq 5", 11, "must be a text, not a number" },
    { "length(userId) eq '5'", 19, "the right side of eq must be a number, not a text" },
    { "userId in ('a', 5)", 17, "what is in the list must be a text" }, { "5 in groups", 1, "must be a text" },
    { "length(5) eq 1", 8, "argument 1 of length must be a text" },
    { "length() eq 1", 8, "unexpected ')', expected userId" },
    { "substring(userId, '1') eq 'a'", 19, "argument 2 of substring must be a number" },
    { "concat('a') eq 'a'", 11, "unexpected ')', expected ','" }, { "length(userId) eq 5x", 20, "unexpected 'x'" },
    { "substring(userId, 1, 2, 3) eq 'a'", 23, "unexpected ',', expected ')'" }, { "true gt false", 6, "no order" },
    { "not length(userId)", 19, "expected eq, ne or in" }, { "null", 5, "expected eq, ne or in" },
    { "userId and true", 8, "unexpected 'and', expected eq" }, { "true and 5", 11, "the filter ends, expected eq" },
    { "length(userId) eq -", 19, "unexpected '-'" }, { "length(userId) eq 1.", 20, "unexpected '.'" },
    { 'userId eq "a"', 11, "unexpected '\"'" },
    { "userId eq 'a", 11, "not closed" }, { "userId eq 'a''", 11, "not closed" },
    { "userId eq 'a' 'b'", 15, "unexpected 'b' after the expression" },
    { "userId eq 'a' and", 18, "the filter ends" },
    { "userId eq 'a' or or true", 18, "unexpected 'or'" }, { "(userId eq 'a'", 15, "the filter ends, expected ')'" },
    { "userId eq 'a')", 14, "unexpected ')' after" }, { "not", 4, "the filter ends" }, { "()", 2, "unexpected ')'" },
    { "startswith userId", 12, "expected '('" }, { "startswith(userId)", 18, "expected ','" },
    { "startswith(userId, 'a', 'b')", 23, "expected ')'" }, { "startswith('a')", 15, "expected ','" },
    { "substring(userId, 'a')", 19, "must be a number" }, { "substr(userId, 1)", 1, "unexpected 'substr'" },
    { "'vip' in group", 10, "expected groups or a list" },
    { "'vip' in", 9, "expected groups or a list" }, { "userId in ()", 12, "unexpected ')'" },
    { "userId in ('a' 'b')", 16, "expected ',' or ')'" }, { "userId in ('a',)", 16, "unexpected ')'" },
    { "'a'", 4, "expected eq, ne or in" }, { "groups eq 'a'", 1, "unexpected 'groups'" },
    { "userId eq '\195\169\226\130\172' xx", 16, "unexpected 'xx'" },
    { "userId eq '\255' xx", 15, "unexpected 'xx'" },
    { "userId eq 'a' ; drop", 15, "unexpected ';'" }, { "userId eq \195\169", 11, "byte 0xC3" },
    { ("("):rep(101) .. "true", 101, "nested too deep" }, { ("not "):rep(120) .. "true", 397, "nested too deep" },
    { ("true or "):rep(2500) .. "true", nil, "too long" },
  }
  for _, case in ipairs(wrong) do
    it(("%q is wrong at %s"):format(case[1]:sub(1, 60), tostring(case[2])), function()
      local matches, message, position = filter.compile(case[1])
      assert.is_nil(matches)
      assert.are.equal(case[2] or position, position)
      assert.is_truthy(message:find(case[3], 1, true), message)
      assert.is_truthy(message:find("at position " .. position .. ":", 1, true))
      -- the mark stands under the character
      local shown, mark = message:match("\n([^\n]*)\n( *)%^$")
      if case[1]:find("\n", 1, true) == nil then
        assert.are.equal(case[1], shown)
        assert.are.equal(position - 1, #mark)
      end
    end)
  end
end)
