-- SPDX-License-Identifier: MIT
-- Faults on demand, for tests of clients: which requests meet which. Decides
-- only; the server carries out.
local ascii = require "azure.signalr.emulator.ascii"
local json_text = require "azure.signalr.emulator.json_text"

local M = {}
local methods = {}
local metatable = { __index = methods, __name = "signalr.emulator.faults" }

--- Where rules are put, listed and cleared.
M.PATH = "/__control/faults"

local function is_whole(value, least)
  return type(value) == "number" and value >= least and value % 1 == 0
end

local DROP = { before = true, after = true, done = true }
local ANSWER = { half = true, garbage = true }

-- Each member of a rule: what it must be, in words and as a check.
local MEMBERS = {
  match = { "a text to look for in path and query", function(v) return type(v) == "string" end },
  method = { "a method such as POST", function(v) return type(v) == "string" end },
  skip = { "how many requests to let pass first", function(v) return is_whole(v, 0) end },
  count = { "how many requests to meet", function(v) return is_whole(v, 1) end },
  latency = { "seconds before the answer", function(v) return type(v) == "number" and v >= 0 and v <= 600 end },
  status = { "a status from 200 to 599", function(v) return is_whole(v, 200) and v <= 599 end },
  retry_after = { "seconds or a date, for Retry-After", function(v) return is_whole(v, 0) or type(v) == "string" end },
  code = { "a text for x-ms-error-code", function(v) return type(v) == "string" end },
  drop = { 'true, "before", "after" or "done"', function(v) return v == true or DROP[v] == true end },
  answer = { '"half" or "garbage"', function(v) return ANSWER[v] == true end },
}

local function check(rule)
  for name, value in pairs(rule) do
    local member = MEMBERS[name]
    if not member then return nil, "a fault has no member '" .. tostring(name) .. "'" end
    if not member[2](value) then return nil, name .. " must be " .. member[1] end
  end
  if not (rule.latency or rule.status or rule.drop or rule.answer) then
    return nil, "a fault needs latency, status, drop or answer"
  end
  return true
end

--- Makes an empty set of rules.
function M.new()
  return setmetatable({ rules = {} }, metatable)
end

--- Adds a rule.
-- @tparam string text a JSON object
-- @treturn ?boolean true; nil otherwise
-- @treturn ?string what is wrong with it
function methods:add(text)
  local slice, wrong = json_text.check(text)
  if not slice then return nil, wrong end
  if json_text.kind(slice) ~= "object" then return nil, "a fault is a JSON object" end
  local rule = json_text.decode(slice)
  for name, value in pairs(rule) do
    if value == json_text.null or value == false then rule[name] = nil end
  end
  local ok
  ok, wrong = check(rule)
  if not ok then return nil, wrong end
  if rule.drop == true then rule.drop = "after" end
  rule.met, rule.skip = 0, rule.skip or 0
  table.insert(self.rules, rule)
  return true
end

--- Forgets all rules.
function methods:clear()
  self.rules = {}
end

local function fits(rule, head)
  if rule.method and ascii.upper(rule.method) ~= head.method then return false end
  return not rule.match or head.target:find(rule.match, 1, true) ~= nil
end

--- The rule that a request meets: the first that fits and has not passed.
-- @tparam table head { method, target }
-- @treturn ?table the rule
function methods:meet(head)
  for i, rule in ipairs(self.rules) do
    if fits(rule, head) then
      if rule.skip > 0 then
        rule.skip = rule.skip - 1
        return nil
      end
      rule.met = rule.met + 1
      if rule.count and rule.met >= rule.count then table.remove(self.rules, i) end
      return rule
    end
  end
  return nil
end

local function describe(rule)
  local number = function(v) return v and json_text.quote(tostring(v)) end
  return json_text.object("match", rule.match and json_text.quote(rule.match), "met", number(rule.met),
    "skip", number(rule.skip), "count", number(rule.count), "status", number(rule.status),
    "latency", number(rule.latency), "drop", number(rule.drop), "answer", number(rule.answer))
end

local function json_answer(status, body)
  return { status = status, headers = { ["content-type"] = "application/json" }, body = body }
end

--- A request to the control endpoint.
-- @tparam string method
-- @tparam string body
-- @treturn table the answer
function methods:control(method, body)
  if method == "DELETE" then
    self:clear()
    return { status = 204 }
  elseif method == "POST" then
    local ok, wrong = self:add(body)
    if ok then return { status = 204 } end
    return json_answer(400, json_text.object("message", json_text.quote(wrong)))
  elseif method == "GET" then
    local list = {}
    for i, rule in ipairs(self.rules) do list[i] = describe(rule) end
    return json_answer(200, "[" .. table.concat(list, ",") .. "]")
  end
  return { status = 405, headers = { allow = "GET, POST, DELETE" } }
end

return M
